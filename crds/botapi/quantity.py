"""Numbers and times as they cross the API: exact on the way in and on the way out.

A spec carries JSON numbers. The API server keeps them as IEEE 754 doubles and prints the shortest
text that reads back as the same double, so a number of at most 15 significant digits survives; one
that would not is refused here instead of being changed in silence. A status carries money, prices
and rates as decimal strings, which keep every digit.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator, PlainSerializer, ValidationInfo
from pydantic_core import PydanticCustomError

STRICT: Final = "strict"
"""Key of the validation context: with it, a number in quotes is refused, as the schema does."""

_DECIMAL_TEXT = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
_DECIMAL_TEXT_LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """As an annotation: the type of a value in JSON, as the schema says it."""

    type: str
    format: str | None = None
    pattern: str | None = None
    max_length: int | None = None


_LARGEST_EXACT_INTEGER = 2**53
_NUMERAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


def _number_from_json(value: Any, info: ValidationInfo) -> Decimal:
    number = _read_number(value, quoted_too=not (info.context or {}).get(STRICT))
    if number is None:
        raise PydanticCustomError("number_type", "must be a number")
    if not number.is_finite() or Decimal(repr(float(number))) != number:
        raise PydanticCustomError("number_digits", "has more digits than a JSON number keeps")
    return _shortest(number)


def _read_number(value: Any, *, quoted_too: bool) -> Decimal | None:
    match value:
        case bool():
            return None
        case Decimal() | int():
            return Decimal(value)
        case float():
            return Decimal(repr(value))
        case str() if quoted_too and _NUMERAL.fullmatch(value):
            return Decimal(value)
        case _:
            return None


def _shortest(number: Decimal) -> Decimal:
    # normalize() alone would turn 100 into 1E+2.
    if number == number.to_integral_value():
        return Decimal(int(number))
    return number.normalize()


def _whole_from_json(value: Any, info: ValidationInfo) -> int:
    number = _read_number(value, quoted_too=not (info.context or {}).get(STRICT))
    if number is None or not number.is_finite() or number != number.to_integral_value():
        raise PydanticCustomError("whole_type", "must be a whole number")
    return int(number)


def number_to_json(number: Decimal) -> int | float:
    """Give a number of a spec as JSON carries it: exact, because `Number` admits no other."""
    if number == number.to_integral_value() and abs(number) < _LARGEST_EXACT_INTEGER:
        return int(number)
    return float(number)


def _decimal_from_text(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, str) and re.fullmatch(_DECIMAL_TEXT, value):
        return Decimal(value)
    raise PydanticCustomError("decimal_text", "must be a decimal number in quotes")


def _decimal_or_unknown(value: Any) -> Any:
    return None if value is None or value == "" else _decimal_from_text(value)


def _text_or_unknown(number: Decimal | None) -> str:
    return "" if number is None else format(number, "f")


def _time_from_text(value: Any) -> Any:
    # Pydantic would take a bare number for seconds since 1970.
    if isinstance(value, str | datetime):
        return value
    raise PydanticCustomError("time_text", "must be a time such as 2026-01-01T00:00:00Z")


def _time_to_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Number = Annotated[
    Decimal,
    Wire(type="number"),
    BeforeValidator(_number_from_json),
    PlainSerializer(number_to_json, return_type=int | float, when_used="json"),
]
"""A JSON number: Decimal here, from its shortest text."""

Whole = Annotated[
    int,
    Wire(type="integer", format="int64"),
    BeforeValidator(_whole_from_json),
]
"""A JSON integer; ``5.0`` is one, ``true`` is none."""

DecimalText = Annotated[
    Decimal,
    Wire(type="string", pattern=f"^{_DECIMAL_TEXT}$", max_length=_DECIMAL_TEXT_LIMIT),
    BeforeValidator(_decimal_from_text),
    PlainSerializer(lambda number: format(number, "f"), return_type=str, when_used="json"),
]
"""A decimal string without exponent."""

DecimalOrUnknown = Annotated[
    Decimal | None,
    Wire(type="string", pattern=f"^({_DECIMAL_TEXT})?$", max_length=_DECIMAL_TEXT_LIMIT),
    BeforeValidator(_decimal_or_unknown),
    PlainSerializer(_text_or_unknown, return_type=str, when_used="json"),
]
"""A decimal string, or the empty string for what is not known; None here."""

Timestamp = Annotated[
    AwareDatetime,
    Wire(type="string", format="date-time"),
    BeforeValidator(_time_from_text),
    PlainSerializer(_time_to_text, return_type=str, when_used="json"),
]
"""RFC 3339, written in UTC."""
