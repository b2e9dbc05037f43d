"""One candle and the venue's intervals."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from botrunner.simulator.bybit.wire import from_milliseconds, milliseconds

MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
# The epoch was a Thursday; the venue's weeks begin on Monday.
_MONDAY_MS = 4 * DAY_MS
INTERVALS = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
_ZERO = Decimal(0)


@dataclass(slots=True, kw_only=True)
class Bar:
    """One candle; grows while its interval runs."""

    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal = _ZERO
    """Base coin."""
    turnover: Decimal = _ZERO
    """Quote coin."""

    def add(self, price: Decimal, quantity: Decimal) -> None:
        """Take in a price, with the quantity traded at it (zero if only the price moved)."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += quantity
        self.turnover += price * quantity

    def precede(self, price: Decimal, quantity: Decimal) -> None:
        """Take in a price from before everything the bar has seen."""
        close = self.close
        self.add(price, quantity)
        self.open, self.close = price, close

    def append(self, later: "Bar") -> None:
        """Take in the bar that follows."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.turnover += later.turnover


def start_of(interval: str, at_ms: int) -> int:
    """Start of the interval a moment lies in, ms; days, weeks (Monday) and months are UTC."""
    match interval:
        case "D":
            return at_ms - at_ms % DAY_MS
        case "W":
            return at_ms - (at_ms - _MONDAY_MS) % (7 * DAY_MS)
        case "M":
            day = from_milliseconds(at_ms)
            return milliseconds(day.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
        case _:
            return at_ms - at_ms % (int(interval) * MINUTE_MS)


def end_of(interval: str, start_ms: int) -> int:
    """Last millisecond of the interval that starts at ``start_ms``."""
    match interval:
        case "D":
            return start_ms + DAY_MS - 1
        case "W":
            return start_ms + 7 * DAY_MS - 1
        case "M":
            later = from_milliseconds(start_ms) + timedelta(days=31)
            return milliseconds(later.replace(day=1)) - 1
        case _:
            return start_ms + int(interval) * MINUTE_MS - 1
