"""How often silent symbols are polled (MD-4, MD-9)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from botrunner.domain.control import Event
from botrunner.exchanges.bybit import dialect, requests
from botrunner.exchanges.bybit.deliver import always
from botrunner.exchanges.bybit.public_feed import PublicFeed
from botrunner.exchanges.bybit.requests import Request
from botrunner.exchanges.bybit.rest import Reply, Rest
from botrunner.exchanges.port import Guard, Listeners, PublicTopics
from botrunner.exchanges.session import StreamSession
from botrunner.service.clock import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PRICES = {"bid1Price": "1", "ask1Price": "1.1", "lastPrice": "1", "markPrice": "1"}


class CountingRest(Rest):
    """Answers every question with the same ticker and counts them."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(
            endpoint="http://127.0.0.1:9", credentials=None, clock=clock, timeout_seconds=1.0
        )
        self.asked: list[Request] = []

    @override
    async def call(self, request: Request, may_send: Guard = always) -> Reply:
        self.asked.append(request)
        return Reply(result={"list": [PRICES]}, time_ms=1_767_268_800_000, remaining=None)


@pytest.mark.parametrize(("poll_seconds", "asked"), [(1.0, 9), (3.0, 3), (600.0, 1)])
async def test_a_silent_symbol_is_polled_at_once_and_then_by_its_share(
    poll_seconds: float, asked: int
) -> None:
    """MD-9: within nine beats of a second."""
    clock = ManualClock(NOON)
    rest, events = CountingRest(clock), list[Event]()
    feed = PublicFeed(
        new_session=lambda groups: StreamSession(dialect.BybitDialect(), groups, essential=False),
        rest=rest,
        listeners=Listeners(event=events.append, market=lambda _: None, report=lambda _: None),
        clock=clock,
        stale_seconds=5.0,
        poll_seconds=poll_seconds,
    )
    feed.watch(["XRPUSDT"], PublicTopics())
    polling = asyncio.ensure_future(feed.poll())
    await asyncio.sleep(0)
    counts = []
    for _ in range(9):
        await clock.advance(timedelta(seconds=1))
        counts.append(len(rest.asked))
    polling.cancel()

    assert (counts[0], counts[-1]) == (1, asked)
    assert rest.asked == [requests.ticker("XRPUSDT")] * asked
    assert len(events) == asked
