"""With the feed and directly: the same orders in the same sequence, on recorded prices (MD-3).

Two exchanges with the same recording are stepped together by the control API, corner by corner of
its candles. A whole runner trades at each, one on the exchange's own stream, one through a feed.
What makes two runs differ without being the feed's doing is kept away: a step's fills are held
back until both engines have its prices, and no entry is moved by the clock.
"""

import asyncio
import io
import itertools
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
from support.relay import Relay
from support.simulator import RunningSimulator, running_simulator

STEPS = 60
LOOKS = 4
"""Looks in a row that find nothing new and nothing different."""
CORNERS = f"""
step: true
rateLimits: false
prices:
  - symbol: {SYMBOL}
    recording: builtin:XRPUSDT-5m
    resolutionSeconds: 300
"""
WRITES = tuple(f"/v5/order/{name}" for name in ("create", "amend", "cancel", "cancel-all"))
OF_ONE_RUN = ("orderLinkId", "orderId")
GRID = {
    "leverage": 20,
    "initialMargin": 5,
    "stepPercent": 0.3,
    "takeProfitPercent": 0.3,
    "averagingMultiplier": 1.5,
    "entryTimeoutSeconds": 600,
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

    def __init__(self, simulator: RunningSimulator, audit: Audit, fills: Relay) -> None:
        self.simulator, self.audit, self.fills = simulator, audit, fills
        self.steps: list[list[str]] = []
        """What the exchange was told to do, by step."""
        self._settled = 0
        """Number of the last request of the steps so far."""
        self._newest = 0

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

    async def look(self) -> list[str]:
        """What it has told since the last step, by order, in the order of their names.

        Requests overtake each other on their way, and whether an order is placed in its last form
        or placed and amended is a matter of how long they are on it: in two runs without a feed it
        is not alike either. So an order counts as what it was told to be in the end.
        """
        url = f"{self.simulator.control_url}/requests?account=alice&after={self._settled}"
        rows = (await self._read(url + "&limit=100000"))["requests"]
        told: dict[str, dict[str, Any]] = {}
        for row in rows:
            if row["path"] in WRITES:
                order = told.setdefault(row["body"]["orderLinkId"], {"by": row["path"]})
                order |= _told(row)
        self._newest = max((row["number"] for row in rows), default=self._settled)
        return sorted(json.dumps(order, sort_keys=True) for order in told.values())

    def next_step(self, told: list[str]) -> None:
        """That was this step's."""
        self.steps.append(told)
        self._settled = self._newest

    async def _read(self, url: str) -> dict[str, Any]:
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=30).read())
        answer: dict[str, Any] = json.loads(text)
        return answer


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A request without what differs by runner: which side, purpose and level, and all the rest."""
    body = row["body"]
    identity = decode(body["orderLinkId"])
    assert identity is not None, row
    who = f"{identity.side} {identity.purpose} {identity.level}"
    said = {name: value for name, value in body.items() if name not in OF_ONE_RUN}
    return said | {"who": who, "cancelled": row["path"].startswith("/v5/order/cancel")}


@pytest.fixture
def venues() -> Iterator[tuple[RunningSimulator, RunningSimulator]]:
    """Two exchanges with one recording."""
    with running_simulator(CORNERS) as one:
        with running_simulator(CORNERS) as other:
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
        private = urlsplit(simulator.private_url)
        fills = await stack.enter_async_context(Relay(private.port or 0))
        held = f"ws://127.0.0.1:{fills.port}{private.path}"
        own = VenueMaker(replace(endpoints_of(simulator), private_stream=held), clock, stack)
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
            yield Trader(simulator, audit, fills)
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


async def step(*traders: Trader) -> None:
    """The next price for everybody, and then what it filled."""
    for trader in traders:
        trader.fills.hold()
        await asyncio.to_thread(trader.simulator.command, "step", {"count": 1})
    await have_the_price(*traders)
    for trader in traders:
        trader.fills.release()
    await have_settled(*traders)


async def have_the_price(*traders: Trader) -> None:
    """Every runner has the exchange's present price."""
    tickers = [await trader.ticker() for trader in traders]
    await until(
        lambda: all(t.has(ticker) for t, ticker in zip(traders, tickers, strict=True)),
        "the exchange's price",
    )


async def have_settled(*traders: Trader) -> None:
    """All have told the same, and tell nothing more."""
    deadline, alike, before = asyncio.get_running_loop().time() + 30, 0, None
    while alike < LOOKS:
        told = [await trader.look() for trader in traders]
        alike = alike + 1 if all(each == told[0] == before for each in told) else 0
        before = told[0]
        assert asyncio.get_running_loop().time() < deadline, [
            sorted(set(told[0]) - set(told[1])),
            sorted(set(told[1]) - set(told[0])),
        ]
        await asyncio.sleep(0.05)
    for trader, each in zip(traders, told, strict=True):
        trader.next_step(each)


async def test_the_orders_are_the_same_with_the_feed_and_without(
    venues: tuple[RunningSimulator, RunningSimulator], tmp_path: Path
) -> None:
    """MD-3: placements, amendments and cancels alike, step by step."""
    one, other = venues
    async with running_feed(other) as feed:
        async with (
            trading(one, tmp_path / "direct", None) as direct,
            trading(other, tmp_path / "feed", feed.server.port) as through,
        ):
            await until(lambda: direct.audit.quote and through.audit.quote, "first prices")
            await have_settled(direct, through)
            for _ in range(STEPS):
                await step(direct, through)

            assert direct.steps == through.steps
            told = " ".join(itertools.chain.from_iterable(direct.steps))
            for kind in ("create", "amend", "cancel"):
                assert f"/v5/order/{kind}" in told, "the recording moved the grid"
