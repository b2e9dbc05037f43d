"""What pybit sees when the market is thin or falls, and when the venue fails."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from pybit.exceptions import FailedRequestError, InvalidRequestError
from pybit.unified_trading import HTTP

from contract.bybit.clients import http
from contract.bybit.ledger import list_mismatch
from contract.bybit.test_orders import XRP, buy, read_closed
from support.simulator import RunningSimulator, running_simulator

POOR = """
step: true
prices: [{symbol: XRPUSDT, script: {waypoints: [{atSeconds: 0, last: 2}]}}]
accounts: [{name: poor, balance: 200}]
"""


@pytest.fixture
def thin(simulator: RunningSimulator) -> RunningSimulator:
    """A book with 80 XRP on either side."""
    bids, asks = [["1.999", "50"], ["1.998", "30"]], [["2", "50"], ["2.001", "30"]]
    simulator.command("book", {"symbol": "XRPUSDT", "bids": bids, "asks": asks})
    return simulator


@pytest.fixture
def poor() -> Iterator[RunningSimulator]:
    with running_simulator(POOR) as simulator:
        yield simulator


def executions(session: HTTP) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = session.get_executions(**XRP)["result"]["list"]
    return rows


def test_a_market_order_eats_the_book_level_by_level(thin: RunningSimulator, alice: HTTP) -> None:
    """BW-90: 50 at 2 and 30 at 2.001 are there; 20 of 100 find nobody."""
    order_id = buy(alice, orderType="Market", price=None)
    row = read_closed(alice, order_id)
    fills = executions(alice)

    assert (row["orderStatus"], row["cumExecQty"], row["cumExecValue"]) == (
        "Cancelled",
        "80.0",
        "160.03",
    )
    assert (row["avgPrice"], row["leavesQty"]) == ("2.000375", "0")
    assert [(fill["execQty"], fill["execPrice"]) for fill in fills] == [
        ("30.0", "2.0010"),
        ("50.0", "2.0000"),
    ]
    assert list_mismatch(thin, "alice", "executions", fills) == []


def test_what_a_limit_order_cannot_get_at_once_rests(thin: RunningSimulator, alice: HTTP) -> None:
    """BW-91."""
    order_id = buy(alice, price="2")
    (row,) = alice.get_open_orders(**XRP, orderId=order_id)["result"]["list"]

    assert (row["orderStatus"], row["cumExecQty"], row["leavesQty"]) == (
        "PartiallyFilled",
        "50.0",
        "50.0",
    )


def test_fill_or_kill_takes_all_or_nothing(thin: RunningSimulator, alice: HTTP) -> None:
    """BW-92."""
    killed = read_closed(alice, buy(alice, price="2.001", timeInForce="FOK"))
    filled = read_closed(alice, buy(alice, price="2.001", timeInForce="FOK", qty="80"))

    assert (killed["orderStatus"], killed["cumExecQty"]) == ("Cancelled", "0")
    assert (filled["orderStatus"], filled["cumExecQty"]) == ("Filled", "80.0")


def test_a_position_without_margin_is_liquidated(poor: RunningSimulator) -> None:
    """BW-93: 5,000 XRP at 75x on 200 USDT do not survive 3 %."""
    session = http(poor, "poor")
    session.set_leverage(**XRP, buyLeverage="75", sellLeverage="75")
    buy(session, orderType="Market", price=None, qty="5000")
    poor.command("price", {"symbol": "XRPUSDT", "last": "1.94"})
    (position,) = session.get_positions(**XRP)["result"]["list"]
    (wallet,) = session.get_wallet_balance(accountType="UNIFIED")["result"]["list"]
    forced = [row for row in executions(session) if row["createType"] != "CreateByUser"]
    books = requests.get(f"{poor.control_url}/conservation", timeout=10).json()

    assert (position["size"], position["side"]) == ("0", "")
    assert {row["createType"] for row in forced} <= {
        "CreateByLiq",
        "CreateByTakeOver_PassThrough",
    }
    assert sum(Decimal(row["execQty"]) for row in forced) == 5_000
    assert Decimal(wallet["totalEquity"]) >= 0
    assert Decimal(books["difference"]) == 0


def test_an_order_whose_acknowledgement_was_lost_lives(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-94."""
    simulator.command("lose-acknowledgement", {"account": "alice"})
    with pytest.raises(requests.exceptions.ConnectionError):
        buy(alice, orderLinkId="unheard")
    (row,) = alice.get_open_orders(**XRP, orderLinkId="unheard")["result"]["list"]

    assert row["orderStatus"] == "New"


@pytest.mark.parametrize("status", [502, 403])
def test_a_failing_venue_answers_by_http(
    simulator: RunningSimulator, alice: HTTP, status: int
) -> None:
    """BW-95: once; the next call is answered."""
    simulator.command("answer", {"httpStatus": status, "message": "not now"})
    with pytest.raises(FailedRequestError) as failed:
        alice.get_positions(**XRP)

    assert failed.value.status_code == status
    assert alice.get_positions(**XRP)["retCode"] == 0


def test_a_venue_that_restarts_says_so(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-96: and the order was placed all the same."""
    simulator.command(
        "answer",
        {
            **{"path": "/v5/order/create", "code": 10016, "message": "Server error"},
            "afterAcceptance": True,
        },
    )
    with pytest.raises(InvalidRequestError, match="10016"):
        buy(alice)

    assert len(alice.get_open_orders(**XRP)["result"]["list"]) == 1


def test_the_request_log_has_every_call_and_no_secret(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-97."""
    order_id = buy(alice, orderLinkId="logged")
    alice.cancel_order(**XRP, orderId=order_id)
    answer = requests.get(f"{simulator.control_url}/requests", timeout=10)
    logged = answer.json()["requests"]

    assert [(row["method"], row["path"], row["retCode"]) for row in logged] == [
        ("POST", "/v5/order/create", 0),
        ("POST", "/v5/order/cancel", 0),
    ]
    assert {row["account"] for row in logged} == {"alice"}
    assert logged[0]["body"]["orderLinkId"] == "logged"
    assert "sim-alice-secret" not in answer.text
