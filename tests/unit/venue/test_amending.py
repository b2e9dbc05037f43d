"""Amending and cancelling."""

import pytest

from botrunner.venue.commands import CancelAll, CancelOrder, SetBandAdjustment
from botrunner.venue.records import OrderSnapshot
from botrunner.venue.refusals import RefusalReason
from botrunner.venue.vocabulary import (
    CancelType,
    OrderFilter,
    OrderStatus,
    RejectReason,
    TimeInForce,
    TriggerDirection,
)
from unit.venue.desk import BUY, SELL, D, Desk, contract, fills, placed, refused, statuses


def test_an_amendment_keeps_the_id_and_moves_the_margin() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000"))
    changed = placed(desk.amend(order, price="48000", quantity="0.2"))

    assert (changed.order_id, changed.price, changed.quantity) == (
        order.order_id,
        D(48000),
        D("0.2"),
    )
    assert desk.wallet().order_initial_margin == D(9600) * D("0.101045")


def test_an_amended_price_that_crosses_takes() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000"))
    (fill,) = fills(desk.amend(order, price="50100").events)

    assert (fill.price, fill.is_maker) == (D(50000), False)
    assert desk.shown(order).status is OrderStatus.FILLED


def test_an_amended_post_only_order_that_would_take_is_cancelled() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000", time_in_force=TimeInForce.POST_ONLY))
    changed = placed(desk.amend(order, price="50000"))

    assert changed.reject_reason is RejectReason.POST_ONLY_WOULD_TAKE


def test_the_new_quantity_counts_what_is_filled() -> None:
    desk = Desk(balance="100000")
    desk.book("49999:1", "50001:0.1")
    order = placed(desk.order(BUY, "0.3", "50001"))
    changed = placed(desk.amend(order, quantity="0.2"))

    assert (changed.leaves_quantity, changed.status) == (
        D("0.1"),
        OrderStatus.PARTIALLY_FILLED,
    )
    below = refused(desk.amend(order, quantity="0.1"))
    assert below.reason is RefusalReason.AMEND_BELOW_FILLED


def test_an_amended_price_is_held_to_the_band() -> None:
    desk = Desk(balance="100000")
    desk.book("49000:1", "51000:1")
    order = placed(desk.order(BUY, "0.1", "49500"))

    # Mark 50,000: index and mark * 1.01 allow 50,500; nobody asks below 51,000.
    assert placed(desk.amend(order, price="50900")).price == D(50500)


def test_a_closing_order_is_amended_within_the_position() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    order = placed(desk.order(SELL, "0.05", "51000", reduce_only=True))

    assert placed(desk.amend(order, quantity="0.3")).quantity == D("0.1")


def test_a_waiting_order_is_amended_where_it_waits() -> None:
    desk = Desk()
    order = placed(
        desk.order(BUY, "0.1", trigger_price=D(51000), trigger_direction=TriggerDirection.RISE)
    )
    changed = placed(desk.amend(order, trigger_price="52000", quantity="0.2"))

    assert (changed.status, changed.trigger_price) == (OrderStatus.UNTRIGGERED, D(52000))
    assert fills(desk.price("51000").events) == []
    assert [f.quantity for f in fills(desk.price("52000").events)] == [D("0.2")]


def test_a_waiting_order_cannot_be_amended_to_a_trigger_on_the_wrong_side() -> None:
    desk = Desk()
    order = placed(
        desk.order(BUY, "0.1", trigger_price=D(51000), trigger_direction=TriggerDirection.RISE)
    )

    refusal = refused(desk.amend(order, trigger_price="49000"))
    assert refusal.reason is RefusalReason.TRIGGER_NOT_ABOVE


def test_the_stops_of_an_order_can_be_changed_and_removed_before_it_fills() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000", take_profit=D(52000), stop_loss=D(48000)))
    changed = placed(desk.amend(order, take_profit="53000", stop_loss="0"))
    desk.price("49000")

    assert (changed.take_profit, changed.stop_loss) == (D(53000), None)
    assert desk.position().stops.take_profit == D(53000)
    assert desk.position().stops.stop_loss is None


def test_a_cancelled_order_frees_its_margin_and_is_remembered() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000", link_id="x"))
    cancelled = placed(desk.cancel(order))

    assert (cancelled.status, cancelled.cancel_type) == (
        OrderStatus.CANCELLED,
        CancelType.USER,
    )
    assert desk.wallet().available == D(10000)
    assert desk.venue.order("a", link_id="x") == cancelled
    assert list(desk.venue.closed_orders("a")) == [cancelled]
    assert refused(desk.cancel(order)).reason is RefusalReason.ORDER_NOT_FOUND


def test_an_order_can_be_cancelled_by_the_clients_id() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", "49000", link_id="x"))
    outcome = desk.do(CancelOrder(account="a", symbol="BTCUSDT", link_id="x"))

    assert placed(outcome).status is OrderStatus.CANCELLED


