"""One symbol's quote out of ticker snapshots, ticker deltas and the top of the book. Pure.

Bybit V5: a delta of ``tickers`` holds what changed; an absent field is as it was. Level 1 of the
book comes ten times as often as the ticker, so its best prices stand until the ticker is 5 s ahead
of them. The two are never mixed within one pair, so a mixture cannot look like a crossed market.
"""

from botrunner.domain.market import Quote
from botrunner.exchanges.bybit import fields, mapper_market
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.errors import MessageError
from botrunner.exchanges.market_data import BookChanged

_PRICES = ("bid1Price", "ask1Price", "lastPrice", "markPrice")
_BOOK_STANDS_MS = 5_000


class QuoteKeeper:
    """Merges what is said about one symbol's prices."""

    def __init__(self) -> None:
        self._row: dict[str, object] = {}
        self._row_ms = 0
        self._best: dict[str, object] = {}
        self._best_ms = 0

    def ticker(self, frame: Row) -> Quote | None:
        """The quote after a ticker frame; None while a price is missing (before the snapshot)."""
        data, at_ms = fields.part(frame, "data"), fields.integer(frame, "ts")
        fresh = {key: data[key] for key in _PRICES if key in data}
        for key in fresh:
            fields.positive(fresh, key)
        row = fresh if frame.get("type") == "snapshot" else {**self._row, **fresh}
        quote = self._quote(row, at_ms)
        self._row, self._row_ms = row, at_ms
        return quote

    def book(self, book: BookChanged) -> Quote | None:
        """The quote with the book's best prices; a book with an empty side changes nothing."""
        if not book.bids or not book.asks:
            return None
        self._best = {"bid1Price": str(book.bids[0][0]), "ask1Price": str(book.asks[0][0])}
        self._best_ms = fields.milliseconds(book.at)
        return self._quote(self._row, self._row_ms)

    def reset(self) -> None:
        """Forget everything, as after a reconnect."""
        self._row, self._row_ms = {}, 0
        self._best, self._best_ms = {}, 0

    def _quote(self, row: dict[str, object], row_ms: int) -> Quote | None:
        at_ms = row_ms
        if self._best and self._best_ms >= row_ms - _BOOK_STANDS_MS:
            row, at_ms = {**row, **self._best}, max(row_ms, self._best_ms)
        if not all(key in row for key in _PRICES):
            return None
        return mapper_market.quote(row, fields.moment({"ts": at_ms}, "ts"))


def ticker_quote(row: Row, at_ms: object) -> Quote:
    """The quote of a whole REST ticker row, at the answer's own time."""
    if not isinstance(at_ms, int):
        raise MessageError(f"time: {at_ms!r} is not a time")
    return mapper_market.quote(row, fields.moment({"time": at_ms}, "time"))
