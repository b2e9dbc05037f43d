"""What is wrong with an object, field by field, in words a person can act on.

Values are never repeated: a key that somebody pasted into the wrong field must not reach a log.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import override


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One wrong field."""

    location: tuple[str | int, ...]
    """Field names and list indices from the top of the object."""
    rule: str
    """What is wrong: ``must be 1 to 60``."""
    remedy: str

    @property
    def path(self) -> str:
        """The field as kubectl writes it: ``spec.strategies[0].grid.leverage``."""
        return path_of(self.location)

    @override
    def __str__(self) -> str:
        """The whole line: path, rule and remedy."""
        return f"{self.path}: {self.rule}; {self.remedy}"


class InvalidObjectError(ValueError):
    """An object that breaks its schema or its rules; mended by whoever wrote it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Carry the faults, in the order of the object's fields."""
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


def path_of(location: Iterable[str | int]) -> str:
    """Write a location as kubectl does; the empty one is the object itself."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path or "object"


def faults_of(error: ValidationError, model: type[BaseModel]) -> tuple[Fault, ...]:
    """Translate what pydantic found in an object of this model."""
    return tuple(_fault(details, model) for details in error.errors(include_url=False))


def _fault(details: ErrorDetails, model: type[BaseModel]) -> Fault:
    rule, remedy = _words(details, model)
    return Fault(location=details["loc"], rule=rule, remedy=remedy)


def _words(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    context = details.get("ctx", {})
    match details["type"]:
        case "rule":
            return context["wrong"], context["remedy"]
        case "range":
            return details["msg"], "choose a number in that range"
        case "entries":
            return details["msg"], "add or take out some"
        case "missing":
            return "is required", "add it"
        case "extra_forbidden":
            return "is no field of this resource", _nearest(details["loc"], model)
        case "enum" | "literal_error":
            return f"must be one of {context['expected']}", "use one of these, spelled exactly so"
        case _:
            return _shape_words(details["type"], context, details["msg"])


_SHAPES: Mapping[str, tuple[str, str]] = {
    "number_type": ("must be a number", "write it without quotes, as 1 or 0.5"),
    "number_digits": (
        "has more digits than a JSON number keeps",
        "use at most 15 significant digits",
    ),
    "whole_type": ("must be a whole number", "write it without quotes and without a fraction"),
    "decimal_text": ("must be a decimal number in quotes", 'write it as "0.5"'),
    "time_text": ("must be a time", "write it as 2026-01-01T00:00:00Z"),
    "bool_type": ("must be true or false", "write it without quotes"),
    "string_type": ("must be a text", "put it in quotes"),
    "tuple_type": ("must be a list", "begin each entry with a dash"),
    "model_type": ("must hold fields", "write its fields below it, indented"),
    "model_attributes_type": ("must hold fields", "write its fields below it, indented"),
    "mapping_type": ("must hold fields", "write its fields below it, indented"),
}


def _shape_words(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    if kind in _SHAPES:
        return _SHAPES[kind]
    match kind:
        case "string_too_long":
            return f"must have at most {context['max_length']} characters", "shorten it"
        case "string_too_short":
            return "must not be empty", "give it a value or leave the field out"
        case _:
            return message, "see kubectl explain for the field"


def _nearest(location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    wrong, parent = str(location[-1]), tuple(p for p in location[:-1] if isinstance(p, str))
    known = [path for path in _fields_below(model, ()) if path[0] == location[0]]
    elsewhere = next((path for path in known if path[-1] == wrong), None)
    if elsewhere is not None:
        return f"move it to {path_of(elsewhere[:-1])}, or remove it"
    siblings = [path[-1] for path in known if path[:-1] == parent]
    nearest = difflib.get_close_matches(wrong, siblings, n=1)
    return f"write {nearest[0]}, or remove it" if nearest else "remove it"


def _fields_below(model: type[BaseModel], at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for field in model.model_fields.values():
        path = (*at, str(field.alias))
        yield path
        inner = _model_in(field.annotation)
        if inner is not None:
            yield from _fields_below(inner, path)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)
