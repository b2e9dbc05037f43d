"""Counting requests by user and address."""

from datetime import UTC, datetime, timedelta

from botrunner.simulator.bybit.limits import AddressLimit, RollingSecond

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_refused_requests_do_not_count() -> None:
    second = RollingSecond()
    for _ in range(5):
        second.take(1, "/create", 2, NOON)
    later = second.take(1, "/create", 2, NOON + timedelta(milliseconds=1001))

    assert later.granted
    assert later.remaining == 1


def test_the_reset_lies_in_the_future_and_holds_what_it_says() -> None:
    second = RollingSecond()
    second.take(1, "/create", 1, NOON)
    refused = second.take(1, "/create", 1, NOON + timedelta(milliseconds=300))

    assert not refused.granted
    assert refused.reset_at > NOON + timedelta(seconds=1)
    assert second.take(1, "/create", 1, refused.reset_at).granted


def test_while_requests_pass_the_reset_is_now() -> None:
    assert RollingSecond().take(1, "/create", 10, NOON).reset_at == NOON


def test_a_ban_ends_and_begins_anew() -> None:
    limit = AddressLimit(2, timedelta(seconds=5), timedelta(minutes=10))
    first = [limit.admits("a", NOON) for _ in range(3)]
    other = limit.admits("b", NOON)
    after = [limit.admits("a", NOON + timedelta(minutes=10)) for _ in range(3)]

    assert first == [True, True, False]
    assert other
    assert after == [True, True, False]
