"""The venue's codes as pybit raises them."""

import hashlib
import hmac
import re
import time
from typing import Any

import pytest
import requests
from pybit.exceptions import FailedRequestError, InvalidRequestError
from pybit.unified_trading import HTTP

from contract.bybit.clients import http
from contract.bybit.ledger import ledger_of
from contract.bybit.test_orders import XRP, buy
from support.simulator import RunningSimulator, running_simulator


def code_of(call: Any, **arguments: Any) -> int:
    with pytest.raises(InvalidRequestError) as refused:
        call(**arguments)
    return int(refused.value.status_code)


def message_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(InvalidRequestError) as refused:
        call(**arguments)
    return str(refused.value.message)


def test_leverage_that_is_set_already(alice: HTTP) -> None:
    """BW-40."""
    same = {**XRP, "buyLeverage": "10", "sellLeverage": "10"}

    assert code_of(alice.set_leverage, **same) == 110043


def test_a_leverage_beyond_the_tier_prints_hundredths(alice: HTTP) -> None:
    """BW-41."""
    high = {**XRP, "buyLeverage": "200", "sellLeverage": "200"}

    assert code_of(alice.set_leverage, **high) == 110013
    assert message_of(alice.set_leverage, **high) == (
        "cannot set leverage [20000] gt maxLeverage [7500] by risk limit"
    )


def test_a_mode_that_is_set_already_and_one_that_is_blocked(alice: HTTP) -> None:
    """BW-42."""
    assert code_of(alice.switch_position_mode, **XRP, mode=0) == 110025

    buy(alice)
    assert code_of(alice.switch_position_mode, **XRP, mode=3) == 110028

    buy(alice, orderType="Market", price=None)
    assert code_of(alice.switch_position_mode, **XRP, mode=3) == 110024


def test_stops_that_change_nothing_or_have_no_position(alice: HTTP) -> None:
    """BW-43."""
    stop = {**XRP, "stopLoss": "1.8", "tpslMode": "Full", "positionIdx": 0}
    assert message_of(alice.set_trading_stop, **stop) == ("can not set tp/sl/ts for zero position")

    buy(alice, orderType="Market", price=None)
    alice.set_trading_stop(**stop)
    assert code_of(alice.set_trading_stop, **stop) == 34040


def test_a_stop_on_the_wrong_side_names_both_prices(alice: HTTP) -> None:
    """BW-44."""
    buy(alice, orderType="Market", price=None)
    wrong = {**XRP, "stopLoss": "2.5", "tpslMode": "Full", "positionIdx": 0}

    assert code_of(alice.set_trading_stop, **wrong) == 10001
    assert re.match(
        r"StopLoss:25000\d* set for Buy position should lower than "
        r"base_price:20000\d*\?\?LastPrice",
        message_of(alice.set_trading_stop, **wrong),
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"qty": "0.05"}, 10001),
        ({"qty": "x"}, 10001),
        ({"price": "1.90001"}, 10001),
        ({"side": "Long"}, 10001),
        ({"symbol": "NOPEUSDT"}, 10001),
        ({"positionIdx": 1}, 10001),
        ({"qty": "2"}, 110094),
        ({"qty": "200000"}, 110007),
        ({"reduceOnly": True, "side": "Sell", "price": "2.1"}, 110017),
        ({"triggerPrice": "1.5", "triggerDirection": 1}, 110092),
        ({"triggerPrice": "2.5", "triggerDirection": 2}, 110093),
    ],
)
def test_orders_that_are_refused(alice: HTTP, changes: dict[str, Any], code: int) -> None:
    """BW-45."""
    order = {**XRP, "side": "Buy", "orderType": "Limit", "qty": "100", "price": "1.9", **changes}

    assert code_of(alice.place_order, **order) == code
    assert alice.get_open_orders(**XRP)["result"]["list"] == []


def test_texts_that_tell_one_parameter_error_from_another(alice: HTTP) -> None:
    """BW-46."""
    order = {**XRP, "side": "Buy", "orderType": "Limit", "qty": "100", "price": "1.9"}

    assert message_of(alice.place_order, **{**order, "positionIdx": 1}) == (
        "position idx not match position mode"
    )
    assert message_of(alice.place_order, **{**order, "qty": "1000000"}) == (
        "ab not enough for new order"
    )
    assert message_of(alice.place_order, **{**order, "reduceOnly": True, "side": "Sell"}) == (
        "current position is zero, cannot fix reduce-only order qty"
    )


