"""Values on the wire: JSON, numbers as strings, times as milliseconds."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

Json: TypeAlias = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
Row: TypeAlias = dict[str, Json]
"""A JSON object."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACES = Decimal("0.00000001")
_MILLISECOND = timedelta(milliseconds=1)


def text(number: Decimal) -> str:
    """A number as the venue prints it: never an exponent, no zeros behind the last digit."""
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def money(amount: Decimal) -> str:
    """An amount or an average price, rounded to the venue's 8 places."""
    return text(amount.quantize(_PLACES, ROUND_HALF_EVEN))


def stepped(number: Decimal, step: Decimal) -> str:
    """A number with as many decimals as its step has (``0.10`` for tick size 0.10)."""
    return format(number.quantize(step), "f")


def money_or_empty(amount: Decimal | None) -> str:
    """The amount, or ``""`` where the venue has none."""
    return "" if amount is None else money(amount)


def milliseconds(at: datetime) -> int:
    """Milliseconds since the epoch, cut, never rounded up."""
    return (at - EPOCH) // _MILLISECOND


def milliseconds_text(at: datetime) -> str:
    """Milliseconds since the epoch in the string most of the venue's fields use."""
    return str(milliseconds(at))


def from_milliseconds(value: int) -> datetime:
    """The moment of a wire time."""
    return EPOCH + value * _MILLISECOND
