"""The clock that tests move by hand."""

import asyncio
from datetime import UTC, datetime, timedelta

from botrunner.service.clock import ManualClock, SystemClock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def test_sleepers_wake_in_the_order_they_are_due_and_see_their_moment() -> None:
    clock = ManualClock(NOON)
    woken: list[tuple[str, datetime]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now()))

    tasks = [asyncio.create_task(sleeper(*each)) for each in (("late", 20), ("early", 10))]
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=15))
    halfway = list(woken)
    await clock.advance(timedelta(seconds=15))
    await asyncio.gather(*tasks)

    assert halfway == [("early", NOON + timedelta(seconds=10))]
    assert woken[1] == ("late", NOON + timedelta(seconds=20))
    assert clock.now() == NOON + timedelta(seconds=30)
    assert clock.monotonic() == 30


async def test_a_sleeper_that_sleeps_again_is_woken_again() -> None:
    clock = ManualClock(NOON)
    count = 0

    async def beat() -> None:
        nonlocal count
        while True:
            await clock.sleep(1)
            count += 1

    task = asyncio.create_task(beat())
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=5))
    task.cancel()

    assert count == 5


async def test_a_sleeper_that_was_cancelled_is_passed_over() -> None:
    clock = ManualClock(NOON)
    task = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=2))

    assert task.cancelled()


async def test_the_systems_clock_is_utc_and_never_falls() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(-1)

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before
