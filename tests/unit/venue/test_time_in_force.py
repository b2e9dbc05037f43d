"""Good till cancelled, post-only, immediate or cancel, fill or kill, on a price path."""

import pytest

from botrunner.venue.vocabulary import (
    CancelType,
    OrderStatus,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from unit.venue.desk import BUY, SELL, D, Desk, placed, statuses


@pytest.mark.parametrize(("side", "price"), [(BUY, "50000"), (BUY, "50100"), (SELL, "50000")])
def test_a_post_only_order_that_would_take_is_cancelled_not_refused(side: Side, price: str) -> None:
    desk = Desk()
    outcome = desk.order(side, "0.1", price, time_in_force=TimeInForce.POST_ONLY)
    order = placed(outcome)

    assert statuses(outcome.events) == [OrderStatus.CANCELLED]
    assert order.reject_reason is RejectReason.POST_ONLY_WOULD_TAKE
    assert order.cancel_type is CancelType.SYSTEM
    assert desk.venue.open_orders("a") == ()


def test_a_post_only_order_that_would_not_take_rests() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49999.9", time_in_force=TimeInForce.POST_ONLY))

    assert order.status is OrderStatus.NEW


@pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
def test_an_immediate_order_that_reaches_nothing_is_cancelled(
    time_in_force: TimeInForce,
) -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000", time_in_force=time_in_force))

    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELLED, D(0))


@pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
def test_an_immediate_order_that_reaches_the_price_is_filled(time_in_force: TimeInForce) -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "50000", time_in_force=time_in_force))

    assert order.status is OrderStatus.FILLED


def test_a_market_order_is_an_immediate_order_at_the_band() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1"))

    assert order.order_type is OrderType.MARKET
    assert order.time_in_force is TimeInForce.IOC
    assert order.price == D("50500")
