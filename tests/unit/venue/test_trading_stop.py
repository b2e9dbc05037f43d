"""The stops of a position: orders that follow its size and end with it."""

from dataclasses import replace

import pytest

from botrunner.venue.commands import SetTradingStop
from botrunner.venue.events import Outcome
from botrunner.venue.records import OrderSnapshot
from botrunner.venue.refusals import RefusalReason
from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    OrderStatus,
    OrderType,
    PositionIdx,
    PriceKind,
    Side,
    StopOrderType,
    TimeInForce,
)
from unit.venue.desk import BUY, SELL, D, Desk, fills, placed, refused, statuses

S = OrderStatus
R = RefusalReason


def stop(desk: Desk, **changes: str | PriceKind) -> Outcome:
    values = {k: v if isinstance(v, PriceKind) else D(v) for k, v in changes.items()}
    plain = SetTradingStop(account="a", symbol="BTCUSDT")
    return desk.do(replace(plain, **values))  # type: ignore[arg-type]  # fields by name


def stop_of_side(desk: Desk, idx: int, stop_loss: str) -> Outcome:
    return desk.do(
        SetTradingStop(
            account="a",
            symbol="BTCUSDT",
            position_idx=PositionIdx(idx),
            stop_loss=D(stop_loss),
        )
    )


def long_desk(balance: str = "10000") -> Desk:
    desk = Desk(balance=balance)
    placed(desk.order(BUY, "0.1"))
    return desk


def stops_of(desk: Desk) -> dict[StopOrderType, OrderSnapshot]:
    return {order.stop_order_type: order for order in desk.venue.open_orders("a")}


def test_the_stops_of_a_position_are_orders_of_the_venue() -> None:
    desk = long_desk()
    outcome = stop(desk, take_profit="52000", stop_loss="48000", stop_loss_by=PriceKind.MARK)
    orders = stops_of(desk)
    loss = orders[StopOrderType.STOP_LOSS]

    assert statuses(outcome.events) == [S.UNTRIGGERED, S.UNTRIGGERED]
    assert set(orders) == {StopOrderType.TAKE_PROFIT, StopOrderType.STOP_LOSS}
    assert (loss.side, loss.quantity, loss.price, loss.link_id) == (SELL, D("0.1"), D(0), "")
    assert (loss.order_type, loss.time_in_force) == (OrderType.MARKET, TimeInForce.IOC)
    assert (loss.reduce_only, loss.close_on_trigger) == (True, True)
    assert (loss.trigger_price, loss.trigger_by) == (D(48000), PriceKind.MARK)
    assert desk.position().stops.take_profit == D(52000)
    assert desk.position().stops.stop_loss_by is PriceKind.MARK


def test_a_stop_loss_closes_the_position_and_its_sibling_ends_in_the_same_match() -> None:
    desk = long_desk()
    stop(desk, take_profit="52000", stop_loss="48000")
    profit = stops_of(desk)[StopOrderType.TAKE_PROFIT]
    outcome = desk.price("47900")
    (fill,) = fills(outcome.events)
    sibling = desk.shown(profit)

    assert statuses(outcome.events) == [S.TRIGGERED, S.FILLED, S.DEACTIVATED]
    assert (fill.price, fill.create_type) == (D(47900), CreateType.STOP_LOSS)
    assert desk.position().size == 0
    assert (sibling.cancel_type, sibling.seq) == (CancelType.STOPS_CLEARED, fill.seq)
    assert desk.position().stops.take_profit is None


def test_the_take_profit_of_a_short_lies_below() -> None:
    desk = Desk()
    placed(desk.order(SELL, "0.1"))
    stop(desk, take_profit="48000", stop_loss="52000")
    (fill,) = fills(desk.price("48000").events)

    assert (fill.side, fill.stop_order_type) == (BUY, StopOrderType.TAKE_PROFIT)
    assert fill.pnl == D(200)


def test_stops_follow_the_size_of_the_position() -> None:
    desk = long_desk()
    stop(desk, stop_loss="48000")
    placed(desk.order(BUY, "0.05"))

    assert stops_of(desk)[StopOrderType.STOP_LOSS].quantity == D("0.15")

    placed(desk.order(SELL, "0.1"))

    assert stops_of(desk)[StopOrderType.STOP_LOSS].quantity == D("0.05")


