"""A feed's messages as the values that the runner knows; what cannot be is refused. Pure.

On one connection the feed says itself what is missing (``gap``); between two the numbers tell.
"""

from decimal import Decimal

from botrunner.domain.events import QuoteChanged
from botrunner.domain.market import Quote
from botrunner.exchanges.market_data import BookChanged, CandleChanged, TradePrinted
from botrunner.marketdata import wire
from botrunner.marketdata.wire import BookSaid, CandleSaid, Gap, QuoteSaid, TradeSaid, WireError

_MOST_DIGITS = 40
"""Before or behind the point; no price has more, and arithmetic beyond the context fails."""


def quote_changed(symbol: str, said: QuoteSaid) -> QuoteChanged:
    """Raises WireError for prices that cannot be."""
    _check(bid=said.bid, ask=said.ask, last=said.last, mark=said.mark)
    if said.bid > said.ask:
        raise WireError(f"quote: the bid of {said.bid} is above the ask of {said.ask}")
    at = wire.moment(said.exchange_time_us)
    quote = Quote(bid=said.bid, ask=said.ask, last=said.last, mark=said.mark, at=at)
    return QuoteChanged(symbol=symbol, quote=quote)


def book_changed(symbol: str, said: BookSaid, depth: int) -> BookChanged:
    """With at most ``depth`` levels a side. Raises WireError for a book that cannot be."""
    for price, quantity in (*said.bids, *said.asks):
        _check(price=price, quantity=quantity)
    if wire.is_crossed(said.bids, said.asks):
        raise WireError("book: bid and ask cross")
    return BookChanged(
        symbol=symbol,
        depth=depth,
        bids=said.bids[:depth],
        asks=said.asks[:depth],
        update=said.update,
        at=wire.moment(said.exchange_time_us),
    )


def trade_printed(symbol: str, said: TradeSaid) -> TradePrinted:
    """Raises WireError for a trade that cannot be."""
    _check(price=said.price, quantity=said.quantity)
    return TradePrinted(
        symbol=symbol,
        trade_id=said.trade_id,
        price=said.price,
        quantity=said.quantity,
        taker_buys=said.taker_buys,
        at=wire.moment(said.exchange_time_us),
    )


def candle_changed(symbol: str, said: CandleSaid) -> CandleChanged:
    """Raises WireError for a candle that cannot be."""
    _check(open=said.open, high=said.high, low=said.low, close=said.close)
    for amount in (said.volume, said.turnover):
        if not _is_number(amount) or amount < 0:
            raise WireError(f"candle: {amount} cannot be a volume")
    if said.low > min(said.open, said.close) or said.high < max(said.open, said.close):
        raise WireError("candle: its prices lie outside its extremes")
    return CandleChanged(
        symbol=symbol,
        interval=said.interval,
        start=wire.moment(said.start_us),
        open=said.open,
        high=said.high,
        low=said.low,
        close=said.close,
        volume=said.volume,
        turnover=said.turnover,
        is_closed=said.is_closed,
        at=wire.moment(said.exchange_time_us),
    )


def lost_by(said: Gap) -> int:
    """How many messages. Raises WireError for a gap that cannot be."""
    if not 0 < said.first <= said.last:
        raise WireError(f"gap: from {said.first} to {said.last} cannot be")
    return said.last - said.first + 1


class Sequence:
    """The last number heard of each topic whose messages do not replace each other."""

    def __init__(self) -> None:
        self._feed = ""
        self._last: dict[str, int] = {}

    def welcomed(self, feed: str) -> None:
        """A connection stands; ``feed`` names the start that serves, each of which counts anew."""
        if feed != self._feed:
            self._feed = feed
            self._last.clear()

    def told(self, gap: Gap) -> None:
        """The feed itself has said what is missing."""
        self._last[gap.topic] = gap.last

    def missed(self, said: TradeSaid | BookSaid | CandleSaid) -> int:
        """How many messages of its topic were never heard before this one."""
        match said:
            case BookSaid() | CandleSaid(is_closed=False):
                return 0
            case _:
                topic = wire.topic_of(said)
                before = self._last.get(topic, said.number - 1)
                self._last[topic] = said.number
                return max(0, said.number - before - 1)


def _check(**values: Decimal) -> None:
    for name, value in values.items():
        if not _is_number(value) or value <= 0:
            raise WireError(f"{name}: {value} cannot be")


def _is_number(value: Decimal) -> bool:
    return value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS
