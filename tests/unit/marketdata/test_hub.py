"""The hub's rules one by one; their sum stands in tests/property/test_feed_hub.py."""

import pytest

from botrunner.marketdata.hub import Hub
from botrunner.marketdata.wire import BookSaid, Gap, QuoteSaid, TradeSaid
from support.said import book_said, quote_said, said_in, trade_said


def hub() -> Hub:
    return Hub(("trades",), ("quote", "book"), kept=3)


def caught_up(desk: Hub, reader: int) -> list[object]:
    found: list[object] = []
    while (frame := desk.next_frame(reader)) is not None:
        found.append(said_in(frame))
    return found


def test_a_newcomer_gets_a_snapshot_at_once_and_then_every_update() -> None:
    """MD-2."""
    desk = hub()
    desk.publish(quote_said(1))
    desk.publish(quote_said(2))
    desk.publish(book_said(7))

    desk.join(1, ("quote", "book"))
    snapshot = caught_up(desk, 1)
    update = desk.publish(quote_said(3))

    assert [type(said) for said in snapshot] == [QuoteSaid, BookSaid]
    assert isinstance(snapshot[0], QuoteSaid) and snapshot[0].number == 2
    assert update.readers == [1]


def test_a_newcomer_gets_no_update_before_its_snapshot() -> None:
    desk = hub()
    desk.publish(quote_said(1))
    desk.join(1, ("quote",))

    assert desk.publish(quote_said(2)).readers == []
    assert [said.number for said in caught_up(desk, 1) if isinstance(said, QuoteSaid)] == [2]


def test_a_newcomer_gets_no_trade_of_the_past() -> None:
    desk = hub()
    desk.publish(trade_said(1))
    desk.join(1, ("trades",))

    assert caught_up(desk, 1) == []


def test_a_slow_reader_gets_the_newest_quote_alone() -> None:
    """MD-2."""
    desk = hub()
    desk.join(1, ("quote",))
    caught_up(desk, 1)

    desk.stall(1)
    for count in range(1, 6):
        assert desk.publish(quote_said(count)).readers == []
    heard = caught_up(desk, 1)

    assert [said.number for said in heard if isinstance(said, QuoteSaid)] == [5]
    assert len(heard) == 1


def test_a_reader_that_misses_trades_is_told_which_and_gets_those_still_kept() -> None:
    """MD-2: the bound is 3 here."""
    desk = hub()
    desk.join(1, ("trades",))
    caught_up(desk, 1)

    desk.stall(1)
    for count in range(1, 6):
        desk.publish(trade_said(count))
    gap, *trades = caught_up(desk, 1)

    assert gap == Gap(topic="trades", first=1, last=2)
    assert [trade.number for trade in trades if isinstance(trade, TradeSaid)] == [3, 4, 5]
    assert (desk.gaps, desk.lost) == (1, 2)


def test_a_stalled_reader_does_not_hold_the_others_up() -> None:
    """MD-2."""
    desk = hub()
    for reader in (1, 2, 3):
        desk.join(reader, ("quote",))
        caught_up(desk, reader)

    desk.stall(2)
    frames = [desk.publish(quote_said(count)) for count in range(4)]

    assert [sorted(each.readers) for each in frames] == [[1, 3]] * 4
    assert {tuple(each.readers) for each in frames} == {(1, 3), (3, 1)}, "each is first in turn"
    assert desk.stalled() == 1


def test_a_crossed_book_is_never_served() -> None:
    """MD-5."""
    desk = hub()
    desk.publish(book_said(1))
    desk.publish(book_said(2, crossed=True))
    desk.join(1, ("book",))

    served = caught_up(desk, 1)

    assert [said.update for said in served if isinstance(said, BookSaid)] == [1]
    assert desk.crossed == 1


def test_who_left_hears_nothing_and_may_come_back() -> None:
    desk = hub()
    desk.join(1, ("quote",))
    caught_up(desk, 1)
    desk.leave(1)
    desk.leave(1)

    assert desk.publish(quote_said(1)).readers == []
    assert desk.next_frame(1) is None

    desk.join(1, ("quote",))

    assert len(caught_up(desk, 1)) == 1


def test_a_number_is_given_once_and_a_topic_has_to_be_there() -> None:
    desk = hub()
    desk.join(1, ("quote",))

    with pytest.raises(ValueError, match="reader 1 has joined already"):
        desk.join(1, ("quote",))
    with pytest.raises(KeyError):
        desk.join(2, ("candle.1",))

    assert len(desk) == 1
