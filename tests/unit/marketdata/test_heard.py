"""MD-5, EX-10: what a feed says becomes a value of the runner, or is refused; never an error."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from botrunner.marketdata import heard
from botrunner.marketdata.heard import Sequence
from botrunner.marketdata.wire import Gap, TradeSaid, WireError
from support.said import book_said, candle_said, quote_said, trade_said

NO_NUMBER = [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e999999999")]
NO_PRICE = [*NO_NUMBER, Decimal(0), Decimal(-1)]


@pytest.mark.parametrize("wrong", NO_PRICE, ids=str)
@pytest.mark.parametrize("name", ["bid", "ask", "last", "mark"])
def test_a_quote_of_what_is_no_price_is_refused(name: str, wrong: Decimal) -> None:
    changed: dict[str, Any] = {name: wrong}
    said = msgspec.structs.replace(quote_said(1), **changed)

    with pytest.raises(WireError):
        heard.quote_changed("XRPUSDT", said)


@pytest.mark.parametrize("wrong", NO_PRICE, ids=str)
@pytest.mark.parametrize("side", ["bids", "asks"])
def test_a_book_of_what_is_no_price_or_quantity_is_refused(side: str, wrong: Decimal) -> None:
    for level in ((wrong, Decimal(1)), (Decimal(100), wrong)):
        changed: dict[str, Any] = {side: (level,)}

        with pytest.raises(WireError):
            heard.book_changed("XRPUSDT", msgspec.structs.replace(book_said(1), **changed), 50)


def test_a_crossed_book_is_refused() -> None:
    """MD-5: whatever the feed has let through."""
    with pytest.raises(WireError, match="cross"):
        heard.book_changed("XRPUSDT", book_said(1, crossed=True), 50)


@pytest.mark.parametrize("wrong", NO_PRICE, ids=str)
@pytest.mark.parametrize("name", ["price", "quantity"])
def test_a_trade_of_what_is_no_price_or_quantity_is_refused(name: str, wrong: Decimal) -> None:
    changed: dict[str, Any] = {name: wrong}

    with pytest.raises(WireError):
        heard.trade_printed("XRPUSDT", msgspec.structs.replace(trade_said(1), **changed))


@pytest.mark.parametrize("wrong", [*NO_NUMBER, Decimal(-1)], ids=str)
@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume", "turnover"])
def test_a_candle_of_what_is_no_number_is_refused(name: str, wrong: Decimal) -> None:
    changed: dict[str, Any] = {name: wrong}
    said = msgspec.structs.replace(candle_said(1, is_closed=True), **changed)

    with pytest.raises(WireError):
        heard.candle_changed("XRPUSDT", said)


def test_a_candle_without_a_trade_is_one() -> None:
    said = msgspec.structs.replace(
        candle_said(1, is_closed=True), volume=Decimal(0), turnover=Decimal(0)
    )

    assert heard.candle_changed("XRPUSDT", said).volume == 0


def test_a_gap_says_how_many_are_lost() -> None:
    """MD-2."""
    assert heard.lost_by(Gap(topic="trades", first=3, last=9)) == 7


def numbered(number: int) -> TradeSaid:
    return msgspec.structs.replace(trade_said(1), number=number)


def test_trades_between_two_connections_are_missed_and_counted() -> None:
    """MD-3: by their numbers, for nobody else can tell."""
    sequence = Sequence()
    sequence.welcomed("one start")
    before = [sequence.missed(numbered(number)) for number in (7, 8)]
    sequence.welcomed("one start")

    assert (before, sequence.missed(numbered(12)), sequence.missed(numbered(13))) == ([0, 0], 3, 0)


def test_a_feed_that_starts_anew_counts_anew() -> None:
    """MD-3: its numbers are smaller, or larger; neither says anything."""
    for number in (1, 900):
        sequence = Sequence()
        sequence.welcomed("one start")
        sequence.missed(numbered(100))
        sequence.welcomed("another")

        assert sequence.missed(numbered(number)) == 0
        assert sequence.missed(numbered(number + 2)) == 1


def test_what_the_feed_has_told_of_is_not_missed_twice() -> None:
    """MD-2."""
    sequence = Sequence()
    sequence.missed(numbered(2))
    sequence.told(Gap(topic="trades", first=3, last=9))

    assert sequence.missed(numbered(10)) == 0


def test_topics_are_counted_apart_and_what_is_replaced_is_never_missed() -> None:
    sequence = Sequence()
    for number in (1, 5):
        closed = msgspec.structs.replace(candle_said(1, is_closed=True), number=number)
        running = msgspec.structs.replace(candle_said(1, is_closed=False), number=number)
        book = msgspec.structs.replace(book_said(1), number=number)
        found = [sequence.missed(said) for said in (closed, running, book, numbered(number))]

        assert found == ([0, 0, 0, 0] if number == 1 else [3, 0, 0, 3])


@pytest.mark.parametrize(("first", "last"), [(3, 2), (0, 4), (-5, -1)])
def test_a_gap_that_cannot_be_is_refused(first: int, last: int) -> None:
    with pytest.raises(WireError, match="gap"):
        heard.lost_by(Gap(topic="trades", first=first, last=last))
