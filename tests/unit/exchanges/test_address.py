"""EX-5, FL-4: what all accounts behind one address share."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from botrunner.exchanges.bybit.address import BAN_SECONDS, LIMIT, SPAN_SECONDS, Address, Lane
from botrunner.service.clock import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ESSENTIAL, WRITE, READ = Lane.ESSENTIAL, Lane.WRITE, Lane.READ
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


async def fill(address: Address, lane: Lane) -> int:
    """Send in one lane until there is no room; how many went out."""
    count = 0
    while await address.turn(lane, 0):
        count += 1
    return count


async def test_four_fifths_of_the_venues_limit_are_used_and_no_more(clock: ManualClock) -> None:
    """FL-4: 80 %."""
    assert await fill(Address(clock), ESSENTIAL) == LIMIT * 8 // 10


async def test_half_of_that_is_kept_for_what_protects(clock: ManualClock) -> None:
    """EX-5: protect and cancel find room when reads and placements have none."""
    address = Address(clock)
    reads = await fill(address, READ)
    writes = await fill(address, WRITE)
    essential = await fill(address, ESSENTIAL)

    assert (reads, writes, essential) == (210, 30, 240)


async def test_room_comes_back_when_the_span_has_passed(clock: ManualClock) -> None:
    """EX-5: the venue counts over a rolling span."""
    address = Address(clock)
    await fill(address, READ)
    waiting = asyncio.ensure_future(address.turn(READ, SPAN_SECONDS))
    await clock.advance((SPAN_SECONDS - 1) * SECOND)

    assert not waiting.done()

    await clock.advance(SECOND)

    assert await waiting is True


async def test_who_cannot_have_a_turn_in_time_is_told_at_once(clock: ManualClock) -> None:
    """EX-11: the wait counts against the deadline."""
    address = Address(clock)
    await fill(address, READ)

    assert await address.turn(READ, SPAN_SECONDS - 1) is False


async def test_never_more_than_the_share_within_any_span(clock: ManualClock) -> None:
    """EX-5: however requests come."""
    address, sent = Address(clock, limit=50), []

    async def account() -> None:
        for _ in range(40):
            if await address.turn(ESSENTIAL, 100):
                sent.append(clock.monotonic())

    accounts = [asyncio.ensure_future(account()) for _ in range(5)]
    while not all(each.done() for each in accounts):
        assert clock.monotonic() < 200
        await asyncio.sleep(0)
        await clock.advance(SECOND / 2)

    assert len(sent) == 200
    for moment in sent:
        within = [each for each in sent if moment <= each < moment + SPAN_SECONDS]
        assert len(within) <= 40


async def test_a_ban_is_told_to_everybody_and_to_who_comes_later(clock: ManualClock) -> None:
    """EX-5: all accounts behind the address are told."""
    address = Address(clock)
    told: list[tuple[str, datetime]] = []
    leave = address.listen(lambda at, until: told.append(("gone", until)))
    address.listen(lambda at, until: told.append(("first", until)))
    leave()
    address.ban()
    await clock.advance(60 * SECOND)
    address.listen(lambda at, until: told.append(("late", until)))
    until = NOON + timedelta(seconds=BAN_SECONDS)

    assert told == [("first", until), ("late", until)]
    assert address.is_banned

    await clock.advance(timedelta(seconds=BAN_SECONDS))

    assert not address.is_banned
