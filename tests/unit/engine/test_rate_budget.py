"""EX-5: token buckets filled by the time that events carry."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from botrunner.engine.budget import Bucket

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def taken(bucket: Bucket, at: datetime) -> Bucket:
    after = bucket.taken(at)
    assert after is not None
    return after


def test_a_bucket_gives_its_burst_and_then_what_comes_in() -> None:
    bucket = Bucket.full(10, NOON)
    for _ in range(3):
        bucket = taken(bucket, NOON)

    assert bucket.taken(NOON) is None
    assert bucket.ready_at() == NOON + timedelta(microseconds=142_858)
    assert bucket.taken(bucket.ready_at()) is not None
    assert bucket.taken(bucket.ready_at() - timedelta(microseconds=1)) is None


@given(st.lists(st.integers(0, 400), max_size=60), st.integers(1, 60))
def test_no_second_ever_sees_more_than_the_limit(gaps: list[int], limit: int) -> None:
    """Burst and refill together stay within the venue's rolling second."""
    bucket, now, times = Bucket.full(limit, NOON), NOON, []
    for gap in gaps:
        now += timedelta(milliseconds=gap)
        while (after := bucket.taken(now)) is not None:
            bucket = after
            times.append(now)

    for start in times:
        assert sum(start <= at < start + timedelta(seconds=1) for at in times) <= max(limit, 2)


def test_the_venues_own_count_corrects_downwards_only() -> None:
    bucket = Bucket.full(10, NOON)

    assert bucket.corrected(0, NOON).taken(NOON) is None
    assert bucket.corrected(9, NOON).tokens == bucket.tokens


def test_a_paused_bucket_gives_nothing_until_its_time() -> None:
    until = NOON + timedelta(minutes=10)
    bucket = Bucket.full(10, NOON).paused(until)

    assert bucket.taken(until - timedelta(seconds=1)) is None
    assert bucket.ready_at() == until
    assert bucket.taken(until) is not None


def test_time_that_lags_takes_nothing_away() -> None:
    bucket = taken(Bucket.full(10, NOON), NOON)

    assert bucket.filled(NOON - timedelta(seconds=5)) == bucket
