"""KU-24: accounts of one process share public streams, and none can stall another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from decimal import Decimal as D

import pytest_asyncio

from botrunner.domain.control import Event, PrivateStreamRestored
from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners, Report, StreamReported
from botrunner.exchanges.stream_effects import StreamState
from botrunner.marketdata.shared_public import SharedPublic, SharingExchange
from botrunner.service.clock import SystemClock
from contract.exchanges.desk import SYMBOL, endpoints_of
from support.simulator import RunningSimulator

DOGE = "DOGEUSDT"


class Account:
    """One account of the process, with everything it hears."""

    def __init__(self, simulator: RunningSimulator, shared: SharedPublic, name: str) -> None:
        self.events: list[Event] = []
        self.reports: list[Report] = []
        self.is_broken = False
        listeners = Listeners(
            event=self._hear, market=lambda data: None, report=self.reports.append
        )
        keys = Credentials(api_key=f"sim-{name}", api_secret=f"sim-{name}-secret")
        own = adapter(simulator, listeners, keys)
        self.exchange = SharingExchange(own, shared, listeners)
        self.task: asyncio.Task[None] | None = None

    def _hear(self, event: Event) -> None:
        if self.is_broken and isinstance(event, QuoteChanged):
            raise LookupError("a bug of this account alone")
        self.events.append(event)

    def run(self, *symbols: str) -> None:
        self.exchange.watch(symbols)
        self.task = asyncio.get_running_loop().create_task(self.exchange.run())

    async def end(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self.task
        await self.exchange.close()

    def last(self) -> D:
        """The last price it heard."""
        return self.quotes()[-1].quote.last

    def quotes(self, symbol: str = SYMBOL) -> list[QuoteChanged]:
        return [e for e in self.events if isinstance(e, QuoteChanged) and e.symbol == symbol]


def adapter(
    simulator: RunningSimulator, listeners: Listeners, keys: Credentials | None
) -> Exchange:
    return BybitExchange(
        endpoints=endpoints_of(simulator),
        credentials=keys,
        listeners=listeners,
        clock=SystemClock(),
    )


class Process:
    """Accounts at one shared connection; counts how many connections were made."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator, self.made = simulator, 0
        self.shared = SharedPublic(self._make)
        self.accounts: list[Account] = []

    def account(self) -> Account:
        self.accounts.append(Account(self.simulator, self.shared, f"kin{len(self.accounts)}"))
        return self.accounts[-1]

    def _make(self, listeners: Listeners) -> Exchange:
        self.made += 1
        return adapter(self.simulator, listeners, None)

    def price(self, last: str) -> None:
        price = float(last)
        body = {"last": last, "bid": f"{price - 0.0001:.4f}", "ask": f"{price + 0.0001:.4f}"}
        self.simulator.command("price", {"symbol": SYMBOL, **body})


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition; fails the test when it never holds."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)


async def ready(account: Account, symbol: str = SYMBOL) -> None:
    """Wait until it has a price, and its own stream stands: no connection is half made then."""
    await until(lambda: bool(account.quotes(symbol)))
    await until(lambda: any(isinstance(e, PrivateStreamRestored) for e in account.events))


@pytest_asyncio.fixture
async def process(simulator: RunningSimulator) -> AsyncIterator[Process]:
    made = Process(simulator)
    yield made
    for account in made.accounts:
        await account.end()
    simulator.command("clear")


async def test_two_accounts_hear_the_same_prices_by_one_connection(process: Process) -> None:
    """KU-24: one per exchange, environment and symbol."""
    first, second = process.account(), process.account()
    first.run(SYMBOL)
    second.run(SYMBOL)
    await ready(first)
    await ready(second)
    process.price("0.6")
    await until(lambda: first.last() == second.last() == D("0.6"))

    assert process.made == 1
    states = [r.state for r in second.reports if isinstance(r, StreamReported)]
    assert StreamState.CONNECTED in states


async def test_each_account_hears_its_own_symbols_only(process: Process) -> None:
    """KU-24: several isolated accounts."""
    first, second = process.account(), process.account()
    first.run(SYMBOL)
    second.run(DOGE)
    await ready(first)
    await ready(second, DOGE)

    assert first.quotes(DOGE) == [] and second.quotes() == []

    second.exchange.watch([SYMBOL, DOGE])
    await until(lambda: bool(second.quotes()))


async def test_who_comes_late_is_told_what_was_said_before(process: Process) -> None:
    """KU-24: a quiet symbol has a price at once."""
    first, late = process.account(), process.account()
    first.run(SYMBOL)
    await ready(first)
    late.run(SYMBOL)
    await ready(late)

    assert late.quotes()[0] in first.quotes()


async def test_an_account_that_breaks_ends_alone(process: Process) -> None:
    """KU-24, RI-7: the others hear every price."""
    broken, sound = process.account(), process.account()
    broken.run(SYMBOL)
    sound.run(SYMBOL)
    await ready(broken)
    await ready(sound)
    broken.is_broken = True
    process.price("0.7")
    assert broken.task is not None and sound.task is not None
    await until(broken.task.done)
    process.price("0.71")
    await until(lambda: sound.last() == D("0.71"))

    assert not sound.task.done()
    assert process.made == 1
    assert isinstance(broken.task.exception(), ExceptionGroup)


async def test_the_connection_stands_while_somebody_runs(process: Process) -> None:
    """KU-24: an account's new life begins it anew where it was the only one."""
    first, second = process.account(), process.account()
    first.run(SYMBOL)
    second.run(SYMBOL)
    await ready(first)
    await ready(second)
    await first.end()
    process.price("0.8")
    await until(lambda: second.last() == D("0.8"))

    assert process.made == 1

    await second.end()
    third = process.account()
    third.run(SYMBOL)
    await ready(third)

    assert process.made == 2
    assert first.last() != D("0.8")
