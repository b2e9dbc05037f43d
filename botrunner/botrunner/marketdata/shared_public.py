"""One public connection for the accounts of a process that follow the same symbols (KU-24).

Rule 1: prices are told to who watches their symbol; everything else a keyless adapter says is each
account's own business, and not told.
Rule 2: what one account's listener raises ends that account's run alone; nobody waits for anybody.
Rule 3: the connection stands while somebody runs, and begins anew with who runs next.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from typing_extensions import override

from botrunner.domain.control import Event
from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.market_data import MarketData, Source
from botrunner.exchanges.port import (
    Exchange,
    Listeners,
    MakeAdapter,
    MessageRefused,
    PricesReported,
    PublicTopics,
    Report,
    StreamReported,
    TopicsReported,
)
from botrunner.marketdata.delegate import DelegatedExchange

SHARED = PublicTopics()
"""What is shared: the quote. Whoever wants more of a symbol has a connection of its own."""


class Member:
    """One account at a shared connection."""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._broken: asyncio.Future[None] | None = None
        self.symbols: frozenset[str] = frozenset()

    async def until_broken(self) -> None:
        """Hear until cancelled. Raises what the account's own listener, or the venue's, raised."""
        self._broken = asyncio.get_running_loop().create_future()
        try:
            await self._broken
        finally:
            self._broken = None

    def event(self, event: QuoteChanged) -> None:
        """A price of a watched symbol."""
        self._tell(lambda: self._listeners.event(event))

    def report(self, report: Report) -> None:
        """A word about the connection or a watched symbol."""
        self._tell(lambda: self._listeners.report(report))

    def fail(self, error: BaseException) -> None:
        """End this account's run."""
        if self._broken is not None and not self._broken.done():
            self._broken.set_exception(error)

    def _tell(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            self.fail(error)


class SharedPublic:
    """Belongs to one event loop. ``make`` gives a keyless adapter of one venue."""

    def __init__(self, make: MakeAdapter) -> None:
        self._make = make
        self._members: dict[Member, None] = {}
        """Who runs, in the order of coming."""
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._state: StreamReported | None = None
        self._quotes: dict[str, QuoteChanged] = {}
        self._sources: dict[str, PricesReported] = {}

    async def attend(self, member: Member) -> None:
        """Tell a member what it watches, until cancelled. Raises what broke it."""
        self._members[member] = None
        self._begin()
        self._catch_up(member)
        try:
            await member.until_broken()
        finally:
            del self._members[member]
            self.follow()
            if not self._members:
                await self._end()

    def follow(self) -> None:
        """Watch what somebody who runs watches, after any change of that."""
        if self._exchange is None:
            return
        wanted = self._wanted()
        self._quotes = {key: one for key, one in self._quotes.items() if key in wanted}
        self._sources = {key: one for key, one in self._sources.items() if key in wanted}
        self._exchange.watch(sorted(wanted), SHARED)

    def welcome(self, member: Member) -> None:
        """A member that runs watches something else now."""
        self.follow()
        if member in self._members:
            self._catch_up(member)

    def _begin(self) -> None:
        if self._exchange is None:
            listeners = Listeners(event=self._event, market=_ignore, report=self._report)
            self._exchange = self._make(listeners)
            self._task = asyncio.get_running_loop().create_task(self._exchange.run())
            self._task.add_done_callback(self._ended)
        self.follow()

    async def _end(self) -> None:
        task, self._task = self._task, None
        exchange, self._exchange = self._exchange, None
        self._state = None
        self._quotes.clear()
        self._sources.clear()
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        if exchange is not None:
            await exchange.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None or task is not self._task:
            return
        for member in tuple(self._members):
            member.fail(error)
        # Who comes next begins anew, also before the last of these has left.
        exchange, self._exchange, self._task = self._exchange, None, None
        if exchange is not None:
            self._closing = asyncio.get_running_loop().create_task(exchange.close())

    def _wanted(self) -> set[str]:
        return {symbol for member in self._members for symbol in member.symbols}

    def _catch_up(self, member: Member) -> None:
        """What was said before it came; a price says by itself how old it is."""
        if self._state is not None:
            member.report(self._state)
        for symbol in sorted(member.symbols):
            source = self._sources.get(symbol)
            if source is not None and source.source is not Source.STREAM:
                member.report(source)
            if symbol in self._quotes:
                member.event(self._quotes[symbol])

    def _event(self, event: Event) -> None:
        if isinstance(event, QuoteChanged):
            self._quotes[event.symbol] = event
            for member in self._watching(event.symbol):
                member.event(event)

    def _report(self, report: Report) -> None:
        match report:
            case StreamReported():
                self._state = report
                told: Iterable[Member] = tuple(self._members)
            case PricesReported():
                self._sources[report.symbol] = report
                told = self._watching(report.symbol)
            case TopicsReported():
                told = self._watching(report.symbol)
            case MessageRefused():
                told = tuple(self._members)
            case _:
                return
        for member in told:
            member.report(report)

    def _watching(self, symbol: str) -> tuple[Member, ...]:
        return tuple(member for member in self._members if symbol in member.symbols)


class SharingExchange(DelegatedExchange):
    """An account's adapter whose prices come from a shared connection."""

    def __init__(self, inner: Exchange, shared: SharedPublic, listeners: Listeners) -> None:
        """``inner`` and this have the same listeners."""
        super().__init__(inner)
        self._shared = shared
        self._member = Member(listeners)

    @override
    def watch(self, symbols: Iterable[str], topics: PublicTopics = PublicTopics()) -> None:
        wanted = tuple(symbols)
        is_shared = topics == SHARED
        self._member.symbols = frozenset(wanted if is_shared else ())
        self._inner.watch(() if is_shared else wanted, topics)
        self._shared.welcome(self._member)

    @override
    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._inner.run())
            tasks.create_task(self._shared.attend(self._member))


def _ignore(data: MarketData) -> None:
    """Trades, candles and deep books are not shared."""
