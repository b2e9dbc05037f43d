"""Orders that may only reduce a position: reduce-only, and closes in hedge mode."""

from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    OrderStatus,
    RejectReason,
    TriggerDirection,
)
from unit.venue.desk import BUY, SELL, D, Desk, contract, fills, placed, statuses


def long_desk() -> Desk:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    return desk


def test_a_reduce_only_order_is_trimmed_to_the_position() -> None:
    order = placed(long_desk().order(SELL, "0.3", reduce_only=True))

    assert (order.quantity, order.filled_quantity) == (D("0.1"), D("0.1"))
    assert order.status is OrderStatus.FILLED


def test_a_resting_reduce_only_order_locks_no_margin() -> None:
    desk = long_desk()
    before = desk.wallet().available
    placed(desk.order(SELL, "0.1", "51000", reduce_only=True))

    assert desk.wallet().order_initial_margin == 0
    assert desk.wallet().available == before


def test_a_resting_reduce_only_order_shrinks_with_the_position() -> None:
    desk = long_desk()
    order = placed(desk.order(SELL, "0.1", "51000", reduce_only=True))
    placed(desk.order(SELL, "0.04"))

    assert desk.shown(order).quantity == D("0.06")


def test_a_reduce_only_order_ends_with_the_position() -> None:
    desk = long_desk()
    order = placed(desk.order(SELL, "0.1", "51000", reduce_only=True))
    outcome = desk.order(SELL, "0.1")
    ended = desk.shown(order)

    assert ended.status is OrderStatus.CANCELLED
    assert ended.cancel_type is CancelType.REDUCE_ONLY
    assert statuses(outcome.events) == [OrderStatus.FILLED, OrderStatus.CANCELLED]


def test_of_many_reduce_only_orders_a_step_fills_only_what_the_position_has() -> None:
    desk = long_desk()
    for _ in range(3):
        placed(desk.order(SELL, "0.06", "51000", reduce_only=True))
    filled = fills(desk.price("51000").events)

    assert [f.quantity for f in filled] == [D("0.06"), D("0.04")]
    assert desk.position().size == 0
    assert desk.venue.open_orders("a") == ()


def test_a_reduce_only_order_of_the_other_side_ends_when_the_position_flips() -> None:
    desk = long_desk()
    order = placed(desk.order(SELL, "0.1", "51000", reduce_only=True))
    placed(desk.order(SELL, "0.3"))

    assert desk.position().size == D("-0.2")
    assert desk.shown(order).cancel_type is CancelType.REDUCE_ONLY


def test_quantity_nothing_closes_the_whole_position() -> None:
    desk = long_desk()
    order = placed(desk.order(SELL, "0", reduce_only=True, close_on_trigger=True))

    assert (order.quantity, order.create_type) == (D("0.1"), CreateType.CLOSING)
    assert desk.position().size == 0


def test_quantity_nothing_closes_at_most_the_largest_order() -> None:
    desk = Desk(instruments=[contract(max_market_quantity=D("0.06"))])
    placed(desk.order(BUY, "0.05"))
    placed(desk.order(BUY, "0.05"))
    order = placed(desk.order(SELL, "0", reduce_only=True, close_on_trigger=True))

    assert order.filled_quantity == D("0.06")
    assert desk.position().size == D("0.04")


def test_a_reduce_only_order_may_be_larger_than_the_largest_order() -> None:
    desk = Desk(instruments=[contract(max_market_quantity=D("0.06"))])
    placed(desk.order(BUY, "0.05"))
    placed(desk.order(BUY, "0.05"))

    assert placed(desk.order(SELL, "0.1", reduce_only=True)).filled_quantity == D("0.1")


def test_a_close_in_hedge_mode_is_trimmed_and_never_flips() -> None:
    desk = Desk()
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))
    order = placed(desk.order(SELL, "0.3", idx=1))

    assert order.filled_quantity == D("0.1")
    assert not order.reduce_only
    assert desk.position(1).size == desk.position(2).size == 0


def test_the_sides_of_hedge_mode_are_kept_apart() -> None:
    desk = Desk()
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))
    placed(desk.order(SELL, "0.2", idx=2))
    placed(desk.order(BUY, "0.05", idx=2))

    assert (desk.position(1).size, desk.position(2).size) == (D("0.1"), D("-0.15"))


def test_closing_one_side_of_a_hedge_leaves_the_orders_of_the_other() -> None:
    desk = Desk()
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))
    placed(desk.order(SELL, "0.1", idx=2))
    kept = placed(desk.order(BUY, "0.1", "49000", idx=2))
    placed(desk.order(SELL, "0.1", idx=1))

    assert desk.shown(kept).status is OrderStatus.NEW


def test_a_conditional_reduce_only_order_may_wait_without_a_position() -> None:
    desk = Desk()
    order = placed(
        desk.order(
            SELL,
            "0.1",
            reduce_only=True,
            trigger_price=D(49000),
            trigger_direction=TriggerDirection.FALL,
        )
    )
    outcome = desk.price("49000")

    assert order.status is OrderStatus.UNTRIGGERED
    assert statuses(outcome.events) == [OrderStatus.TRIGGERED, OrderStatus.REJECTED]
    assert desk.shown(order).reject_reason is RejectReason.REDUCE_ONLY


def test_an_order_against_the_position_costs_only_for_what_exceeds_it() -> None:
    desk = long_desk()
    placed(desk.order(SELL, "0.1", "50500"))

    assert desk.wallet().order_initial_margin == 0

    placed(desk.order(SELL, "0.1", "50500"))

    # Half of 10,100 at 0.1 + 0.00055 + 1.1 * 0.00055.
    assert desk.wallet().order_initial_margin == D("5050") * D("0.101155")
