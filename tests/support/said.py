"""Messages of a feed for tests, each told apart from every other by its values."""

from decimal import Decimal

from botrunner.exchanges.market_data import Source
from botrunner.marketdata.wire import (
    BookSaid,
    CandleSaid,
    FeedFrame,
    QuoteSaid,
    TradeSaid,
    UpstreamSaid,
    microseconds,
    read_feed,
)
from botrunner.service.clock import SystemClock

NOON_US = 1_767_268_800_000_000
"""2026-01-01 12:00 UTC."""


def quote_said(count: int, source: Source = Source.STREAM) -> QuoteSaid:
    """The quote number ``count``: bid 1.count, a tick below the ask."""
    bid = Decimal(f"1.{count:06d}")
    return QuoteSaid(
        exchange_time_us=NOON_US + count,
        feed_time_us=NOON_US + count + 5,
        source=source,
        bid=bid,
        ask=bid + Decimal("0.000001"),
        last=bid,
        mark=bid,
    )


def quote_now(price: str) -> QuoteSaid:
    """A quote of this moment, all its prices the same."""
    now, number = microseconds(SystemClock().now()), Decimal(price)
    return QuoteSaid(
        exchange_time_us=now,
        feed_time_us=now,
        source=Source.STREAM,
        bid=number,
        ask=number,
        last=number,
        mark=number,
    )


def book_said(count: int, levels: int = 2, *, crossed: bool = False) -> BookSaid:
    """The book number ``count``."""
    step = Decimal("0.01")
    best = Decimal(100) + (2 * step if crossed else 0)
    return BookSaid(
        exchange_time_us=NOON_US + count,
        feed_time_us=NOON_US + count + 5,
        source=Source.STREAM,
        depth=levels,
        update=count,
        bids=tuple((best - step * n, Decimal(count)) for n in range(levels)),
        asks=tuple((Decimal(100) + step * (n + 1), Decimal(count)) for n in range(levels)),
    )


def trade_said(count: int) -> TradeSaid:
    """The trade number ``count``."""
    return TradeSaid(
        exchange_time_us=NOON_US + count,
        feed_time_us=NOON_US + count + 5,
        source=Source.STREAM,
        trade_id=f"t{count}",
        price=Decimal("1.5"),
        quantity=Decimal(count),
        taker_buys=count % 2 == 0,
    )


def candle_said(count: int, *, is_closed: bool, interval: str = "1") -> CandleSaid:
    """A candle that begins ``count`` minutes after noon."""
    return CandleSaid(
        exchange_time_us=NOON_US + count,
        feed_time_us=NOON_US + count + 5,
        source=Source.STREAM,
        interval=interval,
        start_us=NOON_US + count * 60_000_000,
        open=Decimal(1),
        high=Decimal(3),
        low=Decimal(1),
        close=Decimal(2),
        volume=Decimal(count),
        turnover=Decimal(count) * 2,
        is_closed=is_closed,
    )


def upstream_said(count: int) -> UpstreamSaid:
    """The heartbeat number ``count``."""
    return UpstreamSaid(
        exchange_time_us=NOON_US + count,
        feed_time_us=NOON_US + count + 5,
        source=Source.STREAM,
        state="connected",
        reconnects=0,
    )


def payload_of(frame: bytes) -> bytes:
    """What one unmasked WebSocket frame carries."""
    length = frame[1]
    if length < 126:
        return frame[2:]
    return frame[4:] if length == 126 else frame[10:]


def said_in(frame: bytes) -> FeedFrame:
    """The message in one WebSocket frame; of a kind that is known."""
    message = read_feed(payload_of(frame))
    assert message is not None
    return message
