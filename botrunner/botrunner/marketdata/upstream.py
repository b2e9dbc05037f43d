"""From the exchange's adapter to the hub: what it tells becomes messages of the feed.

The adapter checks the book's sequence, polls by REST what its stream is silent about and
reconnects; here its words get their source and their two times, and the heartbeat goes out.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, assert_never

from botrunner.domain.control import Event
from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.market_data import (
    BookChanged,
    CandleChanged,
    MarketData,
    Source,
    TradePrinted,
)
from botrunner.exchanges.port import (
    ClockReported,
    Listeners,
    MakeAdapter,
    MessageRefused,
    PricesReported,
    PublicTopics,
    Report,
    StreamReported,
    TopicsReported,
)
from botrunner.marketdata.hub import Broadcast, Hub
from botrunner.marketdata.upstream_state import UpstreamState
from botrunner.marketdata.wire import (
    BookSaid,
    CandleSaid,
    MarketSaid,
    QuoteSaid,
    TradeSaid,
    UpstreamSaid,
    microseconds,
)
from botrunner.service.clock import Clock

Tell = Callable[[Broadcast], None]
AGAIN_SECONDS = 60.0
"""After so long a symbol is asked for again that the exchange has refused to tell of."""


class Upstream:
    """One symbol's. ``measured`` gets the seconds from the exchange's time to the receipt."""

    def __init__(
        self,
        make: MakeAdapter,
        hub: Hub,
        tell: Tell,
        clock: Clock,
        *,
        symbol: str,
        topics: PublicTopics,
        measured: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._hub, self._tell, self._clock = hub, tell, clock
        self._symbol, self._topics = symbol, topics
        self._asked_at = clock.monotonic()
        self._measured = measured
        self._exchange = make(
            Listeners(event=self._event, market=self._market, report=self._report)
        )
        self.state = UpstreamState(quote_seconds=clock.monotonic())

    async def run(self, heartbeat_seconds: float) -> None:
        """Follow the symbol until cancelled."""
        self._exchange.watch([self._symbol], self._topics)
        work: tuple[Coroutine[Any, Any, None], ...] = (
            self._exchange.run(),
            self._beat(heartbeat_seconds),
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in work:
                    tasks.create_task(each)
        finally:
            await self._exchange.close()

    async def _beat(self, seconds: float) -> None:
        while True:
            self._say(self._upstream())
            self._ask_again()
            await self._clock.sleep(seconds)

    def _ask_again(self) -> None:
        now = self._clock.monotonic()
        if self.state.problem and now - self._asked_at >= AGAIN_SECONDS:
            self._asked_at = now
            self._exchange.watch([self._symbol], self._topics)

    def _event(self, event: Event) -> None:
        if isinstance(event, QuoteChanged):
            now = self._clock.now()
            self.state.quoted_at, self.state.problem = now, ""
            self.state.quote_seconds = self._clock.monotonic()
            said = _quote_said(event, self.state.source, microseconds(now))
            self._heard(said, event.quote.at, now)

    def _market(self, data: MarketData) -> None:
        now = self._clock.now()
        received = microseconds(now)
        match data:
            case QuoteChanged():
                return
            case TradePrinted():
                self._heard(_trade_said(data, received), data.at, now)
            case BookChanged():
                self._heard(_book_said(data, received), data.at, now)
            case CandleChanged():
                self._heard(_candle_said(data, received), data.at, now)
            case _:
                assert_never(data)

    def _report(self, report: Report) -> None:
        state = self.state
        match report:
            case StreamReported():
                state.reconnects += state.is_lost_by(report.state)
                state.state = report.state
                self._say(self._upstream())
            case PricesReported():
                state.source = report.source
                self._say(self._upstream())
            case TopicsReported():
                state.problem = f"{report.symbol}: {report.message}"
                self._asked_at = self._clock.monotonic()
            case MessageRefused():
                state.refused_messages += 1
            case ClockReported():
                state.clock_offset_seconds = report.offset_seconds
            case _:
                return

    def _heard(self, said: MarketSaid, at: datetime, now: datetime) -> None:
        state = self.state
        state.messages += 1
        if state.exchange_at is None or at > state.exchange_at:
            state.exchange_at = at
        late = (now - at).total_seconds() + state.clock_offset_seconds
        self._measured(max(0.0, late))
        self._say(said)

    def _say(self, said: MarketSaid) -> None:
        self._tell(self._hub.publish(said))

    def _upstream(self) -> UpstreamSaid:
        state = self.state
        return UpstreamSaid(
            exchange_time_us=None if state.exchange_at is None else microseconds(state.exchange_at),
            feed_time_us=microseconds(self._clock.now()),
            source=state.source,
            state=state.state.value,
            reconnects=state.reconnects,
        )


def _quote_said(event: QuoteChanged, source: Source, received_us: int) -> QuoteSaid:
    quote = event.quote
    return QuoteSaid(
        exchange_time_us=microseconds(quote.at),
        feed_time_us=received_us,
        source=source,
        bid=quote.bid,
        ask=quote.ask,
        last=quote.last,
        mark=quote.mark,
    )


def _trade_said(trade: TradePrinted, received_us: int) -> TradeSaid:
    return TradeSaid(
        exchange_time_us=microseconds(trade.at),
        feed_time_us=received_us,
        source=Source.STREAM,
        trade_id=trade.trade_id,
        price=trade.price,
        quantity=trade.quantity,
        taker_buys=trade.taker_buys,
    )


def _book_said(book: BookChanged, received_us: int) -> BookSaid:
    return BookSaid(
        exchange_time_us=microseconds(book.at),
        feed_time_us=received_us,
        source=Source.STREAM,
        depth=book.depth,
        update=book.update,
        bids=book.bids,
        asks=book.asks,
    )


def _candle_said(candle: CandleChanged, received_us: int) -> CandleSaid:
    return CandleSaid(
        exchange_time_us=microseconds(candle.at),
        feed_time_us=received_us,
        source=Source.STREAM,
        interval=candle.interval,
        start_us=microseconds(candle.start),
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
        turnover=candle.turnover,
        is_closed=candle.is_closed,
    )
