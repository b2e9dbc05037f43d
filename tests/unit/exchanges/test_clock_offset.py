"""The venue's clock against ours (EX-6)."""

from datetime import UTC, datetime, timedelta

import pytest

from botrunner.exchanges.bybit.clock_offset import (
    Measurement,
    best_offset,
    is_skewed,
    venue_time,
)
from botrunner.exchanges.errors import MessageError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def measured(round_trip_ms: int, venue_ahead_ms: int) -> Measurement:
    trip = timedelta(milliseconds=round_trip_ms)
    ahead = timedelta(milliseconds=venue_ahead_ms)
    return Measurement(sent_at=NOON, answered_at=NOON + trip, venue_at=NOON + trip / 2 + ahead)


def test_of_several_measurements_the_quickest_counts() -> None:
    offset = best_offset([measured(80, 900), measured(4, 700), measured(30, 100)])

    assert offset == timedelta(milliseconds=700)


@pytest.mark.parametrize(
    ("milliseconds", "skewed"),
    [(0, False), (499, False), (500, True), (-499, False), (-500, True)],
)
def test_half_a_second_either_way_is_a_skew(milliseconds: int, skewed: bool) -> None:
    assert is_skewed(timedelta(milliseconds=milliseconds)) is skewed


def test_the_venues_time_is_read_from_its_nanoseconds() -> None:
    nanoseconds = str(1_767_268_800_123_456_789)

    assert venue_time({"timeNano": nanoseconds}) == NOON.replace(microsecond=123456)
    with pytest.raises(MessageError, match="timeNano"):
        venue_time({})
