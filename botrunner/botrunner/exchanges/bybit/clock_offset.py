"""The venue's clock against ours. Pure.

The answer was made somewhere between sending and receiving; half way is off by at most half the
round trip, so of several measurements the one with the shortest round trip counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from botrunner.exchanges.bybit import fields
from botrunner.exchanges.bybit.fields import Row

SKEW = timedelta(milliseconds=500)
"""From here on, either way, no new exposure."""
_PER_MICROSECOND = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One question for the time: by our clock when it was sent and answered, and what it said."""

    sent_at: datetime
    answered_at: datetime
    venue_at: datetime

    @property
    def round_trip(self) -> timedelta:
        """How uncertain it is."""
        return self.answered_at - self.sent_at

    @property
    def offset(self) -> timedelta:
        """The venue's clock less ours."""
        return self.venue_at - (self.sent_at + self.round_trip / 2)


def best_offset(measurements: Iterable[Measurement]) -> timedelta:
    """The offset of the measurement with the shortest round trip; of at least one."""
    return min(measurements, key=lambda one: one.round_trip).offset


def is_skewed(offset: timedelta) -> bool:
    """Whether the clocks differ by 500 ms or more, either way."""
    return abs(offset) >= SKEW


def venue_time(result: Row) -> datetime:
    """The answer's ``timeNano``. Raises MessageError."""
    microseconds = fields.integer(result, "timeNano") // _PER_MICROSECOND
    whole = fields.moment({"timeNano": microseconds // 1_000}, "timeNano")
    return whole + timedelta(microseconds=microseconds % 1_000)