def test_an_order_is_not_found_under_another_symbol_or_account() -> None:
    desk = Desk(instruments=[contract(), contract("ETHUSDT")])
    desk.open("b", "1000")
    order = placed(desk.order(BUY, "0.1", "49000"))
    elsewhere = CancelOrder(account="a", symbol="ETHUSDT", order_id=order.order_id)
    stranger = CancelOrder(account="b", symbol="BTCUSDT", order_id=order.order_id)

    assert refused(desk.do(elsewhere)).reason is RefusalReason.ORDER_NOT_FOUND
    assert refused(desk.do(stranger)).reason is RefusalReason.ORDER_NOT_FOUND


def test_an_untriggered_order_that_is_cancelled_is_deactivated() -> None:
    desk = Desk()
    order = placed(
        desk.order(BUY, "0.1", trigger_price=D(51000), trigger_direction=TriggerDirection.RISE)
    )
    ended = placed(desk.cancel(order))

    assert (ended.status, ended.cancel_type) == (OrderStatus.DEACTIVATED, CancelType.USER)
    assert fills(desk.price("51000").events) == []


@pytest.mark.parametrize(
    ("order_filter", "left"),
    [
        (OrderFilter.ALL, set()),
        (OrderFilter.ACTIVE, {"waiting", "stop"}),
        (OrderFilter.CONDITIONAL, {"active"}),
        (OrderFilter.USER_CONDITIONAL, {"active", "stop"}),
    ],
)
def test_cancel_all_cancels_what_its_filter_means(
    order_filter: OrderFilter, left: set[str]
) -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", stop_loss=D(40000)))
    placed(desk.order(BUY, "0.1", "49000", link_id="active"))
    placed(
        desk.order(
            BUY,
            "0.1",
            link_id="waiting",
            trigger_price=D(51000),
            trigger_direction=TriggerDirection.RISE,
        )
    )
    outcome = desk.do(CancelAll(account="a", order_filter=order_filter))

    assert len(outcome.orders) == 3 - len(left)
    assert {o.link_id or "stop" for o in desk.venue.open_orders("a")} == left


def test_cancel_all_keeps_to_its_symbol_and_goes_oldest_first() -> None:
    desk = Desk(instruments=[contract(), contract("ETHUSDT")])
    desk.price("50000", symbol="ETHUSDT")
    first = placed(desk.order(BUY, "0.01", "49000"))
    second = placed(desk.order(BUY, "0.01", "49500"))
    other = placed(desk.order(BUY, "0.01", "49000", symbol="ETHUSDT"))
    outcome = desk.do(CancelAll(account="a", symbol="BTCUSDT"))

    assert [o.order_id for o in outcome.orders] == [first.order_id, second.order_id]
    assert statuses(outcome.events) == [OrderStatus.CANCELLED] * 2
    assert desk.venue.open_orders("a") == (other,)


def test_less_quantity_frees_its_margin() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.2", "49000"))
    desk.amend(order, quantity="0.1")

    assert desk.wallet().order_initial_margin == D(4900) * D("0.101045")


def test_a_closing_order_with_fills_is_amended_to_them_and_what_is_left() -> None:
    desk = Desk(balance="100000")
    desk.book("49999:1", "50001:1")
    placed(desk.order(BUY, "0.1"))
    order = placed(desk.order(SELL, "0.1", "50500", reduce_only=True))
    desk.book("50500:0.04", "", snapshot=False)
    changed = placed(desk.amend(order, quantity="0.3"))

    assert (changed.quantity, changed.leaves_quantity) == (D("0.1"), D("0.06"))


def partly_filled() -> tuple[Desk, OrderSnapshot]:
    desk = Desk(balance="1000")
    desk.book("49999:1", "50001:0.1")
    return desk, placed(desk.order(BUY, "0.18", "50001"))


def test_an_amended_order_needs_margin_only_for_what_is_not_filled() -> None:
    # About 505 are in the position and 404 in the order; 0.19 needs some 50 more.
    desk, order = partly_filled()

    assert placed(desk.amend(order, quantity="0.19")).leaves_quantity == D("0.09")


def test_the_stops_of_an_order_with_fills_are_the_positions_business() -> None:
    desk, order = partly_filled()

    assert refused(desk.amend(order, stop_loss="48000")).reason is RefusalReason.AMEND_NOT_ALLOWED


def test_an_amended_order_counts_once_towards_its_tier() -> None:
    desk = Desk(balance="100000")
    desk.leverage("100")
    order = placed(desk.order(BUY, "39", "49900"))

    assert placed(desk.amend(order, price="49950")).price == D(49950)


def test_an_amended_price_beyond_the_band_is_refused_if_it_may_not_move() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49500"))
    desk.do(SetBandAdjustment(account="a", adjust=False))

    assert refused(desk.amend(order, price="50900")).reason is RefusalReason.PRICE_ABOVE_BAND


def test_an_amended_trigger_lies_on_the_tick() -> None:
    desk = Desk()
    order = placed(
        desk.order(BUY, "0.1", trigger_price=D(51000), trigger_direction=TriggerDirection.RISE)
    )

    refusal = refused(desk.amend(order, trigger_price="51000.01"))
    assert refusal.reason is RefusalReason.TRIGGER_INVALID
