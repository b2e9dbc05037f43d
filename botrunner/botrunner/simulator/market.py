"""What everybody can see of one symbol: candles, trades, the day's figures, funding."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.bybit.candle import DAY_MS, MINUTE_MS, Bar
from botrunner.simulator.bybit.market import TickerView
from botrunner.simulator.bybit.wire import EPOCH, milliseconds
from botrunner.simulator.klines import BarSeries, PastPrice
from botrunner.simulator.price_source import PriceStep
from botrunner.venue.events import PublicTrade
from botrunner.venue.views import BookView, PricesView

RECENT_TRADES = 1000
FUNDING_RECORDS = 1000
_HOUR_MS = 60 * MINUTE_MS
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRecord:
    """A funding rate that was settled."""

    rate: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Prices before the start, newest first, one iterator a price."""

    last: Iterator[PastPrice]
    mark: Iterator[PastPrice]
    index: Iterator[PastPrice]


@dataclass(slots=True)
class _Day:
    """Figures of the last 24 hours but for the running minute; renewed each minute."""

    minute: int
    high: Decimal
    low: Decimal
    volume: Decimal
    turnover: Decimal
    day_ago: Decimal
    hour_ago: Decimal


class SymbolMarket:
    """The public record of one symbol."""

    def __init__(self, instrument: Instrument, funding_rate: Decimal, past: Past) -> None:
        self.instrument = instrument
        self.funding_rate = funding_rate
        """Fraction per interval, settled at the next settlement."""
        self.last = BarSeries(past.last)
        self.mark = BarSeries(past.mark)
        self.index = BarSeries(past.index)
        self.trades: deque[PublicTrade] = deque(maxlen=RECENT_TRADES)
        self.funding: deque[FundingRecord] = deque(maxlen=FUNDING_RECORDS)
        self.rising = True
        """Whether the last change of the last price was a rise."""
        self._last_price = _ZERO
        self._day: _Day | None = None

    def take_step(self, step: PriceStep, at: datetime) -> None:
        """Record a step of the price path."""
        at_ms = milliseconds(at)
        self._note(step.last)
        self.last.add(at_ms, step.last)
        self.mark.add(at_ms, step.mark)
        self.index.add(at_ms, step.index)

    def take_trade(self, trade: PublicTrade) -> bool:
        """Record a trade; True when it was a rise, or level after a rise."""
        self._note(trade.price)
        self.trades.append(trade)
        self.last.add(milliseconds(trade.at), trade.price, trade.quantity)
        return self.rising

    def next_funding_at(self, now: datetime) -> datetime:
        """The next settlement: whole intervals since the epoch, UTC."""
        interval = timedelta(minutes=self.instrument.funding_interval_minutes)
        return now + interval - (now - EPOCH) % interval

    def ticker(
        self, prices: PricesView, book: BookView, open_interest: Decimal, now: datetime
    ) -> TickerView:
        """The ticker as it stands."""
        now_ms = milliseconds(now)
        running = self.last.running("1", now_ms) or _flat(prices.last)
        day = self._figures(running, now_ms)
        return TickerView(
            last=prices.last,
            mark=prices.mark,
            index=prices.index,
            bid=book.bids[0] if book.bids else None,
            ask=book.asks[0] if book.asks else None,
            last_24h_ago=day.day_ago,
            last_1h_ago=day.hour_ago,
            high_24h=max(day.high, running.high),
            low_24h=min(day.low, running.low),
            volume_24h=day.volume + running.volume,
            turnover_24h=day.turnover + running.turnover,
            open_interest=open_interest,
            funding_rate=self.funding_rate,
            next_funding_at=self.next_funding_at(now),
            rising=self.rising,
        )

    def _note(self, price: Decimal) -> None:
        if self._last_price and price != self._last_price:
            self.rising = price > self._last_price
        self._last_price = price

    def _figures(self, running: Bar, now_ms: int) -> _Day:
        minute = now_ms - now_ms % MINUTE_MS
        if self._day is None or self._day.minute != minute:
            self._day = self._day_before(minute, running.open)
        return self._day

    def _day_before(self, minute: int, first: Decimal) -> _Day:
        bars = [bar for bar in self.last.minutes_since(minute - DAY_MS) if bar.start_ms < minute]
        if not bars:
            return _Day(minute, first, first, _ZERO, _ZERO, first, first)
        hour = [bar for bar in bars if bar.start_ms >= minute - _HOUR_MS] or bars[:1]
        return _Day(
            minute,
            max(bar.high for bar in bars),
            min(bar.low for bar in bars),
            sum((bar.volume for bar in bars), _ZERO),
            sum((bar.turnover for bar in bars), _ZERO),
            bars[-1].open,
            hour[-1].open,
        )


def _flat(price: Decimal) -> Bar:
    return Bar(start_ms=0, open=price, high=price, low=price, close=price)
