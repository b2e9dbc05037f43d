"""Intents as requests of Bybit V5 (EX-1)."""

from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from botrunner.domain.actions import AmendOrder, ApplySetting, CancelOrder, PlaceOrder
from botrunner.domain.control import Setting
from botrunner.domain.side import Purpose, Side
from botrunner.exchanges.bybit import requests
from botrunner.exchanges.outcome import Operation
from botrunner.exchanges.retry import Effort

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def order(side: Side, purpose: Purpose, price: D | None = D("0.5")) -> PlaceOrder:
    return PlaceOrder(
        order_id="tf1",
        symbol="XRPUSDT",
        strategy="grid",
        side=side,
        purpose=purpose,
        level=0,
        quantity=D("1E+2"),
        price=price,
        reduce_only=purpose.reduces,
    )


@pytest.mark.parametrize(
    ("side", "purpose", "buy_or_sell", "index"),
    [
        (Side.LONG, Purpose.ENTRY, "Buy", 1),
        (Side.LONG, Purpose.TAKE_PROFIT, "Sell", 1),
        (Side.SHORT, Purpose.ENTRY, "Sell", 2),
        (Side.SHORT, Purpose.CLOSE, "Buy", 2),
    ],
)
def test_opening_and_closing_either_side_is_a_side_and_a_position_number(
    side: Side, purpose: Purpose, buy_or_sell: str, index: int
) -> None:
    params = requests.place(order(side, purpose)).params

    assert (params["side"], params["positionIdx"]) == (buy_or_sell, index)
    assert params["reduceOnly"] is purpose.reduces


def test_a_limit_order_rests_and_carries_plain_numbers() -> None:
    request = requests.place(order(Side.LONG, Purpose.ENTRY, D("1E-8")))

    assert request.params == {
        "category": "linear",
        "symbol": "XRPUSDT",
        "side": "Buy",
        "positionIdx": 1,
        "orderType": "Limit",
        "timeInForce": "GTC",
        "qty": "100",
        "price": "0.00000001",
        "reduceOnly": False,
        "orderLinkId": "tf1",
    }


def test_an_order_without_a_price_is_a_market_order() -> None:
    params = requests.place(order(Side.LONG, Purpose.CLOSE, None)).params

    assert (params["orderType"], params["timeInForce"]) == ("Market", "IOC")
    assert "price" not in params


def test_cancels_and_reduce_only_orders_are_held_back_by_no_breaker() -> None:
    """EX-4."""
    cancel = requests.cancel(CancelOrder(order_id="a", symbol="X"))

    assert cancel.is_essential
    assert requests.place(order(Side.LONG, Purpose.TAKE_PROFIT)).is_essential
    assert not requests.place(order(Side.LONG, Purpose.ENTRY)).is_essential


@pytest.mark.parametrize(
    ("purpose", "price", "effort"),
    [
        (Purpose.ENTRY, D(1), Effort.LIMIT),
        (Purpose.CLOSE, None, Effort.MARKET),
        (Purpose.STOP_LOSS, D(1), Effort.CONDITIONAL),
    ],
)
def test_what_an_order_is_for_says_how_hard_it_is_tried(
    purpose: Purpose, price: D | None, effort: Effort
) -> None:
    assert requests.place(order(Side.LONG, purpose, price)).effort is effort


def test_an_amendment_names_the_order_by_our_id_with_its_whole_quantity() -> None:
    amend = AmendOrder(
        order_id="tf1",
        symbol="X",
        side=Side.LONG,
        purpose=Purpose.ENTRY,
        quantity=D("5"),
        price=D("2"),
    )

    request = requests.amend(amend)

    assert request.operation is Operation.AMEND
    assert request.params["orderLinkId"] == "tf1"
    assert (request.params["qty"], request.params["price"]) == ("5", "2")


@pytest.mark.parametrize(("foreign", "field"), [(False, "orderLinkId"), (True, "orderId")])
def test_a_foreign_order_is_cancelled_by_the_venues_id(foreign: bool, field: str) -> None:
    request = requests.cancel(CancelOrder(order_id="a", symbol="X", foreign=foreign))

    assert request.params == {"category": "linear", "symbol": "X", field: "a"}


def test_settings_are_asked_for_in_the_venues_words() -> None:
    def params(setting: Setting) -> object:
        return requests.apply_setting(
            ApplySetting(symbol="X", setting=setting, value=D("12.5"))
        ).params

    assert params(Setting.LEVERAGE) == {
        "category": "linear",
        "symbol": "X",
        "buyLeverage": "12.5",
        "sellLeverage": "12.5",
    }
    assert params(Setting.HEDGE_MODE) == {"category": "linear", "symbol": "X", "mode": 3}
    assert params(Setting.CROSS_MARGIN) == {"setMarginMode": "REGULAR_MARGIN"}


def test_a_history_is_asked_for_in_milliseconds_and_page_by_page() -> None:
    request = requests.executions(NOON, NOON, symbol="X")
    following = requests.on_page(request, "a%3A1")

    assert request.params["startTime"] == 1767268800000
    assert following.params == {**request.params, "cursor": "a%3A1"}


def test_public_questions_are_not_signed_and_private_ones_are() -> None:
    assert not requests.ticker("X").is_signed
    assert requests.wallet().is_signed
