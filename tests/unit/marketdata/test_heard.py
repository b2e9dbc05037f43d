"""MD-5, EX-10: what a feed says becomes a value of the runner, or is refused; never an error."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from botrunner.marketdata import heard
from botrunner.marketdata.wire import Gap, WireError
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


@pytest.mark.parametrize(("first", "last"), [(3, 2), (0, 4), (-5, -1)])
def test_a_gap_that_cannot_be_is_refused(first: int, last: int) -> None:
    with pytest.raises(WireError, match="gap"):
        heard.lost_by(Gap(topic="trades", first=first, last=last))
