"""How a runner looks after its links, with an exchange that says nothing and no feed at all."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from botrunner.exchanges.port import Listeners
from botrunner.marketdata.client import ClientListeners, FeedClient
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.meters import ClientMeters
from botrunner.marketdata.subscription import FeedAccess
from botrunner.marketdata.wire import Hello
from botrunner.service.clock import Clock, ManualClock
from support.feeds import NOWHERE, SYMBOL, until
from support.silent_exchange import SilentExchange

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOBODY = Listeners(event=lambda _: None, market=lambda _: None, report=lambda _: None)


class LateClock:
    """Everybody sleeps two seconds too long, always: a process that hardly gets to run."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self._seconds += max(0.0, seconds) + 2.0


def exchange_at(clock: Clock, meters: ClientMeters | None = None) -> FeedExchange:
    """Its feed is where nobody listens."""
    access = FeedAccess(
        exchange="bybit",
        environment="demo",
        market="futures",
        address_of=lambda symbol: NOWHERE.public_stream,
        account="alice",
        meters=meters,
    )
    return FeedExchange(SilentExchange, NOBODY, access, clock)


async def test_a_process_that_is_always_late_leaves_a_feed_that_is_gone_all_the_same() -> None:
    """MD-6: one late turn is no silence of the feed, but a second one has read what waited."""
    exchange = exchange_at(LateClock())
    exchange.watch([SYMBOL])
    running = asyncio.ensure_future(exchange.run())
    await until(lambda: exchange.direct == {SYMBOL}, "it goes direct")
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await exchange.close()


async def test_a_symbol_that_is_followed_no_more_shows_no_state_of_its_feed() -> None:
    """OB-1: neither a feed in use nor an age that stands still."""
    registry = CollectorRegistry()
    exchange = exchange_at(ManualClock(NOON), ClientMeters(registry))

    def shown(name: str, symbol: str) -> float | None:
        labels = {"account": "alice", "symbol": symbol}
        return registry.get_sample_value(f"tradefleet_feed_client_{name}", labels)

    exchange.watch(["ONE", "TWO"])
    before = [shown("in_use_state", symbol) for symbol in ("ONE", "TWO")]
    exchange.watch(["TWO"])
    states = [shown("in_use_state", symbol) for symbol in ("ONE", "TWO")]
    ages = [shown("frame_age_seconds", symbol) for symbol in ("ONE", "TWO")]
    exchange.watch(["ONE", "TWO"])
    await exchange.close()

    assert before == [1.0, 1.0]
    assert (states, ages) == ([None, 1.0], [None, 0.0])
    assert shown("in_use_state", "ONE") == 1.0


def without_text() -> Hello:
    """As for a token whose file is half written."""
    b"\xff".decode("ascii")
    raise AssertionError("that is no text")


async def test_a_token_that_is_no_text_is_a_condition_that_passes() -> None:
    """MD-8: the runner goes on, and asks the exchange itself meanwhile."""
    why: list[str] = []
    heard = ClientListeners(frame=lambda said, size: None, drained=_nothing, ended=why.append)
    client = FeedClient(NOWHERE.public_stream, without_text, heard, ManualClock(NOON), _whole)
    running = asyncio.ensure_future(client.run())
    await until(lambda: why, "why it cannot connect")
    is_done = running.done()
    running.cancel()
    await asyncio.wait((running,))

    assert not is_done
    assert why[0].startswith("the token cannot be read: ")


def _nothing() -> None:
    pass


def _whole() -> float:
    return 1.0
