"""Which fields a running pod was started with that it does not take up live (KU-13)."""

import hashlib
import json
from typing import Any, Final

from botapi.changes import about_of
from botapi.model import Model
from botapi.rules import Applies

_DIGITS: Final = 10


def restart_hash(spec: Model) -> str:
    """A short hash of the fields that apply at a restart; a change of one changes it.

    Fields that have their default are left out: a field that a newer version adds changes no hash
    and restarts no runner.
    """
    values = json.dumps(_restart_values(spec), sort_keys=True, default=str)
    return hashlib.sha256(values.encode()).hexdigest()[:_DIGITS]


def _restart_values(model: Model) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        about, value = about_of(field), getattr(model, name)
        if about is None or about.applies is not Applies.RESTART or value == field.default:
            continue
        values[field.alias or name] = _restart_values(value) if isinstance(value, Model) else value
    return values
