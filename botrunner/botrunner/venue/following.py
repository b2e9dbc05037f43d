"""What follows a position when its size changes: its stops, and orders that may only reduce it."""

from botrunner.venue.account import Holding
from botrunner.venue.floor import Floor
from botrunner.venue.order import Order
from botrunner.venue.position import Position
from botrunner.venue.stops import set_stop
from botrunner.venue.vocabulary import CancelType, OrderStatus, RejectReason, StopOrderType
from botrunner.venue.working import end, report


def attach_stops(floor: Floor, holding: Holding, order: Order, seq: int) -> None:
    """Hand an order's take profit and stop loss to the position, at its first opening fill."""
    position = holding.position(order.position_idx)
    if order.stops_attached or order.closing or position.size * order.sign <= 0:
        return
    order.stops_attached = True
    for kind, price, by in (
        (StopOrderType.TAKE_PROFIT, order.take_profit, order.take_profit_by),
        (StopOrderType.STOP_LOSS, order.stop_loss, order.stop_loss_by),
    ):
        if price is not None:
            set_stop(floor, holding, position, kind, price=price, by=by, seq=seq)


def follow_position(floor: Floor, holding: Holding, position: Position, seq: int) -> None:
    """Resize what belongs to the position; what has nothing left to reduce ends."""
    for order in list(position.stops.values()):
        if order.status is OrderStatus.UNTRIGGERED:
            _follow_stop(floor, position, order, seq)
    for order in list(holding.closing_orders.values()):
        if order.position_idx is position.position_idx:
            _follow_closing(floor, position, order, seq)


def _follow_stop(floor: Floor, position: Position, order: Order, seq: int) -> None:
    if not position.size or order.side is not position.closing_side:
        end(floor, order, seq, cancel_type=CancelType.STOPS_CLEARED)
    elif order.quantity != abs(position.size):
        order.quantity = abs(position.size)
        report(floor, order, OrderStatus.UNTRIGGERED, seq)


def _follow_closing(floor: Floor, position: Position, order: Order, seq: int) -> None:
    if not position.size or order.side is not position.closing_side:
        reason = RejectReason.REDUCE_ONLY
        end(floor, order, seq, cancel_type=CancelType.REDUCE_ONLY, reject_reason=reason)
    elif order.leaves > abs(position.size) and order.status is not None:
        order.quantity = order.filled_quantity + abs(position.size)
        report(floor, order, order.status, seq)
