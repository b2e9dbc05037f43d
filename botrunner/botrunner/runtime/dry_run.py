"""A dry run: the venue is inside this process, its prices are the real ones (GR-51).

Two adapters make one: a public one without keys reads instruments and prices, these through shared
feeds where there are any; the other trades at a simulator on loopback, whose prices follow the
public ones. No request is signed for anybody
outside. The simulated account lives as long as the process, over every life of the runner.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from typing_extensions import override

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.domain.actions import (
    AmendOrder,
    ApplySetting,
    CancelOrder,
    PlaceOrder,
    ReadAccount,
    ReadSymbol,
    ReadTransfers,
    ResolveOrder,
)
from botrunner.domain.control import Event, InstrumentRead
from botrunner.domain.events import OrderEvent, QuoteChanged, WalletChanged
from botrunner.domain.market import Quote
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.market_data import CandleChanged
from botrunner.exchanges.port import (
    Exchange,
    FeedLimits,
    Guard,
    KeyInformation,
    Listeners,
    MakeAdapter,
    PublicTopics,
    Report,
    StreamReported,
)
from botrunner.service.clock import Clock
from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.server import Simulator
from botrunner.simulator.settings import SimulatorSettings

PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class _FirstPrices:
    """What a simulator opens with; later prices are set as they come."""

    quotes: dict[str, Quote]

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is traded."""
        return tuple(self.quotes)

    def steps(self) -> Iterator[PriceStep]:
        """One step a symbol."""
        for symbol, quote in self.quotes.items():
            yield PriceStep(
                symbol=symbol,
                offset=timedelta(0),
                last=quote.last,
                mark=quote.mark,
                index=quote.mark,
                bid=quote.bid,
                ask=quote.ask,
            )

    def past(self, symbol: str) -> Iterator[PriceStep]:
        """None."""
        return iter(())


class DryVenue:
    """The simulated venue of one dry run. Starts with the first prices, ends with the process."""

    def __init__(self, spec: TradingAccountSpec, clock: Clock) -> None:
        self._spec, self._clock = spec, clock
        self._quotes: dict[str, Quote] = {}
        self._instruments: dict[str, InstrumentRead] = {}
        self._lock = asyncio.Lock()
        self._came = asyncio.Event()
        self.simulator: Simulator | None = None

    async def opened(self, public: Exchange) -> Simulator:
        """The simulator, started once the venue's contracts and first prices are known.

        Raises ExchangeError where the contracts cannot be read.
        """
        async with self._lock:
            if self.simulator is None:
                symbols = self.symbols()
                for symbol in symbols:
                    self._instruments[symbol] = await public.read_instrument(symbol)
                while not all(symbol in self._quotes for symbol in symbols):
                    self._came.clear()
                    await self._came.wait()
                self.simulator = await Simulator.start(self._settings(), self._clock)
            return self.simulator

    def symbols(self) -> list[str]:
        """What this venue trades, from its start on."""
        return [strategy.symbol for strategy in self._spec.strategies]

    def first(self, quote: QuoteChanged) -> None:
        """A price from before the simulator runs."""
        self._quotes[quote.symbol] = quote.quote
        self._came.set()

    async def take(self, quote: QuoteChanged) -> None:
        """A new public price: the simulator's too."""
        if self.simulator is not None and quote.symbol in self._instruments:
            prices = {name: getattr(quote.quote, name) for name in ("last", "mark", "bid", "ask")}
            await self.simulator.command("price", {"symbol": quote.symbol, **prices})

    async def stop(self) -> None:
        """End the simulator."""
        if self.simulator is not None:
            await self.simulator.stop()

    def _settings(self) -> SimulatorSettings:
        fees = next(iter(self._instruments.values())).fees
        return SimulatorSettings(
            instruments=tuple(read.instrument for read in self._instruments.values()),
            source=_FirstPrices(quotes={s: self._quotes[s] for s in self._instruments}),
            initial_balance=self._spec.initial_balance,
            maker_fee_rate=max(fees.maker, Decimal(0)),
            taker_fee_rate=fees.taker,
            stepping=True,
        )


