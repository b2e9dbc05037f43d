"""With the feed and directly: the same orders in the same sequence, on recorded prices (MD-3).

Two exchanges with the same recording are stepped together. A whole runner trades at each, one on
the exchange's own stream, one through a feed; after each step both have to have the same prices
before the next one, so that nothing is conflated.
"""

import asyncio
import io
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from typing_extensions import override

from botrunner.account_resource.file import FileResource
from botrunner.account_resource.state_folder import StateFolder
from botrunner.domain.ids import decode
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.subscription import FeedAccess
from botrunner.runtime.supervisor import Supervisor
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.runtime.wiring import MakeExchange, Wiring
from botrunner.service.clock import SystemClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters
from support.feeds import SYMBOL, endpoints_of, running_feed, until
from support.simulator import RunningSimulator, running_simulator

pytestmark = pytest.mark.nightly
STEPS = 40
LOOKS = 4
"""Looks in a row that find nothing new and nothing different."""
GRID = {
    "leverage": 20,
    "initialMargin": 5,
    "stepPercent": 0.05,
    "takeProfitPercent": 0.05,
    "averagingMultiplier": 1.5,
}


def account_file(folder: Path) -> Path:
    """The account ``alice`` and its keys."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "keys"},
        "stringData": {"apiKey": "sim-alice", "apiSecret": "sim-alice-secret"},
    }
    account = {
        "apiVersion": "tradefleet.dev/v1alpha1",
        "kind": "TradingAccount",
        "metadata": {"name": "alice"},
        "spec": {
            "exchange": "bybit",
            "environment": "simulated",
            "credentials": {"secretName": "keys"},
            "risk": {"maxPriceAgeSeconds": 300},
            "strategies": [{"name": "xrp", "symbol": SYMBOL, "grid": GRID}],
        },
    }
    path = folder / "alice.yaml"
    path.write_text(yaml.safe_dump_all([secret, account]))
    return path


class Audit(io.StringIO):
    """What a runner writes down of each event; the newest quote that its engine took is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.quote: dict[str, Any] = {}

    @override
    def write(self, text: str) -> int:
        """One line or a part of it."""
        for line in text.splitlines():
            event = json.loads(line).get("event", {}) if line.startswith("{") else {}
            if event.get("type") == "QuoteChanged":
                self.quote = event["quote"]
        return len(text)


class Trader:
    """A whole runner in this process and the exchange that it trades at."""

    def __init__(self, simulator: RunningSimulator, audit: Audit) -> None:
        self.simulator, self.audit = simulator, audit

    def has(self, ticker: dict[str, Any]) -> bool:
        """Whether its engine has taken the exchange's price."""
        quote = self.audit.quote
        if not quote:
            return False
        said = tuple(Decimal(quote[name]) for name in ("bid", "ask", "last", "mark"))
        names = ("bid1Price", "ask1Price", "lastPrice", "markPrice")
        return said == tuple(Decimal(ticker[name]) for name in names)

    async def ticker(self) -> dict[str, Any]:
        """The exchange's prices now."""
        url = f"{self.simulator.rest_url}/v5/market/tickers?category=linear&symbol={SYMBOL}"
        answer = await self._read(url)
        found: dict[str, Any] = answer["result"]["list"][0]
        return found

    async def orders(self) -> list[tuple[str, ...]]:
        """What the exchange was told to do, in its order; ids without what differs by runner."""
        url = f"{self.simulator.control_url}/requests?account=alice&limit=100000"
        rows = (await self._read(url))["requests"]
        return [_told(row) for row in rows if row["path"].startswith("/v5/order/")]

    async def _read(self, url: str) -> dict[str, Any]:
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=30).read())
        answer: dict[str, Any] = json.loads(text)
        return answer


def _told(row: dict[str, Any]) -> tuple[str, ...]:
    body = row.get("body") or {}
    identity = decode(str(body.get("orderLinkId", "")))
    who = (
        "" if identity is None else f"{identity.side} {identity.purpose} {identity.level}",
        "" if identity is None else str(identity.sequence),
    )
    return (row["path"], *who, str(body.get("qty", "")), str(body.get("price", "")))


@pytest.fixture
def venues() -> Iterator[tuple[RunningSimulator, RunningSimulator]]:
    """Two exchanges with one recording."""
    settings: dict[str, Any] = {"stepping": True, "rate_limits": False}
    with running_simulator(**settings) as one:
        with running_simulator(**settings) as other:
            yield one, other


@asynccontextmanager
async def trading(
    simulator: RunningSimulator, folder: Path, port: int | None
) -> AsyncIterator[Trader]:
    """A runner at the exchange; through the feed on that port, if there is one."""
    folder.mkdir()
    clock, meters, audit = SystemClock(), Meters(), Audit()
    state = StateFolder(folder / "state")
    state.hold()
    door = FileResource(account_file(folder), "alice", state, clock, {})
    log = Log("alice", LogFiles.below(folder), clock, lambda record, text: None, lambda text: text)
    async with AsyncExitStack() as stack:
        own = VenueMaker(endpoints_of(simulator), clock, stack)
        make = own if port is None else _through_feed(own, port, clock)
        wiring = Wiring(
            resource=door,
            make_exchange=make,
            clock=clock,
            log=log,
            meters=meters,
            version="test",
            audit=audit,
        )
        supervisor = Supervisor(wiring)
        running = asyncio.ensure_future(supervisor.run())
        try:
            yield Trader(simulator, audit)
        finally:
            supervisor.end()
            with suppress(asyncio.CancelledError):
                await running
    log.close()
    state.release()


def _through_feed(own: MakeExchange, port: int, clock: SystemClock) -> MakeExchange:
    access = FeedAccess(
        exchange="bybit",
        environment="simulated",
        market="futures",
        address_of=lambda symbol: f"ws://127.0.0.1:{port}/",
    )
    return lambda spec, keys, listeners: FeedExchange(
        lambda heard: own(spec, keys, heard), listeners, access, clock
    )


async def _settled(*traders: Trader) -> None:
    """Every runner has the exchange's present price, and all have told the same."""
    tickers = [await trader.ticker() for trader in traders]
    await until(
        lambda: all(t.has(ticker) for t, ticker in zip(traders, tickers, strict=True)),
        "the exchange's price",
    )
    deadline, alike = asyncio.get_running_loop().time() + 30, 0
    before: object = None
    while alike < LOOKS:
        told = [await trader.orders() for trader in traders]
        alike = alike + 1 if told[0] == told[1] == before else 0
        before = told[0]
        assert asyncio.get_running_loop().time() < deadline, told
        await asyncio.sleep(0.05)


async def test_the_orders_are_the_same_with_the_feed_and_without(
    venues: tuple[RunningSimulator, RunningSimulator], tmp_path: Path
) -> None:
    """MD-3: placements, amendments and cancels alike."""
    one, other = venues
    async with running_feed(other) as feed:
        async with (
            trading(one, tmp_path / "direct", None) as direct,
            trading(other, tmp_path / "feed", feed.server.port) as through,
        ):
            await until(lambda: direct.audit.quote and through.audit.quote, "first prices")
            await _settled(direct, through)
            for _ in range(STEPS):
                for simulator in venues:
                    await asyncio.to_thread(simulator.command, "step", {"count": 1})
                await _settled(direct, through)
            told = await direct.orders()

            assert len(told) > STEPS / 4, "the recording moved the grid"
            assert told == await through.orders()
