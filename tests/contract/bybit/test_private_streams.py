"""pybit's private streams: what an account hears of itself, and in which order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pybit.unified_trading import HTTP

from contract.bybit.clients import (
    Frame,
    Inbox,
    LocalWebSocket,
    connections,
    http,
    private_stream,
    wait_for_topics,
)
from contract.bybit.shapes import assert_shape
from contract.bybit.test_orders import XRP, buy
from support.simulator import RunningSimulator


@dataclass(frozen=True)
class Streams:
    """The four private streams of one connection."""

    socket: LocalWebSocket
    order: Inbox
    execution: Inbox
    position: Inbox
    wallet: Inbox


@pytest.fixture
def streams(simulator: RunningSimulator) -> Iterator[Streams]:
    with private_stream(simulator, "alice") as socket:
        all_four = Streams(socket, Inbox(), Inbox(), Inbox(), Inbox())
        socket.order_stream(all_four.order)
        socket.execution_stream(all_four.execution)
        socket.position_stream(all_four.position)
        socket.wallet_stream(all_four.wallet)
        wait_for_topics(simulator, 4)
        yield all_four


def status_is(status: str) -> Any:
    return lambda frame: any(row["orderStatus"] == status for row in frame["data"])


def anything(frame: Frame) -> bool:
    return bool(frame)


def test_a_resting_order_is_heard_of(alice: HTTP, streams: Streams) -> None:
    """BW-60."""
    order_id = buy(alice, orderLinkId="heard")
    order = streams.order.wait_for(status_is("New"))
    position = streams.position.wait_for(anything)
    wallet = streams.wallet.wait_for(anything)

    assert_shape("ws_account_order", order)
    assert_shape("ws_account_wallet", wallet)
    (row,) = order["data"]
    assert (row["orderId"], row["orderLinkId"], row["leavesQty"]) == (order_id, "heard", "100.0")
    assert (row["takeProfit"], row["stopLoss"], row["avgPrice"]) == ("", "", "")
    assert position["data"][0]["symbol"] == "XRPUSDT"
    assert wallet["data"][0]["coin"][0]["totalOrderIM"] == "19.19855"
    assert order["creationTime"] < position["creationTime"] <= wallet["creationTime"]


def test_a_fill_is_one_moment_on_order_and_execution(alice: HTTP, streams: Streams) -> None:
    """BW-61."""
    order_id = buy(alice, orderType="Market", price=None)
    order = streams.order.wait_for(status_is("Filled"))
    execution = streams.execution.wait_for(anything)
    position = streams.position.wait_for(lambda frame: frame["data"][0]["size"] == "100.0")
    wallet = streams.wallet.wait_for(
        lambda frame: frame["data"][0]["coin"][0]["walletBalance"] == "9999.89"
    )

    for name, frame in (
        ("ws_account_order_filled", order),
        ("ws_account_execution", execution),
        ("ws_account_position", position),
        ("ws_account_wallet", wallet),
    ):
        assert_shape(name, frame)
    (fill,) = execution["data"]
    assert (fill["orderId"], fill["execQty"], fill["execFee"]) == (order_id, "100.0", "0.11")
    assert (fill["execPnl"], fill["closedSize"], fill["isMaker"]) == ("0", "0.0", False)
    assert order["creationTime"] == execution["creationTime"]
    assert position["creationTime"] == order["creationTime"] + 1
    assert order["id"] == execution["id"] != position["id"]
    assert (position["data"][0]["entryPrice"], position["data"][0]["side"]) == ("2", "Buy")


def test_what_the_stream_says_is_what_the_list_says(alice: HTTP, streams: Streams) -> None:
    """BW-62: an order's row differs only where the venue's own forms do."""
    order_id = buy(alice, orderType="Market", price=None)
    pushed = streams.order.wait_for_row(lambda row: row["orderStatus"] == "Filled")
    (listed,) = alice.get_order_history(**XRP, orderId=order_id)["result"]["list"]

    shared = (pushed.keys() & listed.keys()) - {"takeProfit", "stopLoss", "triggerPrice"}
    differing = {key for key in shared if pushed[key] != listed[key]}
    assert differing <= {"tpLimitPrice", "slLimitPrice"}


def test_a_cancellation_is_heard_of(alice: HTTP, streams: Streams) -> None:
    """BW-63."""
    order_id = buy(alice)
    alice.cancel_order(**XRP, orderId=order_id)
    row = streams.order.wait_for_row(lambda row: row["orderStatus"] == "Cancelled")

    assert (row["orderId"], row["cancelType"]) == (order_id, "CancelByUser")
    wallet = streams.wallet.wait_for(
        lambda frame: frame["data"][0]["coin"][0]["totalOrderIM"] == "0"
    )
    assert wallet["data"][0]["totalAvailableBalance"] == "10000"


def test_the_life_of_a_stop(simulator: RunningSimulator, alice: HTTP, streams: Streams) -> None:
    """BW-64: set, triggered, filled; its sibling ends in the same moment."""
    buy(alice, orderType="Market", price=None)
    alice.set_trading_stop(**XRP, takeProfit="2.3", stopLoss="1.8", tpslMode="Full", positionIdx=0)
    simulator.command("price", {"symbol": "XRPUSDT", "last": "1.8"})
    streams.order.wait_for_row(
        lambda row: (row["stopOrderType"], row["orderStatus"]) == ("StopLoss", "Filled")
    )
    streams.order.wait_for_row(lambda row: row["orderStatus"] == "Deactivated")
    lives: dict[str, list[str]] = {}
    for frame in streams.order.frames:
        for row in frame["data"]:
            lives.setdefault(row["stopOrderType"], []).append(row["orderStatus"])

    assert lives["StopLoss"][:2] == ["Untriggered", "Triggered"]
    assert lives["StopLoss"][-1] == "Filled"
    assert lives["TakeProfit"] == ["Untriggered", "Deactivated"]
    flat = streams.position.wait_for(lambda frame: frame["data"][0]["size"] == "0")
    assert flat["data"][0]["side"] == ""


def test_the_stop_of_a_position_has_the_recorded_shape(alice: HTTP, streams: Streams) -> None:
    """BW-65."""
    buy(alice, orderType="Market", price=None)
    alice.set_trading_stop(**XRP, stopLoss="1.8", tpslMode="Full", positionIdx=0)
    frame = streams.order.wait_for(status_is("Untriggered"))

    assert_shape("ws_account_order_stop_loss", frame)


def test_funding_is_an_execution_and_moves_the_wallet(
    simulator: RunningSimulator, alice: HTTP, streams: Streams
) -> None:
    """BW-66: a long of 200 pays 0.0005 of it."""
    buy(alice, orderType="Market", price=None)
    simulator.command("funding", {"symbol": "XRPUSDT", "rate": "0.0005"})
    row = streams.execution.wait_for_row(lambda row: row["execType"] == "Funding")

    assert (row["execFee"], row["execQty"], row["closedSize"]) == ("0.1", "100.0", "0.0")
    assert (row["orderType"], row["orderLinkId"], row["createType"]) == ("UNKNOWN", "", "")
    streams.wallet.wait_for(lambda frame: frame["data"][0]["coin"][0]["walletBalance"] == "9999.79")


def test_fast_executions_say_less(
    simulator: RunningSimulator, alice: HTTP, streams: Streams
) -> None:
    """BW-69: the same fill, without its fee."""
    fast = Inbox()
    streams.socket.fast_execution_stream(fast)
    wait_for_topics(simulator, 5)
    buy(alice, orderType="Market", price=None)
    frame = fast.wait_for(anything)
    full = streams.execution.wait_for(anything)

    assert_shape("ws_account_execution_fast", frame)
    (short,), (long,) = frame["data"], full["data"]
    assert short["execId"] == long["execId"]
    assert (short["execPrice"], short["execQty"], short["isMaker"]) == ("2.0000", "100.0", False)
    assert "execFee" not in short


def test_after_a_cut_pybit_signs_in_again_and_hears_on(
    simulator: RunningSimulator, alice: HTTP, streams: Streams
) -> None:
    """BW-67."""
    before = connections(simulator)
    simulator.command("cut", {"stream": "private", "account": "alice"})
    wait_for_topics(simulator, 4, but=before)
    order_id = buy(alice)
    row = streams.order.wait_for_row(lambda row: row["orderId"] == order_id)

    assert row["orderStatus"] == "New"
    assert streams.socket.is_connected()


def test_nothing_of_another_account_is_heard(
    simulator: RunningSimulator, alice: HTTP, streams: Streams
) -> None:
    """BW-68."""
    buy(http(simulator, "bob"), orderLinkId="bobs")
    buy(alice, orderLinkId="alices")
    streams.order.wait_for(anything)

    links = {row["orderLinkId"] for frame in streams.order.frames for row in frame["data"]}
    assert links == {"alices"}
