"""How orders enter the book, wait for triggers, and end. Every change is reported here."""

from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.events import OrderChanged
from botrunner.venue.floor import Floor
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.order_life import TRANSITIONS
from botrunner.venue.position import Position
from botrunner.venue.vocabulary import CancelType, OrderStatus, RejectReason


def report(floor: Floor, order: Order, status: OrderStatus, seq: int) -> None:
    """Change the status (or keep it) and tell; an ended order goes to the history."""
    account, holding = _home(floor, order)
    order.become(status)
    order.seq = seq
    order.updated_at = floor.at
    snapshot = order.snapshot()
    floor.tape.flow.append(OrderChanged(order=snapshot))
    position = holding.position(order.position_idx)
    floor.tape.touch(account, order.symbol, position, seq)
    if TRANSITIONS[status]:
        account.open_orders[order.order_id] = order
        return
    account.remember(snapshot)
    if order.is_position_stop:
        _detach(floor, order, position)


def rest(floor: Floor, order: Order) -> None:
    """Queue up in the book at the order's price, behind the outside quantity there."""
    _, holding = _home(floor, order)
    market = floor.markets[order.symbol]
    order.wait_in(market.resting(order.side), order.price)
    beside = market.own_side(order.side)
    order.queue_ahead = beside.quantity(order.price) if beside else ZERO
    holding.active_orders += 1
    if order.closing:
        holding.closing_orders[order.number] = order
    else:
        holding.book_open(order, order.leaves)


def arm(floor: Floor, order: Order) -> None:
    """Wait for the trigger. Only for an order that has one."""
    if order.trigger_price is None or order.trigger_direction is None:
        raise ValueError("an order without a trigger cannot wait for it")
    _, holding = _home(floor, order)
    market = floor.markets[order.symbol]
    ladder = market.triggers_of(order.trigger_by).ladder(order.trigger_direction)
    order.wait_in(ladder, order.trigger_price)
    if not order.is_position_stop:
        holding.conditional_orders += 1


def withdraw(floor: Floor, order: Order) -> None:
    """Take an order from where it waits; its margin is free again."""
    if order.ladder is None:
        return
    order.leave()
    _, holding = _home(floor, order)
    if order.status is OrderStatus.UNTRIGGERED:
        if not order.is_position_stop:
            holding.conditional_orders -= 1
        return
    holding.active_orders -= 1
    if order.closing:
        del holding.closing_orders[order.number]
    else:
        holding.book_open(order, -order.booked_quantity)


def unbook(holding: Holding, order: Order, quantity: Decimal) -> None:
    """Take a filled quantity of a resting order off the margin of open orders."""
    if order.booked_quantity:
        holding.book_open(order, -quantity)


def end(
    floor: Floor,
    order: Order,
    seq: int,
    *,
    cancel_type: CancelType,
    reject_reason: RejectReason = RejectReason.NONE,
    status: OrderStatus = OrderStatus.CANCELLED,
) -> None:
    """End an order that is not filled; before its trigger that is always a deactivation."""
    if order.status is OrderStatus.UNTRIGGERED:
        status = OrderStatus.DEACTIVATED
    withdraw(floor, order)
    order.cancel_type = cancel_type
    order.reject_reason = reject_reason
    report(floor, order, status, seq)


def _detach(floor: Floor, order: Order, position: Position) -> None:
    if position.stops.get(order.stop_order_type) is order:
        del position.stops[order.stop_order_type]
    if position.trail is not None and position.trail.order is order:
        position.trail = None
        del floor.markets[order.symbol].trails[order.number]


def _home(floor: Floor, order: Order) -> tuple[Account, Holding]:
    account = floor.accounts[order.account]
    return account, account.holdings[order.symbol]