class DryRunExchange(Exchange):
    """Trades at the venue inside, reads public data outside."""

    def __init__(
        self,
        venue: DryVenue,
        make_public: MakeAdapter,
        keys: Credentials,
        listeners: Listeners,
        clock: Clock,
        timeout_seconds: float,
    ) -> None:
        """``keys`` are the simulator's own and never leave loopback.

        ``make_public`` gives the adapter without keys for the listeners it gets.
        """
        self._venue, self._keys, self._clock = venue, keys, clock
        self._listeners, self._timeout = listeners, timeout_seconds
        self._public = make_public(replace(listeners, event=self._hear_public))
        self._trading: BybitExchange | None = None
        self._prices: asyncio.Queue[QuoteChanged] = asyncio.Queue()
        self._public_run: asyncio.Task[None] | None = None

    @override
    async def place(self, order: PlaceOrder, *, may_send: Guard) -> OrderEvent:
        return await (await self._inside()).place(order, may_send=may_send)

    @override
    async def amend(self, order: AmendOrder, *, may_send: Guard) -> OrderEvent:
        return await (await self._inside()).amend(order, may_send=may_send)

    @override
    async def cancel(self, order: CancelOrder, *, may_send: Guard) -> OrderEvent:
        return await (await self._inside()).cancel(order, may_send=may_send)

    @override
    async def resolve(self, order: ResolveOrder) -> tuple[OrderEvent, ...]:
        return await (await self._inside()).resolve(order)

    @override
    async def read_symbol(self, action: ReadSymbol) -> Event:
        return await (await self._inside()).read_symbol(action)

    @override
    async def read_account(self, action: ReadAccount) -> tuple[Event, ...]:
        return await (await self._inside()).read_account(action)

    @override
    async def read_wallet(self) -> WalletChanged:
        return await (await self._inside()).read_wallet()

    @override
    async def read_transfers(self, action: ReadTransfers) -> Event:
        return await (await self._inside()).read_transfers(action)

    @override
    async def apply_setting(self, action: ApplySetting) -> Event:
        return await (await self._inside()).apply_setting(action)

    @override
    async def read_instrument(self, symbol: str) -> InstrumentRead:
        return await (await self._inside()).read_instrument(symbol)

    @override
    async def read_key(self) -> KeyInformation:
        return await (await self._inside()).read_key()

    @override
    async def read_candles(
        self, symbol: str, interval: str, limit: int
    ) -> tuple[CandleChanged, ...]:
        return await self._public.read_candles(symbol, interval, limit)

    @override
    async def measure_clock(self) -> float:
        return await self._public.measure_clock()

    @override
    def set_request_timeout(self, seconds: float) -> None:
        self._timeout = seconds
        self._public.set_request_timeout(seconds)
        if self._trading is not None:
            self._trading.set_request_timeout(seconds)

    @override
    def set_feed_limits(self, limits: FeedLimits) -> None:
        self._public.set_feed_limits(limits)

    @override
    def watch(self, symbols: Iterable[str], topics: PublicTopics = PublicTopics()) -> None:
        self._public.watch(symbols, topics)

    @override
    async def run(self) -> None:
        inside = await self._inside()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(inside.run())
            tasks.create_task(self._forward())

    @override
    async def close(self) -> None:
        if self._public_run is not None:
            self._public_run.cancel()
            await asyncio.wait([self._public_run])
        await self._public.close()
        if self._trading is not None:
            await self._trading.close()

    async def _inside(self) -> BybitExchange:
        """The adapter at the simulator; the first call waits for the first public prices."""
        if self._public_run is None:
            self._public.watch(self._venue.symbols())
            self._public_run = asyncio.get_running_loop().create_task(self._public.run())
        simulator = await self._venue.opened(self._public)
        if self._trading is None:
            self._trading = BybitExchange(
                endpoints=Endpoints(
                    rest=simulator.rest_url,
                    public_stream=simulator.public_url,
                    private_stream=simulator.private_url,
                ),
                credentials=self._keys,
                listeners=replace(self._listeners, report=self._report_inside),
                clock=self._clock,
                timeout_seconds=self._timeout,
            )
        return self._trading

    async def _forward(self) -> None:
        """A price reaches the simulator before the engine, as at a venue."""
        while True:
            quote = await self._prices.get()
            await self._venue.take(quote)
            self._listeners.event(quote)

    def _hear_public(self, event: Event) -> None:
        if not isinstance(event, QuoteChanged):
            self._listeners.event(event)
        elif self._venue.simulator is None:
            self._venue.first(event)
        else:
            self._prices.put_nowait(event)

    def _report_inside(self, report: Report) -> None:
        if not (isinstance(report, StreamReported) and report.stream == PUBLIC):
            self._listeners.report(report)