def test_an_order_link_id_is_taken_once(alice: HTTP) -> None:
    """BW-47."""
    buy(alice, orderLinkId="one")
    again = {**XRP, "side": "Buy", "orderType": "Limit", "qty": "100", "price": "1.8"}

    assert code_of(alice.place_order, **again, orderLinkId="one") == 110072
    assert len(alice.get_open_orders(**XRP)["result"]["list"]) == 1


def test_an_order_that_is_gone_cannot_be_cancelled_or_amended(alice: HTTP) -> None:
    """BW-48."""
    order_id = buy(alice)
    alice.cancel_order(**XRP, orderId=order_id)

    assert code_of(alice.cancel_order, **XRP, orderId=order_id) == 110001
    assert code_of(alice.amend_order, **XRP, orderId=order_id, price="1.8") == 110001
    assert code_of(alice.cancel_order, **XRP, orderLinkId="never") == 110001


def test_an_amendment_that_changes_nothing(alice: HTTP) -> None:
    """BW-49."""
    order_id = buy(alice)

    assert code_of(alice.amend_order, **XRP, orderId=order_id, price="1.9") == 10001


def test_a_cancel_all_of_everything_is_refused(alice: HTTP) -> None:
    """BW-50."""
    assert code_of(alice.cancel_all_orders, category="linear") == 10001


def test_keys_that_the_venue_does_not_know(simulator: RunningSimulator) -> None:
    """BW-51."""
    stranger = http(simulator, "x", api_key="live-key", api_secret="y")

    assert code_of(stranger.get_account_info) == 10003


def test_a_wrong_secret_is_told_what_was_signed(simulator: RunningSimulator) -> None:
    """BW-52."""
    forger = http(simulator, "alice", api_secret="wrong")
    message = message_of(forger.get_positions, **XRP)

    assert re.match(
        r"error sign! origin_string\[\d{13}sim-alice5000category=linear&symbol=XRPUSDT\]", message
    )


def test_a_clock_that_is_off_is_told_both_times(simulator: RunningSimulator) -> None:
    """BW-53: pybit's own clock cannot be set, so the request is signed here."""
    for offset_ms in (-6_000, 2_000):
        answer = _read_info(simulator, offset_ms)

        assert answer["retCode"] == 10002
        assert re.search(
            r"req_timestamp\[\d{13}\],server_timestamp\[\d{13}\],recv_window\[5000\]",
            answer["retMsg"],
        )
    assert _read_info(simulator, -2_000)["retCode"] == 0


def test_more_than_ten_orders_a_second_are_too_many(simulator: RunningSimulator) -> None:
    """BW-54: pybit, which may not retry here, waits until the reset header and then gives up.

    It fails otherwise, by a negative wait, when the reset is nearer than the answer took.
    """
    alice = http(simulator, "alice")
    with pytest.raises((FailedRequestError, ValueError), match="retries exceeded|non-negative"):
        for price in range(60):
            buy(alice, price=f"1.{price + 20}")

    assert 10 <= len(ledger_of(simulator, "alice")["openOrders"]) < 60


def test_pybit_waits_for_the_reset_and_then_succeeds(simulator: RunningSimulator) -> None:
    """BW-55."""
    busy = {"path": "/v5/order/create", "code": 10006, "message": "Too many visits!"}
    simulator.command("answer", {**busy, "resetAfterSeconds": 1})
    buy(http(simulator, "alice", max_retries=2))

    assert len(ledger_of(simulator, "alice")["openOrders"]) == 1


def test_without_limits_nothing_waits() -> None:
    """BW-56."""
    with running_simulator("step: true\nrateLimits: false") as simulator:
        alice = http(simulator, "alice")
        for _ in range(15):
            assert alice.get_fee_rates(category="linear")["retCode"] == 0


def _read_info(simulator: RunningSimulator, offset_ms: int) -> dict[str, Any]:
    at = str(time.time_ns() // 1_000_000 + offset_ms)
    text = f"{at}sim-alice5000"
    headers = {
        "X-BAPI-API-KEY": "sim-alice",
        "X-BAPI-TIMESTAMP": at,
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": hmac.new(b"sim-alice-secret", text.encode(), hashlib.sha256).hexdigest(),
    }
    url = f"{simulator.rest_url}/v5/account/info"
    answer: dict[str, Any] = requests.get(url, headers=headers, timeout=10).json()
    return answer