def test_stops_end_when_the_position_is_closed_by_hand() -> None:
    desk = long_desk()
    stop(desk, stop_loss="48000")
    outcome = desk.order(SELL, "0.1")

    assert statuses(outcome.events) == [S.FILLED, S.DEACTIVATED]
    assert desk.venue.open_orders("a") == ()


def test_stops_end_when_the_position_flips() -> None:
    desk = long_desk()
    stop(desk, stop_loss="48000")
    placed(desk.order(SELL, "0.2"))

    assert desk.position().size == D("-0.1")
    assert desk.position().stops.stop_loss is None


def test_a_moved_stop_is_the_same_order() -> None:
    desk = long_desk()
    stop(desk, stop_loss="48000")
    before = stops_of(desk)[StopOrderType.STOP_LOSS]
    stop(desk, stop_loss="49000")
    after = stops_of(desk)[StopOrderType.STOP_LOSS]

    assert (after.order_id, after.trigger_price) == (before.order_id, D(49000))
    assert len(fills(desk.price("49000").events)) == 1


def test_nothing_removes_a_stop_and_leaves_the_other() -> None:
    desk = long_desk()
    stop(desk, take_profit="52000", stop_loss="48000")
    outcome = stop(desk, take_profit="0")

    assert statuses(outcome.events) == [S.DEACTIVATED]
    assert set(stops_of(desk)) == {StopOrderType.STOP_LOSS}


def test_a_cancelled_stop_is_gone_from_the_position() -> None:
    desk = long_desk()
    stop(desk, stop_loss="48000")
    desk.cancel(stops_of(desk)[StopOrderType.STOP_LOSS])

    assert desk.position().stops.stop_loss is None
    assert fills(desk.price("47000").events) == []


def test_a_stop_can_be_amended_like_an_order() -> None:
    desk = long_desk()
    stop(desk, stop_loss="48000")
    desk.amend(stops_of(desk)[StopOrderType.STOP_LOSS], trigger_price="48500")

    assert desk.position().stops.stop_loss == D(48500)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"take_profit": "50000"}, R.TAKE_PROFIT_WRONG_SIDE),
        ({"stop_loss": "50000"}, R.STOP_LOSS_WRONG_SIDE),
        ({"stop_loss": "48000.01"}, R.PRICE_INVALID),
        ({"take_profit": "52000", "stop_loss": "51000"}, R.STOP_LOSS_WRONG_SIDE),
        ({}, R.STOPS_UNCHANGED),
        ({"stop_loss": "0"}, R.STOPS_UNCHANGED),
        ({"trailing_distance": "0.05"}, R.TRAILING_INVALID),
        ({"trailing_distance": "-1"}, R.TRAILING_INVALID),
        ({"trailing_distance": "50000"}, R.TRAILING_INVALID),
        ({"trailing_distance": "100", "activation_price": "49000"}, R.TRAILING_INVALID),
    ],
)
def test_stops_are_refused_for(changes: dict[str, str], reason: RefusalReason) -> None:
    desk = long_desk()

    assert refused(stop(desk, **changes)).reason is reason
    assert desk.venue.open_orders("a") == ()


def test_the_same_stops_again_are_refused_as_unchanged() -> None:
    desk = long_desk()
    stop(desk, take_profit="52000", stop_loss="48000")

    assert refused(stop(desk, take_profit="52000", stop_loss="48000")).reason is R.STOPS_UNCHANGED


def test_a_wrong_stop_is_refused_with_the_price_it_was_compared_with() -> None:
    refusal = refused(stop(long_desk(), stop_loss="51000"))

    assert (refusal.value, refusal.limit) == (D(51000), D(50000))


def test_an_index_of_the_other_mode_is_refused() -> None:
    assert refused(stop_of_side(long_desk(), 1, "1")).reason is R.POSITION_IDX_MISMATCH


@pytest.mark.parametrize(("idx", "side"), [(1, BUY), (2, SELL)])
def test_each_side_of_a_hedge_has_its_own_stops(idx: int, side: Side) -> None:
    desk = Desk()
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))
    placed(desk.order(SELL, "0.1", idx=2))
    loss = "48000" if side is BUY else "52000"
    stop_of_side(desk, idx, loss)
    (fill,) = fills(desk.price(loss).events)

    assert fill.position_idx == idx
    assert desk.position(idx).size == 0
    assert desk.position(3 - idx).size != 0


