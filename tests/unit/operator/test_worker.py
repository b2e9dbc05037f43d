"""The workers: at once, not twice, and again after failures (KU-10)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from botoperator.attempt import Verdict
from botoperator.cluster.port import RetryableError, UnavailableError
from botoperator.store import Key
from botoperator.worker import Workers
from support.operator_context import OperatorDesk

KEYS = [Key("clients", f"account-{number}") for number in range(30)]


@asynccontextmanager
async def working(
    desk: OperatorDesk, attempt: Callable[[Key], Awaitable[Verdict]], most: int = 20
) -> AsyncIterator[None]:
    """Workers at work until the block ends."""
    workers = Workers(desk.context, attempt, most=most, chance=lambda: 0.0)
    task = asyncio.create_task(workers.run())
    try:
        async with asyncio.timeout(60):
            yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_everything_that_is_due_is_attempted_once() -> None:
    desk, done = OperatorDesk(), list[Key]()
    all_done = asyncio.Event()

    async def attempt(key: Key) -> Verdict:
        done.append(key)
        if len(done) == len(KEYS):
            all_done.set()
        return Verdict()

    async with working(desk, attempt):
        desk.context.enqueue(KEYS)
        await all_done.wait()

    assert sorted(done) == sorted(KEYS)
    assert desk.metric("tradefleet_operator_reconciles_total", result="success") == 30


async def test_no_more_than_so_many_are_attempted_at_once() -> None:
    desk, running, peak = OperatorDesk(), set[Key](), list[int]()
    gate, ended = asyncio.Event(), asyncio.Semaphore(0)

    async def attempt(key: Key) -> Verdict:
        running.add(key)
        peak.append(len(running))
        if len(running) == 3:
            gate.set()
        await gate.wait()
        running.remove(key)
        ended.release()
        return Verdict()

    async with working(desk, attempt, most=3):
        desk.context.enqueue(KEYS)
        for _ in KEYS:
            await ended.acquire()

    assert max(peak) == 3


async def test_news_while_an_account_is_worked_on_lead_to_another_attempt() -> None:
    desk, times = OperatorDesk(), list[int]()
    twice = asyncio.Event()

    async def attempt(key: Key) -> Verdict:
        times.append(len(times))
        if len(times) == 1:
            desk.context.enqueue([key])
        else:
            twice.set()
        return Verdict()

    async with working(desk, attempt):
        desk.context.enqueue(KEYS[:1])
        await twice.wait()

    assert times == [0, 1]


async def test_a_failure_is_tried_again_until_it_passes() -> None:
    desk, verdicts = OperatorDesk(), [Verdict(failure=RetryableError("no", status=409))] * 3
    passed = asyncio.Event()

    async def attempt(key: Key) -> Verdict:
        if verdicts:
            return verdicts.pop()
        passed.set()
        return Verdict()

    async with working(desk, attempt):
        desk.context.enqueue(KEYS[:1])
        await passed.wait()
        while desk.context.queue.failures(KEYS[0]):
            await asyncio.sleep(0)

    waits = [line["seconds"] for line in desk.logged("retry")]
    assert waits == [0.005, 0.01, 0.02]
    assert desk.metric("tradefleet_operator_reconciles_total", result="retry") == 3


async def test_in_an_outage_no_account_waits_longer_than_it_lasts_by_much() -> None:
    desk, tried = OperatorDesk(), asyncio.Event()
    key = KEYS[0]
    for _ in range(40):
        desk.context.queue.retry(key, desk.context.seconds(), 0)

    async def attempt(key: Key) -> Verdict:
        tried.set()
        return Verdict(failure=UnavailableError("refused"))

    async with working(desk, attempt):
        desk.context.enqueue([key])
        await tried.wait()
        while (at := desk.context.queue.next_at()) is None:
            await asyncio.sleep(0)

    assert at - desk.context.seconds() <= 15
    assert desk.logged("retry") == []


async def test_a_server_that_asks_for_time_gets_it() -> None:
    desk, tried = OperatorDesk(), asyncio.Event()

    async def attempt(key: Key) -> Verdict:
        tried.set()
        return Verdict(failure=UnavailableError("slow down", status=429, retry_after=200))

    async with working(desk, attempt):
        desk.context.enqueue(KEYS[:1])
        await tried.wait()
        while (at := desk.context.queue.next_at()) is None:
            await asyncio.sleep(0)

    assert at - desk.context.seconds() > 150


async def test_a_fault_of_ours_with_one_account_is_said_and_stops_no_other() -> None:
    desk, done = OperatorDesk(), asyncio.Event()

    async def attempt(key: Key) -> Verdict:
        if key == KEYS[0]:
            raise LookupError("a fault")
        done.set()
        return Verdict()

    async with working(desk, attempt):
        desk.context.enqueue(KEYS[:2])
        await done.wait()

    said = desk.logged("attemptFailed")
    assert {line["account"] for line in said} == {"clients/account-0"}
    assert "LookupError: a fault" in said[0]["stack"]


async def test_what_waits_on_time_is_looked_at_again_though_nothing_happens() -> None:
    desk, attempts = OperatorDesk(), list[Key]()
    again = asyncio.Event()

    async def attempt(key: Key) -> Verdict:
        attempts.append(key)
        if len(attempts) == 2:
            again.set()
            return Verdict()
        return Verdict(later=timedelta(milliseconds=20))

    async with working(desk, attempt):
        desk.context.enqueue(KEYS[:1])
        await again.wait()

    assert attempts == [KEYS[0], KEYS[0]]
