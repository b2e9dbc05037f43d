"""Reading fields of rows as Bybit V5 types them: numbers in strings, and "" for "does not apply".

Every reader raises MessageError naming the field; none makes a value up.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from botrunner.exchanges.errors import MessageError

Row = Mapping[str, object]

CATEGORY = "linear"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 40
"""Before or behind the point; no amount of anything needs more."""
_LATEST_MS = 4_102_444_800_000
"""The year 2100: a later time is not one in milliseconds."""


def text(row: Row, key: str) -> str:
    """A string that is there; may be empty."""
    value = row.get(key)
    if not isinstance(value, str):
        raise MessageError(f"{key}: {value!r} is not a string")
    return value


def name(row: Row, key: str) -> str:
    """A string that is not empty."""
    value = text(row, key)
    if not value:
        raise MessageError(f"{key}: empty")
    return value


def text_or_empty(row: Row, key: str) -> str:
    """A string, empty where the field is absent or null."""
    return "" if row.get(key) is None else text(row, key)


def decimal(row: Row, key: str) -> Decimal:
    """A finite number in a string."""
    return _decimal(text(row, key), key)


def decimal_or_zero(row: Row, key: str) -> Decimal:
    """A number, zero where the venue writes "", null or nothing: averages and sums of nothing."""
    return Decimal(0) if row.get(key) in (None, "") else decimal(row, key)


def positive(row: Row, key: str) -> Decimal:
    """A number above zero."""
    number = decimal(row, key)
    if number <= 0:
        raise MessageError(f"{key}: {number} is not above zero")
    return number


def not_negative(row: Row, key: str) -> Decimal:
    """A number from zero up."""
    number = decimal(row, key)
    if number < 0:
        raise MessageError(f"{key}: {number} is below zero")
    return number


def integer(row: Row, key: str) -> int:
    """A whole number, as itself or in a string."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise MessageError(f"{key}: {value!r} is not a whole number")
    try:
        return int(value)
    except ValueError:
        raise MessageError(f"{key}: {value!r} is not a whole number") from None


def boolean(row: Row, key: str) -> bool:
    """A JSON boolean."""
    value = row.get(key)
    if not isinstance(value, bool):
        raise MessageError(f"{key}: {value!r} is not a boolean")
    return value


def moment(row: Row, key: str) -> datetime:
    """Milliseconds since 1970 as an aware UTC time."""
    milliseconds = integer(row, key)
    if not 0 < milliseconds < _LATEST_MS:
        raise MessageError(f"{key}: {milliseconds} is not a time in milliseconds")
    return _EPOCH + timedelta(milliseconds=milliseconds)


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970, as the venue takes times."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def part(row: Row, key: str) -> Row:
    """A nested object."""
    value = row.get(key)
    if not isinstance(value, Mapping):
        raise MessageError(f"{key}: not an object")
    return value


def items(row: Row, key: str) -> list[object]:
    """A list of anything."""
    value = row.get(key)
    if not isinstance(value, list):
        raise MessageError(f"{key}: not a list")
    return value


def rows(row: Row, key: str = "list") -> list[Row]:
    """A list of objects."""
    found: list[Row] = []
    for value in items(row, key):
        if not isinstance(value, Mapping):
            raise MessageError(f"{key}: holds something that is not an object")
        found.append(value)
    return found


def level(value: object, key: str) -> tuple[Decimal, Decimal]:
    """A price and a quantity of an order book; the quantity may be zero (a deletion)."""
    if not isinstance(value, list) or len(value) != 2:
        raise MessageError(f"{key}: a level is not a pair")
    price, quantity = value
    if not isinstance(price, str) or not isinstance(quantity, str):
        raise MessageError(f"{key}: a level does not hold strings")
    pair = _decimal(price, key), _decimal(quantity, key)
    if pair[0] <= 0 or pair[1] < 0:
        raise MessageError(f"{key}: a level is out of range")
    return pair


def plain(number: Decimal) -> str:
    """A number as the venue takes it: digits only, never an exponent."""
    return format(number, "f")


def _decimal(value: str, key: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise MessageError(f"{key}: {value!r} is not a number") from None
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise MessageError(f"{key}: {value!r} is out of range")
    return number