def test_stops_given_with_an_order_begin_with_its_first_fill() -> None:
    desk = Desk(balance="100000")
    desk.book("49999:1", "50001:0.1")
    order = placed(desk.order(BUY, "0.3", "50001", take_profit=D(52000), stop_loss=D(48000)))
    first = stops_of(desk)[StopOrderType.STOP_LOSS]
    desk.book("", "50001:1", snapshot=False)
    later = stops_of(desk)[StopOrderType.STOP_LOSS]

    assert first.quantity == D("0.1")
    assert desk.shown(order).status is S.FILLED
    assert (later.order_id, later.quantity) == (first.order_id, D("0.3"))


def test_stops_that_were_changed_since_are_not_set_again_by_later_fills() -> None:
    desk = Desk(balance="100000")
    desk.book("49999:1", "50001:0.1")
    placed(desk.order(BUY, "0.3", "50001", stop_loss=D(48000)))
    stop(desk, stop_loss="49000")
    desk.book("", "50001:1", snapshot=False)

    assert desk.position().stops.stop_loss == D(49000)


def test_an_attached_stop_that_is_already_passed_triggers_at_once() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", "49000", stop_loss=D(48500)))
    outcome = desk.price("48000")

    assert [f.price for f in fills(outcome.events)] == [D(49000), D(48000)]
    assert desk.position().size == 0


def test_a_stop_that_finds_no_depth_ends_and_leaves_the_position() -> None:
    desk = Desk(balance="100000")
    desk.book("49999:1", "50001:1")
    placed(desk.order(BUY, "0.1"))
    stop(desk, stop_loss="48000")
    desk.book("", "50001:1")
    outcome = desk.price("48000")

    assert statuses(outcome.events) == [S.TRIGGERED, S.CANCELLED]
    assert desk.position().size == D("0.1")
    assert desk.position().stops.stop_loss is None


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back() -> None:
    desk = long_desk()
    stop(desk, trailing_distance="500")
    trail = stops_of(desk)[StopOrderType.TRAILING_STOP]
    desk.price("51000")
    moved = desk.shown(trail)
    desk.price("50600")

    assert trail.trigger_price == D(49500)
    assert moved.trigger_price == D(50500)
    assert desk.shown(trail).trigger_price == D(50500)

    (fill,) = fills(desk.price("50500").events)

    assert (fill.price, fill.create_type) == (D(50500), CreateType.TRAILING_STOP)
    assert desk.position().stops.trailing_distance is None


def test_a_trailing_stop_with_activation_waits_for_it() -> None:
    desk = long_desk()
    stop(desk, trailing_distance="500", activation_price="51000")

    assert fills(desk.price("49000").events) == []
    assert desk.position().stops.activation_price == D(51000)

    desk.price("51000")

    assert desk.position().stops.activation_price is None
    assert len(fills(desk.price("50500").events)) == 1


def test_the_trailing_stop_of_a_short_follows_downwards() -> None:
    desk = Desk()
    placed(desk.order(SELL, "0.1"))
    stop(desk, trailing_distance="500")
    desk.price("49000")

    assert stops_of(desk)[StopOrderType.TRAILING_STOP].trigger_price == D(49500)
    assert len(fills(desk.price("49500").events)) == 1


def test_a_trailing_stop_can_be_replaced_and_removed() -> None:
    desk = long_desk()
    stop(desk, trailing_distance="500")
    stop(desk, trailing_distance="900")

    assert desk.position().stops.trailing_distance == D(900)
    assert len(desk.venue.open_orders("a")) == 1

    stop(desk, trailing_distance="0")

    assert desk.venue.open_orders("a") == ()
    assert desk.price("45000").events == ()


def test_an_attached_stop_between_the_limit_and_the_price_triggers_at_once() -> None:
    desk = Desk()
    outcome = desk.order(BUY, "0.1", "50100", stop_loss=D(50050))

    assert [f.side for f in fills(outcome.events)] == [BUY, SELL]
    assert desk.position().size == 0


def test_only_the_stop_that_differs_is_told() -> None:
    desk = long_desk()
    stop(desk, take_profit="52000", stop_loss="48000")
    outcome = stop(desk, take_profit="52000", stop_loss="48500")

    assert statuses(outcome.events) == [S.UNTRIGGERED]


def test_the_activation_of_a_trailing_stop_can_be_changed() -> None:
    desk = long_desk()
    stop(desk, trailing_distance="500", activation_price="51000")
    stop(desk, trailing_distance="500", activation_price="52000")

    assert desk.position().stops.activation_price == D(52000)
