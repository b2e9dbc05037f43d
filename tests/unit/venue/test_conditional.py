"""Conditional orders: they wait without margin until a price comes."""

import pytest

from botrunner.venue.commands import SetBandAdjustment
from botrunner.venue.settings import VenueSettings
from botrunner.venue.vocabulary import (
    CreateType,
    OrderStatus,
    PriceKind,
    RejectReason,
    Side,
    StopOrderType,
    TriggerDirection,
)
from unit.venue.desk import BUY, SELL, D, Desk, fills, placed, statuses

RISE, FALL = TriggerDirection.RISE, TriggerDirection.FALL
S = OrderStatus


@pytest.mark.parametrize(
    ("side", "trigger", "direction", "before"),
    [(BUY, "51000", RISE, "50999.9"), (SELL, "49000", FALL, "49000.1")],
)
def test_an_order_waits_for_its_price(
    side: Side, trigger: str, direction: TriggerDirection, before: str
) -> None:
    desk = Desk()
    order = placed(desk.order(side, "0.1", trigger_price=D(trigger), trigger_direction=direction))

    assert (order.status, order.stop_order_type) == (S.UNTRIGGERED, StopOrderType.STOP)
    assert desk.wallet().available == D(10000)
    assert desk.price(before).events == ()
    assert statuses(desk.price(trigger).events) == [S.TRIGGERED, S.FILLED]
    assert desk.shown(order).create_type is CreateType.STOP_ORDER


def test_a_triggered_limit_order_rests() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "50500", trigger_price=D(51000), trigger_direction=RISE))
    outcome = desk.price("51000")

    assert statuses(outcome.events) == [S.TRIGGERED, S.NEW]
    assert desk.wallet().order_initial_margin == D(5050) * D("0.101045")
    assert [f.price for f in fills(desk.price("50500").events)] == [D(50500)]
    assert desk.shown(order).status is S.FILLED


@pytest.mark.parametrize("kind", list(PriceKind))
def test_a_trigger_watches_the_price_of_its_kind(kind: PriceKind) -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.01", trigger_price=D(51000), trigger_direction=RISE, trigger_by=kind))
    at = {each: "51000" if each is kind else "50600" for each in PriceKind}
    outcome = desk.price(at[PriceKind.LAST], mark=at[PriceKind.MARK], index=at[PriceKind.INDEX])

    assert statuses(outcome.events)[0] is S.TRIGGERED


def test_an_order_without_margin_at_its_trigger_is_cancelled() -> None:
    desk = Desk(balance="1000")
    order = placed(desk.order(BUY, "0.5", trigger_price=D(51000), trigger_direction=RISE))
    outcome = desk.price("51000")

    assert statuses(outcome.events) == [S.TRIGGERED, S.CANCELLED]
    assert desk.shown(order).reject_reason is RejectReason.INSUFFICIENT_BALANCE


def test_a_jump_over_many_triggers_pulls_the_nearest_first() -> None:
    desk = Desk()
    far = placed(desk.order(BUY, "0.01", trigger_price=D(52000), trigger_direction=RISE))
    near = placed(desk.order(BUY, "0.01", trigger_price=D(51000), trigger_direction=RISE))
    filled = [f.order_id for f in fills(desk.price("53000").events)]

    assert filled == [near.order_id, far.order_id]


def test_a_triggered_order_gives_its_place_among_the_conditional_ones_free() -> None:
    desk = Desk()
    for _ in range(10):
        placed(desk.order(BUY, "0.001", trigger_price=D(51000), trigger_direction=RISE))
    desk.price("51000")

    assert placed(desk.order(BUY, "0.001", trigger_price=D(52000), trigger_direction=RISE))


def test_the_limit_price_is_held_to_the_band_of_the_trigger_not_of_the_placing() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.01", "60000", trigger_price=D(55000), trigger_direction=RISE))
    desk.price("55000")

    assert order.price == D(60000)
    # 55,000 * 1.01
    assert desk.shown(order).price == D(55550)
    assert desk.shown(order).average_price == D(55000)


def test_an_order_that_finds_the_book_full_of_its_own_at_its_trigger_is_cancelled() -> None:
    desk = Desk(settings=VenueSettings(max_active_orders=1))
    placed(desk.order(BUY, "0.01", "45000"))
    order = placed(desk.order(BUY, "0.01", "50500", trigger_price=D(51000), trigger_direction=RISE))
    desk.price("51000")

    assert desk.shown(order).reject_reason is RejectReason.TOO_MANY_ORDERS


def test_a_limit_price_out_of_the_band_at_the_trigger_is_cancelled_if_it_may_not_move() -> None:
    desk = Desk()
    desk.do(SetBandAdjustment(account="a", adjust=False))
    order = placed(desk.order(BUY, "0.01", "60000", trigger_price=D(51000), trigger_direction=RISE))
    desk.price("51000")

    assert desk.shown(order).reject_reason is RejectReason.PRICE_BAND
