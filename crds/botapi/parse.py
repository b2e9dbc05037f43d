"""From a decoded object to its model.

Operator and runner parse leniently: a field they do not know is for a newer version and is ignored.
``tradefleet validate`` and ``tradefleet run`` parse strictly, because there it is a spelling error.
"""

from typing import TypeVar

from pydantic import ValidationError

from botapi.faults import Fault, InvalidObjectError, faults_of
from botapi.model import Json, Model
from botapi.quantity import STRICT

M = TypeVar("M", bound=Model)


def parse(model: type[M], raw: Json) -> M:
    """Read an object, ignoring unknown fields.

    Raises InvalidObjectError that names every wrong field.
    """
    try:
        return model.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidObjectError(faults_of(error, model)) from None


def parse_strict(model: type[M], raw: Json) -> M:
    """Read an object as the API server reads it from a person.

    Unknown fields are refused by path, except in the metadata, which the API server judges by
    itself; so are numbers in quotes. Raises InvalidObjectError that names every wrong field.
    """
    faults = strict_faults(model, raw)
    if faults:
        raise InvalidObjectError(faults)
    return parse(model, raw)


def strict_faults(model: type[Model], raw: Json) -> tuple[Fault, ...]:
    """Every wrong field of an object, read strictly; empty for a good one."""
    try:
        model.model_validate(
            raw, by_alias=True, by_name=False, extra="forbid", context={STRICT: True}
        )
    except ValidationError as error:
        faults = zip(error.errors(include_url=False), faults_of(error, model), strict=True)
        return tuple(
            fault
            for details, fault in faults
            if not (details["type"] == "extra_forbidden" and details["loc"][0] == "metadata")
        )
    return ()
