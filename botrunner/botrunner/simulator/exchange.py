"""The venue at work: real time, the accounts and the public record around the pure matching.

Rule 1: every change of the venue goes through ``apply``, so that nobody misses its events.
Rule 2: the venue's time never goes back, even when the machine's clock does.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from botrunner.domain.instrument import Instrument
from botrunner.service.clock import Clock
from botrunner.simulator.bybit.codes import RefusedError, parameter_error
from botrunner.simulator.bybit.market import TickerView
from botrunner.simulator.bybit.wire import milliseconds
from botrunner.simulator.klines import PastPrice
from botrunner.simulator.market import FundingRecord, Past, SymbolMarket
from botrunner.simulator.price_source import PriceSource, PriceStep
from botrunner.simulator.settings import SimulatorSettings
from botrunner.venue.commands import (
    Command,
    MovePrice,
    OpenAccount,
    PrintTrade,
    SetBook,
    SettleFunding,
)
from botrunner.venue.events import Outcome, PublicTrade
from botrunner.venue.exchange import Venue
from botrunner.venue.settings import FeeRates, VenueSettings
from botrunner.venue.views import BookView, PriceBand
from botrunner.venue.vocabulary import Side

Listener = Callable[[Outcome, datetime], None]
"""Hears of every outcome with events, after the public record has taken it in."""
T = TypeVar("T")
QUIET_FUNDING_RATE = Decimal("0.0001")


class Exchange:
    """One venue in real time. Belongs to one event loop; nothing here waits."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._latest = clock.now()
        self._names: set[str] = set()
        self._listeners: list[Listener] = []
        self._touch_listeners: list[Callable[[str], None]] = []
        self.opened_at = self._latest
        self.instruments: Mapping[str, Instrument] = _served(settings)
        fees = FeeRates(maker=settings.maker_fee_rate, taker=settings.taker_fee_rate)
        self.venue = Venue(tuple(self.instruments.values()), VenueSettings(fees=fees))
        self.markets: Mapping[str, SymbolMarket] = {
            symbol: SymbolMarket(
                instrument,
                settings.funding_rates.get(symbol, QUIET_FUNDING_RATE),
                _past(settings.source, symbol, self._latest, settings.speed),
            )
            for symbol, instrument in self.instruments.items()
        }

    def now(self) -> datetime:
        """The venue's time: the clock's, but never back."""
        self._latest = max(self._latest, self._clock.now())
        return self._latest

    def now_ms(self) -> int:
        """The venue's time in ms since the epoch."""
        return milliseconds(self.now())

    def listen(self, listener: Listener) -> None:
        """Hear of every outcome from now on."""
        self._listeners.append(listener)

    def listen_to_prices(self, listener: Callable[[str], None]) -> None:
        """Hear, by symbol, that prices or the book may have moved."""
        self._touch_listeners.append(listener)

    def apply(self, command: Command) -> Outcome:
        """Let the venue handle a command now, and everybody hear of it."""
        at = self.now()
        outcome = self.venue.handle(command, at=at)
        touched: dict[str, None] = {}
        for event in outcome.events:
            if isinstance(event, PublicTrade):
                self.markets[event.symbol].take_trade(event)
                touched[event.symbol] = None
        if outcome.events:
            for listener in self._listeners:
                listener(outcome, at)
        for symbol in touched:
            self.tell_price_listeners(symbol)
        return outcome

    def take_step(self, step: PriceStep) -> None:
        """Move the outside world by one step of a price source."""
        self.markets[step.symbol].take_step(step, self.now())
        if step.bids is not None and step.asks is not None:
            self.apply(SetBook(symbol=step.symbol, bids=step.bids, asks=step.asks, snapshot=True))
        self.apply(
            MovePrice(
                symbol=step.symbol,
                last=step.last,
                mark=step.mark,
                index=step.index,
                bid=step.bid,
                ask=step.ask,
            )
        )
        if step.trade is not None:
            self.apply(
                PrintTrade(
                    symbol=step.symbol,
                    price=step.trade.price,
                    quantity=step.trade.quantity,
                    taker_side=Side(step.trade.side),
                )
            )
        self.tell_price_listeners(step.symbol)

    def settle_funding(self, symbol: str) -> None:
        """Charge the symbol's funding now."""
        market = self.markets[symbol]
        market.funding.append(FundingRecord(rate=market.funding_rate, at=self.now()))
        self.apply(SettleFunding(symbol=symbol, rate=market.funding_rate))
        self.tell_price_listeners(symbol)

    def open_account(self, name: str) -> None:
        """Open the account unless it is open."""
        if name not in self._names:
            self._names.add(name)
            balance = self._settings.balances.get(name, self._settings.initial_balance)
            self.apply(OpenAccount(account=name, balance=balance))

    @property
    def account_names(self) -> tuple[str, ...]:
        """Open accounts, by name."""
        return tuple(sorted(self._names))

    def instrument(self, symbol: str) -> Instrument:
        """The contract of that name; raises RefusedError as the venue does for an unknown one."""
        found = self.instruments.get(symbol)
        if found is None:
            raise parameter_error("params error: symbol invalid")
        return found

    def ticker(self, symbol: str) -> TickerView:
        """The symbol's ticker as it stands."""
        return self.markets[symbol].ticker(
            _present(self.venue.prices(symbol)),
            self.book(symbol, 1),
            self.venue.open_interest(symbol),
            self.now(),
        )

    def book(self, symbol: str, depth: int) -> BookView:
        """The outside book, at most ``depth`` levels a side."""
        return _present(self.venue.book(symbol, depth))

    def price_band(self, symbol: str) -> PriceBand:
        """The band that limit prices are held to."""
        return _present(self.venue.price_band(symbol))

    def tell_price_listeners(self, symbol: str) -> None:
        """Let everybody look again who hears of prices."""
        for listener in self._touch_listeners:
            listener(symbol)


def _present(view: T | None) -> T:
    if view is None:
        raise RefusedError(110074, "This contract is not live")
    return view


def _served(settings: SimulatorSettings) -> Mapping[str, Instrument]:
    known = {instrument.symbol: instrument for instrument in settings.instruments}
    strange = sorted(set(settings.source.symbols) - set(known))
    if strange:
        raise ValueError(f"source.symbols: no instrument is defined for {', '.join(strange)}")
    return {symbol: known[symbol] for symbol in settings.source.symbols}


def _past(source: PriceSource, symbol: str, start: datetime, speed: Decimal) -> Past:
    def prices(read: Callable[[PriceStep], Decimal], *, traded: bool) -> Iterator[PastPrice]:
        for step in source.past(symbol):
            quantity = step.trade.quantity if traded and step.trade else Decimal(0)
            back = timedelta(seconds=float(Decimal(step.offset.total_seconds()) / speed))
            yield PastPrice(at=start + back, price=read(step), quantity=quantity)

    return Past(
        last=prices(lambda step: step.last, traded=True),
        mark=prices(lambda step: step.mark, traded=False),
        index=prices(lambda step: step.index, traded=False),
    )
