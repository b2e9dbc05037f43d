"""Matching against a price path: unlimited quantity at bid and ask."""

import pytest

from botrunner.venue.commands import MovePrice
from botrunner.venue.settings import TouchRule, VenueSettings
from botrunner.venue.vocabulary import OrderStatus, Side
from unit.venue.desk import BUY, SELL, D, Desk, fills, placed, statuses


def test_a_market_order_fills_at_the_opposite_price_as_a_taker() -> None:
    desk = Desk(price=None)
    desk.do(MovePrice(symbol="BTCUSDT", last=D(50000), bid=D(49999), ask=D(50001)))

    assert [f.price for f in fills(desk.order(BUY, "0.1").events)] == [D(50001)]
    sold = fills(desk.order(SELL, "0.1").events)
    assert [(f.price, f.is_maker) for f in sold] == [(D(49999), False)]


def test_a_limit_order_that_crosses_pays_the_better_price() -> None:
    desk = Desk()
    (fill,) = fills(desk.order(BUY, "0.1", "50100").events)

    assert (fill.price, fill.is_maker, fill.fee) == (D(50000), False, D("2.75"))


def test_a_resting_order_fills_at_its_own_price_as_a_maker() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000"))
    (fill,) = fills(desk.price("48500").events)

    assert order.status is OrderStatus.NEW
    # 4900 * 0.0002
    assert (fill.price, fill.is_maker, fill.fee) == (D(49000), True, D("0.98"))
    assert desk.shown(order).status is OrderStatus.FILLED


@pytest.mark.parametrize(("side", "price"), [(BUY, "49000"), (SELL, "51000")])
def test_a_touch_fills_unless_the_rule_is_through(side: Side, price: str) -> None:
    for rule, filled in ((TouchRule.TOUCH, 1), (TouchRule.THROUGH, 0)):
        desk = Desk(settings=VenueSettings(touch_rule=rule))
        placed(desk.order(side, "0.1", price))

        assert len(fills(desk.price(price).events)) == filled


def test_a_step_beyond_the_price_fills_under_the_rule_through() -> None:
    desk = Desk(settings=VenueSettings(touch_rule=TouchRule.THROUGH))
    placed(desk.order(BUY, "0.1", "49000"))

    assert len(fills(desk.price("48999.9").events)) == 1


def test_resting_orders_fill_best_price_first_then_first_come_first() -> None:
    desk = Desk()
    late = placed(desk.order(BUY, "0.1", "49000"))
    best = placed(desk.order(BUY, "0.1", "49500"))
    later = placed(desk.order(BUY, "0.1", "49000"))
    filled = [f.order_id for f in fills(desk.price("48000").events)]

    assert filled == [best.order_id, late.order_id, later.order_id]


def test_one_step_fills_the_orders_of_all_accounts() -> None:
    desk = Desk()
    desk.open("b", "10000")
    placed(desk.order(BUY, "0.1", "49000"))
    placed(desk.order(BUY, "0.1", "49000", name="b"))

    assert [f.account for f in fills(desk.price("49000").events)] == ["a", "b"]


def test_a_bid_at_the_price_fills_a_resting_sell() -> None:
    desk = Desk()
    placed(desk.order(SELL, "0.1", "50500"))
    step = MovePrice(symbol="BTCUSDT", last=D(50400), bid=D(50500), ask=D(50600))

    assert [f.price for f in fills(desk.do(step).events)] == [D(50500)]


def test_a_step_that_does_not_reach_an_order_changes_nothing() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", "49000"))

    assert desk.price("49000.1").events == ()


def test_an_order_that_fills_at_once_is_told_once() -> None:
    desk = Desk()

    assert statuses(desk.order(BUY, "0.1").events) == [OrderStatus.FILLED]


def test_a_trade_at_the_price_fills_a_resting_buy_though_the_ask_is_higher() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", "49000"))
    step = MovePrice(symbol="BTCUSDT", last=D(49000), bid=D(49000), ask=D(49010))

    assert [f.price for f in fills(desk.do(step).events)] == [D(49000)]
