"""One account's adapter at the simulator, with everything it says written down.

The simulator runs in a thread of its own and is spoken to over real sockets; what happened is
judged by its ledger and its request log, never by the adapter's own word.
"""

import asyncio
import itertools
import json
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any, TypeVar

from typing_extensions import override

from botrunner.domain import ids
from botrunner.domain.actions import ApplySetting, CancelOrder, PlaceOrder
from botrunner.domain.control import Event, Setting, SettingApplied
from botrunner.domain.events import OrderEvent
from botrunner.domain.side import Purpose, Side
from botrunner.exchanges.bybit.address import Address
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.market_data import MarketData
from botrunner.exchanges.port import Listeners, Report
from botrunner.exchanges.session import Timing
from botrunner.service.clock import Clock, SystemClock
from support.simulator import RunningSimulator

SYMBOL = "XRPUSDT"
CREATE, CANCEL, AMEND = "/v5/order/create", "/v5/order/cancel", "/v5/order/amend"
QUICK = Timing(ping=0.2, dead=0.5, acknowledge=2.0, settled=60.0, backoff_base=0.1, backoff_cap=0.4)
"""Streams whose every span is short, so that tests wait for what happens."""
_PATIENCE_SECONDS = 20.0
T = TypeVar("T")


class QuickClock(SystemClock):
    """Waits a hundredth of what it is asked to, and measures spans a hundred times as long."""

    @override
    def monotonic(self) -> float:
        """Seconds that pass a hundred times as fast."""
        return super().monotonic() * 100

    @override
    async def sleep(self, seconds: float) -> None:
        """A hundredth of the wait."""
        await super().sleep(seconds / 100)


class ShiftedClock(SystemClock):
    """A machine whose clock is wrong."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    @override
    def now(self) -> datetime:
        """The wrong time."""
        return super().now() + self._ahead


class Desk:
    """An adapter and its account, called ``name``."""

    def __init__(
        self,
        simulator: RunningSimulator,
        name: str,
        *,
        secret: str | None = None,
        clock: Clock | None = None,
        timeout_seconds: float = 5.0,
        stale_seconds: float = 5.0,
        connect_seconds: float = 0.0,
        timing: Timing = QUICK,
        endpoints: Endpoints | None = None,
        address: Address | None = None,
    ) -> None:
        self.simulator = simulator
        self.name = name
        self.clock = clock or SystemClock()
        self.events: list[Event] = []
        self.market: list[MarketData] = []
        self.reports: list[Report] = []
        self.credentials = Credentials(
            api_key=f"sim-{name}", api_secret=secret or f"sim-{name}-secret"
        )
        self.exchange = BybitExchange(
            endpoints=endpoints or endpoints_of(simulator),
            credentials=self.credentials,
            listeners=Listeners(
                event=self.events.append, market=self.market.append, report=self.reports.append
            ),
            clock=self.clock,
            timeout_seconds=timeout_seconds,
            stale_seconds=stale_seconds,
            connect_seconds=connect_seconds,
            timing=timing,
            address=address,
        )
        self._running: asyncio.Task[None] | None = None
        self._sequence = itertools.count(1)

    async def prepare(self) -> None:
        """Hedge mode at leverage 10."""
        for setting, value in ((Setting.HEDGE_MODE, D(1)), (Setting.LEVERAGE, D(10))):
            action = ApplySetting(symbol=SYMBOL, setting=setting, value=value)
            assert isinstance(await self.exchange.apply_setting(action), SettingApplied)

    async def start(self, *symbols: str) -> None:
        """Prepare, then streams, until the private one is up."""
        await self.prepare()
        self.exchange.watch(symbols)
        self.run()
        await self.until("PrivateStreamRestored")

    def run(self) -> None:
        """Start the streams and wait for nothing."""
        self._running = asyncio.get_running_loop().create_task(self.exchange.run())

    async def stop(self) -> None:
        """End everything."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self.exchange.close()

    def new_id(self, side: Side = Side.LONG, purpose: Purpose = Purpose.ENTRY) -> str:
        """A client order id not used before."""
        identity = ids.OrderIdentity(
            epoch=1,
            strategy="grid",
            side=side,
            purpose=purpose,
            level=0,
            sequence=next(self._sequence),
        )
        return ids.encode(identity)

    def order(
        self,
        price: str | None,
        quantity: str = "100",
        *,
        side: Side = Side.LONG,
        purpose: Purpose = Purpose.ENTRY,
        order_id: str = "",
    ) -> PlaceOrder:
        """An order not sent yet; without a price at the market."""
        return PlaceOrder(
            order_id=order_id or self.new_id(side, purpose),
            symbol=SYMBOL,
            strategy="grid",
            side=side,
            purpose=purpose,
            level=0,
            quantity=D(quantity),
            price=None if price is None else D(price),
            reduce_only=purpose.reduces,
        )

    async def place(self, order: PlaceOrder) -> OrderEvent:
        """Send it, with nothing in the way."""
        return await self.exchange.place(order, may_send=lambda: True)

    async def cancel(self, order_id: str, *, foreign: bool = False) -> OrderEvent:
        """Cancel it, with nothing in the way."""
        action = CancelOrder(order_id=order_id, symbol=SYMBOL, foreign=foreign)
        return await self.exchange.cancel(action, may_send=lambda: True)

    async def command(self, name: str, **body: object) -> Any:
        """A call of the control API, for this account where it takes one."""
        return await asyncio.to_thread(self.simulator.command, name, body)

    async def price(self, last: str, *, bid: str, ask: str) -> None:
        """Move the symbol's prices."""
        await self.command("price", symbol=SYMBOL, last=last, bid=bid, ask=ask)

    async def ledger(self) -> dict[str, Any]:
        """The account as the venue keeps it."""
        return await self._read("ledger", account=self.name)

    async def received(self, path: str) -> list[dict[str, Any]]:
        """What the venue received from this account on a path."""
        log = await self._read("requests", account=self.name, path=path)
        found: list[dict[str, Any]] = log["requests"]
        return found

    async def until(self, name: str, /, *, after: int = 0, **fields: object) -> Any:
        """The first event of that name with these fields, past the first ``after`` events."""

        def found() -> Event | None:
            for event in self.events[after:]:
                if type(event).__name__ == name and _has(event, fields):
                    return event
            return None

        return await self.wait_for(found, f"{name} {fields}")

    async def wait_for(self, ask: Callable[[], T | None], what: str) -> T:
        """The first answer that is something; fails the test when there is none in time."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            answer = ask()
            if answer:
                return answer
            assert asyncio.get_running_loop().time() < deadline, f"never came: {what}"
            await asyncio.sleep(0.005)

    def names(self, after: int = 0) -> list[str]:
        """Kinds of the events so far."""
        return [type(event).__name__ for event in self.events[after:]]

    async def _read(self, what: str, **query: str) -> dict[str, Any]:
        url = f"{self.simulator.control_url}/{what}?{urllib.parse.urlencode(query)}"
        body = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read())
        read: dict[str, Any] = json.loads(body)
        return read


def _has(event: Event, fields: Mapping[str, object]) -> bool:
    return all(getattr(event, key) == value for key, value in fields.items())


def endpoints_of(simulator: RunningSimulator) -> Endpoints:
    """The simulator's addresses."""
    return Endpoints(
        rest=simulator.rest_url,
        public_stream=simulator.public_url,
        private_stream=simulator.private_url,
    )
