"""The venue's own values as JSON, field by field, exact."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from pydantic.alias_generators import to_camel

from botrunner.simulator.bybit.wire import Json, text


def plain(value: object) -> Json:
    """The value as JSON: dataclasses by camelCase field, decimals as exact strings, ISO times.

    Raises TypeError for a value that has no such form.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if is_dataclass(value):
        return {to_camel(field.name): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> Json:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return text(value)
        case datetime():
            return value.isoformat()
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")
