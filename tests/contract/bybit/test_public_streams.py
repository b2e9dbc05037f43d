"""pybit's public streams."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from contract.bybit.clients import (
    Frame,
    Inbox,
    http,
    public_stream,
    wait_for_topics,
)
from contract.bybit.shapes import assert_shape
from contract.bybit.test_market_data import BOOK, RECORDED
from contract.bybit.test_orders import XRP
from support.simulator import RunningSimulator, running_simulator


@pytest.fixture
def recorded() -> Iterator[RunningSimulator]:
    with running_simulator(RECORDED) as simulator:
        yield simulator


@pytest.fixture
def book() -> Iterator[RunningSimulator]:
    with running_simulator(BOOK) as simulator:
        yield simulator


def last_is(price: str) -> Callable[[Frame], bool]:
    return lambda frame: bool(frame["data"]["lastPrice"] == price)


def test_a_ticker_is_kept_whole_from_its_changes(simulator: RunningSimulator) -> None:
    """BW-80: pybit merges what it is sent; what it holds is what REST answers."""
    inbox = Inbox()
    with public_stream(simulator) as socket:
        socket.ticker_stream("XRPUSDT", inbox)
        inbox.wait_for(last_is("2.0000"))
        simulator.command(
            "price", {"symbol": "XRPUSDT", "last": "2.05", "mark": "2.04", "index": "2.03"}
        )
        frame = inbox.wait_for(last_is("2.0500"))
    (row,) = http(simulator, "alice").get_tickers(**XRP)["result"]["list"]

    assert_shape("ws_ticker_linear", frame)
    fields = ("symbol", "lastPrice", "markPrice", "indexPrice", "bid1Price", "ask1Price")
    assert [frame["data"][field] for field in fields] == [row[field] for field in fields]
    assert frame["data"]["fundingRate"] == row["fundingRate"]


def test_trades_carry_the_takers_side(recorded: RunningSimulator) -> None:
    """BW-81."""
    inbox = Inbox()
    with public_stream(recorded) as socket:
        socket.trade_stream("XRPUSDT", inbox)
        wait_for_topics(recorded, 1, account="")
        recorded.command(
            "trade", {"symbol": "XRPUSDT", "price": "1.2", "quantity": "7.5", "side": "Sell"}
        )
        row = inbox.wait_for_row(lambda row: row["v"] == "7.5")

    assert_shape("ws_public_trade", inbox.frames[-1])
    assert (row["s"], row["S"], row["p"], row["BT"]) == ("XRPUSDT", "Sell", "1.2000", False)
    assert isinstance(row["T"], int)


@pytest.mark.parametrize("depth", [50, 200])
def test_a_book_is_kept_whole_from_its_changes(book: RunningSimulator, depth: int) -> None:
    """BW-82: after every recorded frame pybit's book is the book that REST answers."""
    inbox = Inbox()
    with public_stream(book) as socket:
        socket.orderbook_stream(depth, "XRPUSDT", inbox)
        inbox.wait_for(lambda frame: bool(frame["data"]["b"]))
        book.command("step", {"count": 49})
        expected = http(book, "alice").get_orderbook(**XRP, limit=depth)["result"]
        frame = inbox.wait_for(lambda frame: levels(frame, "b") == best(expected, "b"))

    assert_shape("ws_orderbook_snapshot", frame)
    assert levels(frame, "a") == best(expected, "a")
    assert len(expected["b"]) >= 50


def levels(frame: Frame, side: str) -> list[tuple[Decimal, Decimal]]:
    # pybit keeps its levels in no order.
    rows = [(Decimal(price), Decimal(size)) for price, size in frame["data"][side]]
    return sorted(rows, reverse=side == "b")


def best(result: Frame, side: str) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(price), Decimal(size)) for price, size in result[side]]


def test_a_candle_grows_until_it_is_confirmed(recorded: RunningSimulator) -> None:
    """BW-83."""
    inbox = Inbox()
    with public_stream(recorded) as socket:
        socket.kline_stream(1, "XRPUSDT", inbox)
        row = inbox.wait_for_row(lambda row: row["interval"] == "1")

    assert_shape("ws_kline", inbox.frames[0])
    assert row["end"] - row["start"] == 59_999
    assert row["start"] % 60_000 == 0
    assert Decimal(row["low"]) <= Decimal(row["close"]) <= Decimal(row["high"])


def test_two_symbols_share_a_connection(simulator: RunningSimulator) -> None:
    """BW-84."""
    inbox = Inbox()
    with public_stream(simulator) as socket:
        socket.ticker_stream(["XRPUSDT", "BTCUSDT"], inbox)
        inbox.wait_for(lambda frame: frame["topic"] == "tickers.XRPUSDT")
        inbox.wait_for(lambda frame: frame["topic"] == "tickers.BTCUSDT")


def test_an_end_of_a_subscription_ends_it(simulator: RunningSimulator) -> None:
    """BW-85."""
    inbox = Inbox()
    with public_stream(simulator) as socket:
        socket.ticker_stream("XRPUSDT", inbox)
        inbox.wait_for(lambda frame: bool(frame))
        socket.unsubscribe("tickers.XRPUSDT")
        wait_for_topics(simulator, 0, account="")

        assert socket.wst.is_alive()


def test_pybit_finds_its_way_back_after_a_cut(simulator: RunningSimulator) -> None:
    """BW-86: in form and by a reset; the first thing after each is a whole ticker."""
    inbox = Inbox()
    with public_stream(simulator) as socket:
        socket.ticker_stream("XRPUSDT", inbox)
        inbox.wait_for(last_is("2.0000"))
        for price, how in (("2.01", "close"), ("2.02", "abort")):
            simulator.command("cut", {"stream": "public", "how": how})
            simulator.command("price", {"symbol": "XRPUSDT", "last": price})
            inbox.wait_for(last_is(f"{price}00"))


def test_pybit_survives_many_subscriptions(simulator: RunningSimulator) -> None:
    """BW-87: data that came before pybit is ready would kill it; the first keeps its distance."""
    for _ in range(25):
        inbox = Inbox()
        with public_stream(simulator) as socket:
            socket.ticker_stream("XRPUSDT", inbox)
            socket.kline_stream(1, "XRPUSDT", inbox)
            inbox.wait_for(lambda frame: frame["topic"] == "tickers.XRPUSDT")
            inbox.wait_for(lambda frame: frame["topic"] == "kline.1.XRPUSDT")

            assert socket.wst.is_alive()
