"""Quotes and order books out of snapshots and deltas (MD-5, EX-10)."""

from decimal import Decimal as D
from typing import Any

import pytest

from botrunner.exchanges.bybit.book import GapError, LocalBook
from botrunner.exchanges.bybit.quotes import QuoteKeeper, ticker_quote
from botrunner.exchanges.errors import MessageError
from botrunner.exchanges.market_data import BookChanged

SNAPSHOT = {
    "bid1Price": "0.99",
    "ask1Price": "1.01",
    "lastPrice": "1.00",
    "markPrice": "1.00",
}


def ticker(kind: str, ts: int, **data: str) -> dict[str, Any]:
    return {"topic": "tickers.X", "type": kind, "ts": ts, "data": data}


def book_frame(
    kind: str, update: int, bids: list[list[str]], asks: list[list[str]], ts: int = 1_000
) -> dict[str, Any]:
    return {"type": kind, "ts": ts, "data": {"b": bids, "a": asks, "u": update}}


def top(bid: str, ask: str, ts: int) -> BookChanged:
    found = LocalBook("X", 1).apply(book_frame("snapshot", 5, [[bid, "1"]], [[ask, "1"]], ts))
    assert found is not None
    return found


def test_a_delta_before_the_snapshot_gives_no_quote() -> None:
    assert QuoteKeeper().ticker(ticker("delta", 1_000, lastPrice="1")) is None


def test_an_absent_field_is_as_it_was() -> None:
    keeper = QuoteKeeper()
    keeper.ticker(ticker("snapshot", 1_000, **SNAPSHOT))
    quote = keeper.ticker(ticker("delta", 1_100, lastPrice="1.005"))

    assert quote is not None
    assert (quote.bid, quote.ask, quote.last) == (D("0.99"), D("1.01"), D("1.005"))
    assert quote.at.microsecond == 100_000


def test_the_top_of_the_book_stands_above_the_tickers_best_prices() -> None:
    keeper = QuoteKeeper()
    keeper.ticker(ticker("snapshot", 1_000, **SNAPSHOT))
    quote = keeper.book(top("0.999", "1.001", 1_010))
    after = keeper.ticker(ticker("delta", 1_100, bid1Price="0.98", markPrice="1.002"))

    assert quote is not None
    assert after is not None
    assert (quote.bid, quote.ask) == (D("0.999"), D("1.001"))
    assert (after.bid, after.mark) == (D("0.999"), D("1.002"))


def test_a_book_that_stopped_yields_to_the_ticker_after_five_seconds() -> None:
    keeper = QuoteKeeper()
    keeper.ticker(ticker("snapshot", 1_000, **SNAPSHOT))
    keeper.book(top("0.999", "1.001", 1_000))
    quote = keeper.ticker(ticker("delta", 6_001, lastPrice="1.0"))

    assert quote is not None
    assert quote.bid == D("0.99")


@pytest.mark.parametrize(
    "data",
    [
        {**SNAPSHOT, "bid1Price": "1.02"},
        {**SNAPSHOT, "markPrice": ""},
        {**SNAPSHOT, "lastPrice": "-1"},
        {**SNAPSHOT, "lastPrice": "NaN"},
    ],
)
def test_a_ticker_that_cannot_be_changes_nothing(data: dict[str, str]) -> None:
    """EX-10."""
    keeper = QuoteKeeper()
    keeper.ticker(ticker("snapshot", 1_000, **SNAPSHOT))
    with pytest.raises(MessageError):
        keeper.ticker(ticker("delta", 1_100, **data))
    quote = keeper.ticker(ticker("delta", 1_200))

    assert quote is not None
    assert (quote.bid, quote.last) == (D("0.99"), D("1.00"))


def test_a_quote_by_rest_carries_the_answers_own_time() -> None:
    assert ticker_quote(SNAPSHOT, 2_000).at.second == 2
    with pytest.raises(MessageError, match="time"):
        ticker_quote(SNAPSHOT, None)


def test_a_missing_update_empties_the_book_until_a_snapshot_comes() -> None:
    """MD-5."""
    book = LocalBook("X", 50)
    book.apply(book_frame("snapshot", 10, [["1", "1"]], [["2", "1"]]))
    with pytest.raises(GapError, match="u: 12 does not follow 10"):
        book.apply(book_frame("delta", 12, [], []))

    assert book.apply(book_frame("delta", 13, [], [])) is None
    restored = book.apply(book_frame("snapshot", 20, [["1", "3"]], [["2", "1"]]))
    assert restored is not None
    assert restored.bids == ((D(1), D(3)),)


def test_a_crossed_book_is_never_served() -> None:
    book = LocalBook("X", 50)
    book.apply(book_frame("snapshot", 10, [["1", "1"]], [["2", "1"]]))

    with pytest.raises(GapError, match="above the ask"):
        book.apply(book_frame("delta", 11, [["2.1", "1"]], []))


def test_a_level_of_quantity_zero_is_gone_and_update_one_starts_anew() -> None:
    book = LocalBook("X", 50)
    book.apply(book_frame("snapshot", 10, [["1", "1"], ["0.9", "1"]], [["2", "1"]]))
    shorter = book.apply(book_frame("delta", 11, [["1", "0"]], []))
    restarted = book.apply(book_frame("delta", 1, [["0.5", "7"]], [["3", "1"]]))

    assert shorter is not None
    assert restarted is not None
    assert shorter.bids == ((D("0.9"), D(1)),)
    assert restarted.bids == ((D("0.5"), D(7)),)


@pytest.mark.parametrize("level", [["1"], ["0", "1"], ["1", "-1"], [1, 2], "1"])
def test_a_level_that_cannot_be_is_refused(level: Any) -> None:
    with pytest.raises(MessageError, match="b: a level"):
        LocalBook("X", 50).apply(book_frame("snapshot", 1, [level], []))
