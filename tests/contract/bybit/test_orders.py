"""Orders as pybit places, amends, cancels and reads them."""

from typing import Any

from pybit.unified_trading import HTTP

from contract.bybit.ledger import ledger_of, list_mismatch, order_mismatch
from contract.bybit.shapes import checked
from support.simulator import RunningSimulator

XRP = {"category": "linear", "symbol": "XRPUSDT"}


def buy(session: HTTP, **changes: Any) -> str:
    order = {**XRP, "side": "Buy", "orderType": "Limit", "qty": "100", "price": "1.9"}
    placed = session.place_order(**{**order, **changes})
    assert placed["retCode"] == 0
    order_id: str = placed["result"]["orderId"]
    return order_id


def read_open(session: HTTP, **which: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = session.get_open_orders(**XRP, **which)["result"]["list"]
    return rows


def read_closed(session: HTTP, order_id: str) -> dict[str, Any]:
    (row,) = session.get_order_history(**XRP, orderId=order_id)["result"]["list"]
    return dict(row)


def test_a_limit_order_rests_as_it_was_placed(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-10."""
    order_id = buy(alice, orderLinkId="first-1")
    result = checked("http_get_orders_realtime", alice.get_open_orders(**XRP))
    (row,) = result["list"]

    assert order_mismatch(simulator, "alice", row) == []
    assert (row["orderId"], row["orderLinkId"]) == (order_id, "first-1")
    assert (row["side"], row["orderType"], row["timeInForce"]) == ("Buy", "Limit", "GTC")
    assert (row["qty"], row["price"], row["orderStatus"]) == ("100.0", "1.9000", "New")
    assert (row["leavesQty"], row["leavesValue"]) == ("100.0", "190")
    assert (row["cumExecQty"], row["avgPrice"], row["cumExecFee"]) == ("0", "", "0")
    assert (row["takeProfit"], row["stopLoss"], row["triggerPrice"]) == ("0", "0", "0")
    assert (row["positionIdx"], row["reduceOnly"], row["closeOnTrigger"]) == (0, False, False)


def test_an_amended_order_keeps_its_id(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-11."""
    order_id = buy(alice)
    amended = alice.amend_order(**XRP, orderId=order_id, price="1.85", qty="120")
    (row,) = read_open(alice, orderId=order_id)

    assert amended["result"]["orderId"] == order_id
    assert (row["price"], row["qty"], row["leavesValue"]) == ("1.8500", "120.0", "222")
    assert order_mismatch(simulator, "alice", row) == []


def test_a_cancelled_order_is_history_and_says_who_did_it(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-12."""
    order_id = buy(alice, orderLinkId="gone")
    cancelled = alice.cancel_order(**XRP, orderLinkId="gone")
    result = checked("http_get_orders_history", alice.get_order_history(**XRP))
    (row,) = result["list"]

    assert cancelled["result"] == {"orderId": order_id, "orderLinkId": "gone"}
    assert read_open(alice) == []
    assert (row["orderStatus"], row["cancelType"]) == ("Cancelled", "CancelByUser")
    assert (row["rejectReason"], row["leavesQty"]) == ("EC_PerCancelRequest", "0")
    assert order_mismatch(simulator, "alice", row) == []


def test_cancel_all_names_every_order_it_cancelled(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-13."""
    ids = {buy(alice, price=price) for price in ("1.7", "1.8", "1.9")}
    cancelled = alice.cancel_all_orders(**XRP)["result"]

    assert {each["orderId"] for each in cancelled["list"]} == ids
    assert cancelled["success"] == "1"
    assert ledger_of(simulator, "alice")["openOrders"] == []


def test_a_market_order_fills_at_the_best_price(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-14: 100 at 2.0000 costs 200, the taker's fee is 0.055 %."""
    order_id = buy(alice, orderType="Market", price=None)
    row = read_closed(alice, order_id)

    assert (row["orderStatus"], row["timeInForce"]) == ("Filled", "IOC")
    assert (row["cumExecQty"], row["cumExecValue"], row["avgPrice"]) == ("100.0", "200", "2")
    assert (row["cumExecFee"], row["cumFeeDetail"]) == ("0.11", {"USDT": "0.11"})
    assert order_mismatch(simulator, "alice", row) == []


def test_an_execution_says_what_it_cost(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-15."""
    order_id = buy(alice, orderType="Market", price=None, orderLinkId="paid")
    result = checked("http_get_executions", alice.get_executions(**XRP))
    (row,) = result["list"]

    assert (row["orderId"], row["orderLinkId"], row["execType"]) == (order_id, "paid", "Trade")
    assert (row["execPrice"], row["execQty"], row["execValue"]) == ("2.0000", "100.0", "200")
    assert (row["execFee"], row["feeRate"], row["feeCurrency"]) == ("0.11", "0.00055", "USDT")
    assert (row["isMaker"], row["closedSize"]) == (False, "0.0")
    assert list_mismatch(simulator, "alice", "executions", result["list"]) == []


def test_a_resting_order_fills_as_maker_when_the_price_comes(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-16."""
    order_id = buy(alice)
    simulator.command("price", {"symbol": "XRPUSDT", "last": "1.88"})
    (row,) = alice.get_executions(**XRP)["result"]["list"]

    assert (row["isMaker"], row["feeRate"], row["execPrice"]) == (True, "0.0002", "1.9000")
    assert read_closed(alice, order_id)["orderStatus"] == "Filled"


def test_a_post_only_order_that_would_take_is_cancelled(alice: HTTP) -> None:
    """BW-17."""
    order_id = buy(alice, price="2.01", timeInForce="PostOnly")
    row = read_closed(alice, order_id)

    assert row["orderStatus"] == "Cancelled"
    assert row["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"


def test_an_immediate_order_that_finds_nothing_is_cancelled(alice: HTTP) -> None:
    """BW-18."""
    rows = [
        read_closed(alice, buy(alice, price="1.9", timeInForce=time_in_force))
        for time_in_force in ("IOC", "FOK")
    ]

    assert [row["orderStatus"] for row in rows] == ["Cancelled", "Cancelled"]
    assert [row["cumExecQty"] for row in rows] == ["0", "0"]


def test_a_conditional_order_waits_for_its_trigger(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-19."""
    order_id = buy(
        alice,
        orderType="Market",
        price=None,
        triggerPrice="2.1",
        triggerDirection=1,
        triggerBy="LastPrice",
    )
    (waiting,) = read_open(alice)
    simulator.command("price", {"symbol": "XRPUSDT", "last": "2.1"})
    filled = read_closed(alice, order_id)

    assert (waiting["orderStatus"], waiting["stopOrderType"]) == ("Untriggered", "Stop")
    assert (waiting["triggerPrice"], waiting["triggerDirection"]) == ("2.1000", 1)
    assert (filled["orderStatus"], filled["createType"]) == ("Filled", "CreateByStopOrder")


def test_a_reduce_only_order_closes_and_its_result_is_net_of_fees(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-20: 100 from 2.0000 to 2.1: 10 gained less the fees of both ends."""
    buy(alice, orderType="Market", price=None)
    simulator.command("price", {"symbol": "XRPUSDT", "last": "2.1"})
    buy(alice, side="Sell", orderType="Market", price=None, reduceOnly=True)
    rows = alice.get_closed_pnl(**XRP)["result"]["list"]
    (row,) = rows

    assert (row["avgEntryPrice"], row["avgExitPrice"]) == ("2", "2.1")
    assert (row["openFee"], row["closeFee"]) == ("0.11", "0.1155")
    assert (row["closedPnl"], row["closedSize"], row["side"]) == ("9.7745", "100.0", "Sell")
    assert list_mismatch(simulator, "alice", "closedPnl", rows) == []
