"""MD-3: each message has the exchange's time, the feed's receive time, a number and its source."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from botrunner.domain.events import QuoteChanged
from botrunner.domain.market import Quote
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.market_data import (
    BookChanged,
    CandleChanged,
    MarketData,
    Source,
    TradePrinted,
)
from botrunner.exchanges.port import (
    ClockReported,
    Exchange,
    Listeners,
    PricesReported,
    PublicTopics,
    StreamReported,
    TopicsReported,
)
from botrunner.exchanges.stream_effects import StreamState
from botrunner.marketdata import heard, wire
from botrunner.marketdata.hub import Broadcast, Hub
from botrunner.marketdata.upstream import AGAIN_SECONDS, Upstream
from botrunner.marketdata.wire import BookSaid, CandleSaid, MarketSaid, QuoteSaid, TradeSaid
from botrunner.service.clock import ManualClock
from support.feeds import QUEUED, REPLACED, SYMBOL, adapter, until
from support.said import said_in
from support.silent_exchange import SilentExchange

RECEIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)
THEN = RECEIVED - timedelta(milliseconds=250)
"""The exchange's time of every message here."""
ONE = Decimal(1)
TRADE = TradePrinted(
    symbol=SYMBOL, trade_id="t1", price=ONE, quantity=ONE, taker_buys=True, at=THEN
)
BOOK = BookChanged(
    symbol=SYMBOL, depth=50, bids=((ONE, ONE),), asks=((Decimal(2), ONE),), update=7, at=THEN
)
CANDLE = CandleChanged(
    symbol=SYMBOL,
    interval="1",
    start=RECEIVED - timedelta(seconds=30),
    open=ONE,
    high=ONE,
    low=ONE,
    close=ONE,
    volume=ONE,
    turnover=ONE,
    is_closed=False,
    at=THEN,
)
QUOTE = Quote(bid=ONE, ask=ONE, last=ONE, mark=ONE, at=THEN)


class Desk:
    """An upstream whose exchange is the test itself; what it says is written down."""

    def __init__(self) -> None:
        self.said: list[MarketSaid] = []
        self.late: list[float] = []
        self.upstream = Upstream(
            self._make,
            Hub(QUEUED, REPLACED),
            self._tell,
            ManualClock(RECEIVED),
            symbol=SYMBOL,
            topics=PublicTopics(),
            measured=self.late.append,
        )

    def _make(self, listeners: Listeners) -> Exchange:
        self.listeners = listeners
        nowhere = "http://127.0.0.1:9"
        return adapter(
            Endpoints(rest=nowhere, public_stream=nowhere, private_stream=nowhere), listeners
        )

    def _tell(self, message: Broadcast) -> None:
        said = said_in(message.frame)
        assert isinstance(said, MarketSaid)
        self.said.append(said)


@pytest.mark.parametrize(
    ("data", "kind"), [(TRADE, TradeSaid), (BOOK, BookSaid), (CANDLE, CandleSaid)]
)
def test_what_the_exchange_says_keeps_its_time_beside_that_of_its_receipt(
    data: MarketData, kind: type[MarketSaid]
) -> None:
    desk = Desk()
    desk.listeners.market(data)
    desk.listeners.market(data)
    first, second = desk.said

    assert isinstance(first, kind)
    assert wire.moment(first.exchange_time_us or 0) == THEN
    assert wire.moment(first.feed_time_us) == RECEIVED
    assert (first.number, second.number, first.source) == (1, 2, Source.STREAM)
    assert desk.late == [0.25, 0.25]
    assert (desk.upstream.state.messages, desk.upstream.state.exchange_at) == (2, THEN)


def test_a_quote_says_too_whether_it_came_by_stream_or_by_rest() -> None:
    desk = Desk()
    for source in (Source.STREAM, Source.REST):
        desk.listeners.report(PricesReported(symbol=SYMBOL, source=source, at=RECEIVED))
        desk.listeners.event(QuoteChanged(symbol=SYMBOL, quote=QUOTE))
    quotes = [said for said in desk.said if isinstance(said, QuoteSaid)]

    assert [(said.number, said.source) for said in quotes] == [(1, Source.STREAM), (2, Source.REST)]
    assert {wire.moment(said.exchange_time_us) for said in quotes} == {THEN}
    assert {wire.moment(said.feed_time_us) for said in quotes} == {RECEIVED}


def test_the_delay_is_measured_by_the_exchanges_clock() -> None:
    """Its clock is 0.1 s ahead, so that a message of its 11:59:59.750 is 0.35 s old."""
    desk = Desk()
    desk.listeners.report(ClockReported(offset_seconds=0.1, at=RECEIVED))
    desk.listeners.market(TRADE)

    assert desk.late == [pytest.approx(0.35)]


def test_a_stream_is_lost_once_however_often_it_fails_to_come_back() -> None:
    desk = Desk()
    connecting, connected = StreamState.CONNECTING, StreamState.CONNECTED
    lost = StreamState.RECONNECTING
    for state in (connecting, lost, connected, lost, lost, connected, lost, connected):
        desk.listeners.report(
            StreamReported(stream="public", state=state, reason="", attempt=0, at=RECEIVED)
        )

    assert desk.upstream.state.reconnects == 2


async def test_a_symbol_that_the_exchange_refuses_is_asked_for_again_until_it_has_a_price() -> None:
    """MD-10: a refusal may pass, and nobody restarts a feed for it."""
    made, beats = list[SilentExchange](), list[Broadcast]()
    clock = ManualClock(RECEIVED)

    def make(listeners: Listeners) -> Exchange:
        made.append(SilentExchange(listeners))
        return made[-1]

    upstream = Upstream(
        make, Hub(QUEUED, REPLACED), beats.append, clock, symbol=SYMBOL, topics=PublicTopics()
    )
    running = asyncio.ensure_future(upstream.run(0.5))
    await until(lambda: beats, "it runs")
    refused = TopicsReported(symbol=SYMBOL, topics=(), message="handler not found", at=RECEIVED)
    made[0].told.report(refused)
    await clock.advance(timedelta(seconds=AGAIN_SECONDS - 1))
    before = len(made[0].watched)
    await clock.advance(timedelta(seconds=1))
    again, problem = list(made[0].watched), upstream.state.problem
    made[0].told.event(QuoteChanged(symbol=SYMBOL, quote=QUOTE))
    await clock.advance(timedelta(seconds=3 * AGAIN_SECONDS))
    running.cancel()
    await asyncio.wait((running,))

    assert (before, again) == (1, [(SYMBOL,), (SYMBOL,)])
    assert problem == f"{SYMBOL}: handler not found"
    assert (len(made[0].watched), upstream.state.problem) == (2, "")


def test_a_runner_gets_the_exchanges_time_of_all_of_it() -> None:
    desk = Desk()
    for data in (TRADE, BOOK, CANDLE):
        desk.listeners.market(data)
    trade, book, candle = desk.said
    assert isinstance(trade, TradeSaid)
    assert isinstance(book, BookSaid)
    assert isinstance(candle, CandleSaid)

    assert heard.trade_printed(SYMBOL, trade) == TRADE
    assert heard.book_changed(SYMBOL, book, 50) == BOOK
    assert heard.candle_changed(SYMBOL, candle) == CANDLE
