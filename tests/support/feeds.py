"""Feeds, and runners' exchanges that use them, for tests: everything over real sockets."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

from botrunner.domain.control import Event
from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.market_data import MarketData
from botrunner.exchanges.port import Exchange, Listeners, PricesReported, PublicTopics, Report
from botrunner.exchanges.session import Timing
from botrunner.marketdata.admission import WELCOME, Admit
from botrunner.marketdata.feed import Feed, FeedSettings
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.hub import Hub
from botrunner.marketdata.link import LinkTiming
from botrunner.marketdata.server import FeedServer, Served, ServerLimits
from botrunner.marketdata.subscription import FeedAccess
from botrunner.service.clock import SystemClock
from support.program import announced_process
from support.simulator import RunningSimulator

SYMBOL = "XRPUSDT"
PATIENCE_SECONDS = 60.0
STREAM_TIMING = Timing(acknowledge=5.0, settled=60.0, backoff_base=0.1, backoff_cap=0.4)
QUICK = LinkTiming(direct_after=1.6, jitter=0.3, quiet=12.0, settle=0.3, distrust=0.5)
"""Longer than the second between two heartbeats; else as short as it may be."""
LIMITS = ServerLimits(connections=50, hello_seconds=30.0, heartbeat_seconds=0.2)
SERVED = Served(
    exchange="bybit",
    environment="simulated",
    market="futures",
    symbol=SYMBOL,
    depth=50,
    intervals=("1",),
    feed="test",
)
NOWHERE = Endpoints(
    rest="http://127.0.0.1:9", public_stream="ws://127.0.0.1:9", private_stream="ws://127.0.0.1:9"
)
"""Where nobody listens."""
QUEUED, REPLACED = ("trades", "closed.1"), ("quote", "upstream", "book", "candle.1")


async def until(holds: Callable[[], object], what: str) -> None:
    """Ask again and again until it holds; fails the test when it never does."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, f"never came: {what}"
        await asyncio.sleep(0.005)


def endpoints_of(simulator: RunningSimulator) -> Endpoints:
    """The simulator's addresses."""
    return Endpoints(
        rest=simulator.rest_url,
        public_stream=simulator.public_url,
        private_stream=simulator.private_url,
    )


def adapter(
    endpoints: Endpoints,
    listeners: Listeners,
    stale_seconds: float = 5.0,
    keys: Credentials | None = None,
) -> Exchange:
    """The adapter; without keys prices only."""
    return BybitExchange(
        endpoints=endpoints,
        credentials=keys,
        listeners=listeners,
        clock=SystemClock(),
        timing=STREAM_TIMING,
        stale_seconds=stale_seconds,
    )


@asynccontextmanager
async def serving(
    hub: Hub | None = None,
    admit: Admit = lambda token: WELCOME,
    limits: ServerLimits = LIMITS,
) -> AsyncIterator[FeedServer]:
    """A server of a hub that the test itself publishes to."""
    served = hub if hub is not None else Hub(QUEUED, REPLACED)
    server = FeedServer(served, SERVED, admit, limits)
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def running_feed(
    simulator: RunningSimulator, *, stale_seconds: float = 5.0, port: int = 0
) -> AsyncIterator[Feed]:
    """A whole feed in this process, at the simulator."""
    settings = FeedSettings(
        exchange="bybit",
        environment="simulated",
        market="futures",
        symbol=SYMBOL,
        feed="test",
        limits=LIMITS,
    )
    where = endpoints_of(simulator)
    feed = Feed(
        settings,
        lambda heard: adapter(where, heard, stale_seconds),
        lambda _: WELCOME,
        SystemClock(),
    )
    await feed.start("127.0.0.1", port)
    running = asyncio.ensure_future(feed.run())
    try:
        yield feed
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def feed_process(
    simulator: RunningSimulator, *arguments: str, port: int = 0
) -> AbstractContextManager[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`tradefleet feed` on free ports, and what it said when ready; killed at the end."""
    where = ("--environment", "simulated", "--simulator", simulator.rest_url)
    ports = ("--port", str(port), "--probe-port", "0")
    return announced_process("feed", "--symbol", SYMBOL, *where, *ports, *arguments)


class Desk:
    """A runner's exchange that gets its prices through a feed, with all it says written down."""

    def __init__(
        self,
        simulator: RunningSimulator,
        port: Callable[[], int],
        *,
        timing: LinkTiming = QUICK,
        topics: PublicTopics = PublicTopics(),
        max_divergence_percent: Decimal = Decimal("0.5"),
        endpoints: Endpoints | None = None,
        keys: Credentials | None = None,
        token: Callable[[], str] = lambda: "",
        make: Callable[[Listeners], Exchange] | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.market: list[MarketData] = []
        self.reports: list[Report] = []
        where = endpoints or endpoints_of(simulator)
        access = FeedAccess(
            exchange="bybit",
            environment="simulated",
            market="futures",
            address_of=lambda symbol: f"ws://127.0.0.1:{port()}/",
            token=token,
            timing=timing,
            max_divergence_percent=max_divergence_percent,
        )
        listeners = Listeners(
            event=self.events.append, market=self.market.append, report=self.reports.append
        )
        self.exchange = FeedExchange(
            make or (lambda heard: adapter(where, heard, keys=keys)),
            listeners,
            access,
            SystemClock(),
        )
        self.exchange.watch([SYMBOL], topics)
        self._running = asyncio.ensure_future(self.exchange.run())

    @property
    def is_direct(self) -> bool:
        """Whether the runner asks the exchange itself."""
        return SYMBOL in self.exchange.direct

    @property
    def quotes(self) -> list[QuoteChanged]:
        """Every quote that the engine would have got."""
        return [event for event in self.events if isinstance(event, QuoteChanged)]

    def bids(self) -> list[str]:
        """Their best bids, each change once."""
        found: list[str] = []
        for event in self.quotes:
            bid = str(event.quote.bid)
            if not found or found[-1] != bid:
                found.append(bid)
        return found

    def has_bid(self, bid: str) -> bool:
        """Whether the newest quote has this bid."""
        return bool(self.quotes) and str(self.quotes[-1].quote.bid) == bid

    def sources(self) -> list[str]:
        """Where prices came from, one after the other."""
        reports = [each for each in self.reports if isinstance(each, PricesReported)]
        return [report.source.value for report in reports]

    async def stop(self) -> None:
        """End everything."""
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running
        await self.exchange.close()


@asynccontextmanager
async def desk_at(
    simulator: RunningSimulator, port: Callable[[], int], **settings: Any
) -> AsyncIterator[Desk]:
    """A desk, stopped at the end."""
    desk = Desk(simulator, port, **settings)
    try:
        yield desk
    finally:
        await desk.stop()


async def move(simulator: RunningSimulator, bid: str, ask: str) -> None:
    """Set the symbol's prices at the simulator."""
    body = {"symbol": SYMBOL, "last": bid, "bid": bid, "ask": ask}
    await asyncio.to_thread(simulator.command, "price", body)
