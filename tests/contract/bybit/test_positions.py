"""Positions, leverage, modes and stops as pybit sets and reads them.

Numbers are worked from the venue's formulas with leverage 10 and the taker's 0.00055: the fee
reserve of 100 XRP bought at 2 is 200 * (1 - 1/10) * 0.00055 = 0.099.
"""

from typing import Any

import pytest
from pybit.unified_trading import HTTP

from contract.bybit.ledger import ledger_of, position_mismatch
from contract.bybit.shapes import checked
from contract.bybit.test_orders import XRP, buy
from support.simulator import RunningSimulator


def rows(session: HTTP, **which: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = session.get_positions(**{**XRP, **which})["result"]["list"]
    return found


def move(simulator: RunningSimulator, last: str) -> None:
    simulator.command("price", {"symbol": "XRPUSDT", "last": last})


def test_a_flat_position_is_a_row_with_empty_strings(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-21."""
    (row,) = rows(alice)

    assert (row["positionIdx"], row["side"], row["size"]) == (0, "", "0")
    assert (row["liqPrice"], row["bustPrice"], row["unrealisedPnl"]) == ("", "", "")
    assert ledger_of(simulator, "alice")["positions"] == []


def test_a_long_position_by_the_formulas(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-22: initial margin 210/10 + 0.099, at the mark 2.1."""
    buy(alice, orderType="Market", price=None)
    move(simulator, "2.1")
    result = checked("http_get_positions", alice.get_positions(**XRP))
    (row,) = result["list"]

    assert (row["side"], row["size"], row["avgPrice"]) == ("Buy", "100.0", "2")
    assert (row["positionValue"], row["markPrice"]) == ("200", "2.1000")
    assert (row["unrealisedPnl"], row["positionIM"]) == ("10", "21.099")
    assert (row["curRealisedPnl"], row["leverage"]) == ("-0.11", "10")
    assert (row["takeProfit"], row["stopLoss"], row["trailingStop"]) == (
        "0.0000",
        "0.0000",
        "0.0000",
    )
    assert position_mismatch(simulator, "alice", row) == []


def test_positions_by_coin_are_only_those_that_are_open(alice: HTTP) -> None:
    """BW-23."""
    buy(alice, orderType="Market", price=None)
    by_coin = alice.get_positions(category="linear", settleCoin="USDT")["result"]["list"]

    assert [row["symbol"] for row in by_coin] == ["XRPUSDT"]


def test_leverage_is_set_to_the_hundredth(alice: HTTP) -> None:
    """BW-24."""
    alice.set_leverage(**XRP, buyLeverage="12.34", sellLeverage="12.34")
    (row,) = rows(alice)

    assert row["leverage"] == "12.34"


def test_hedge_mode_holds_both_sides(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-25."""
    alice.switch_position_mode(**XRP, mode=3)
    buy(alice, orderType="Market", price=None, positionIdx=1)
    buy(alice, side="Sell", orderType="Market", price=None, positionIdx=2, qty="40")
    long, short = rows(alice)

    assert (long["positionIdx"], long["side"], long["size"]) == (1, "Buy", "100.0")
    assert (short["positionIdx"], short["side"], short["size"]) == (2, "Sell", "40.0")
    assert position_mismatch(simulator, "alice", long) == []
    assert position_mismatch(simulator, "alice", short) == []


def test_a_flat_symbol_in_hedge_mode_has_two_rows(alice: HTTP) -> None:
    """BW-26."""
    alice.switch_position_mode(category="linear", coin="USDT", mode=3)

    assert [(row["positionIdx"], row["side"]) for row in rows(alice)] == [(1, ""), (2, "")]


@pytest.mark.parametrize(
    ("falls_to", "filled", "left"),
    [("1.8", "StopLoss", "TakeProfit"), ("2.3", "TakeProfit", "StopLoss")],
)
def test_stops_stand_in_the_row_and_the_one_that_fires_clears_the_other(
    simulator: RunningSimulator, alice: HTTP, falls_to: str, filled: str, left: str
) -> None:
    """BW-27."""
    buy(alice, orderType="Market", price=None)
    alice.set_trading_stop(**XRP, takeProfit="2.3", stopLoss="1.8", tpslMode="Full", positionIdx=0)
    (row,) = rows(alice)
    stops = alice.get_open_orders(**XRP)["result"]["list"]
    move(simulator, falls_to)
    (after,) = rows(alice)
    ended = {
        order["stopOrderType"]: order["orderStatus"]
        for order in alice.get_order_history(**XRP)["result"]["list"]
    }

    assert (row["takeProfit"], row["stopLoss"]) == ("2.3000", "1.8000")
    assert {order["stopOrderType"] for order in stops} == {"TakeProfit", "StopLoss"}
    assert all(_is_a_stop_of_the_venue(order) for order in stops)
    assert (after["size"], after["takeProfit"], after["stopLoss"]) == ("0", "0.0000", "0.0000")
    assert (ended[filled], ended[left]) == ("Filled", "Deactivated")


def _is_a_stop_of_the_venue(order: dict[str, Any]) -> bool:
    return (
        order["orderStatus"] == "Untriggered"
        and order["reduceOnly"]
        and order["closeOnTrigger"]
        and (order["price"], order["timeInForce"], order["orderLinkId"]) == ("0", "IOC", "")
    )


def test_open_orders_with_stops_have_the_recorded_shape(alice: HTTP) -> None:
    """BW-28."""
    buy(alice, orderType="Market", price=None)
    alice.set_trading_stop(**XRP, takeProfit="2.3", stopLoss="1.8", tpslMode="Full", positionIdx=0)
    result = checked("http_get_orders_realtime_tp_sl", alice.get_open_orders(**XRP))

    assert len(result["list"]) == 2


def test_zero_takes_a_stop_away(alice: HTTP) -> None:
    """BW-29."""
    buy(alice, orderType="Market", price=None)
    alice.set_trading_stop(**XRP, stopLoss="1.8", tpslMode="Full", positionIdx=0)
    alice.set_trading_stop(**XRP, stopLoss="0", tpslMode="Full", positionIdx=0)
    (row,) = rows(alice)

    assert row["stopLoss"] == "0.0000"
    assert alice.get_open_orders(**XRP)["result"]["list"] == []


def test_stops_can_come_with_the_order(alice: HTTP) -> None:
    """BW-30."""
    buy(alice, orderType="Market", price=None, takeProfit="2.3", stopLoss="1.8")
    (row,) = rows(alice)

    assert (row["takeProfit"], row["stopLoss"]) == ("2.3000", "1.8000")
