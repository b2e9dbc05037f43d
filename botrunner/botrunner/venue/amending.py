"""Changing and cancelling open orders."""

from decimal import Decimal

from botrunner.venue.account import Account
from botrunner.venue.admission import (
    check_price,
    check_quantity,
    check_stop_side,
    check_trigger,
)
from botrunner.venue.commands import AmendOrder, CancelAll, CancelOrder
from botrunner.venue.floor import Floor
from botrunner.venue.matching import work
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.requirement import held_to_band, refuse_exposure
from botrunner.venue.vocabulary import (
    CancelType,
    OrderFilter,
    OrderStatus,
    OrderType,
    RejectReason,
    StopOrderType,
)
from botrunner.venue.working import arm, end, report, withdraw

_R = RefusalReason
_FIELDS = ("quantity", "price", "trigger_price", "take_profit", "stop_loss")


def cancel(floor: Floor, account: Account, command: CancelOrder) -> Order | Refusal:
    """Cancel one order."""
    order = _find(account, command.symbol, command.order_id, command.link_id)
    if order is None:
        return Refusal(reason=_R.ORDER_NOT_FOUND)
    _cancel(floor, order)
    return order


def cancel_all(floor: Floor, account: Account, command: CancelAll) -> list[Order]:
    """Cancel what the filter means, oldest first."""
    orders = [
        order
        for order in account.open_orders.values()
        if command.symbol in (None, order.symbol) and _is_meant(order, command.order_filter)
    ]
    for order in orders:
        _cancel(floor, order)
    return orders


def amend(floor: Floor, account: Account, command: AmendOrder) -> Order | Refusal:
    """Change an order; nothing is changed if anything about the change is wrong."""
    order = _find(account, command.symbol, command.order_id, command.link_id)
    if order is None:
        return Refusal(reason=_R.ORDER_NOT_FOUND)
    refusal = _refuse_fields(floor, order, command)
    if refusal is not None:
        return refusal
    if order.status is OrderStatus.UNTRIGGERED:
        _amend_untriggered(floor, order, command)
        return order
    return _amend_active(floor, account, order, command)


def _amend_untriggered(floor: Floor, order: Order, command: AmendOrder) -> None:
    waits = order.ladder is not None
    withdraw(floor, order)
    for field in _FIELDS:
        value = getattr(command, field)
        if value is not None:
            setattr(order, field, _or_none(field, value))
    if waits:
        arm(floor, order)
    report(floor, order, OrderStatus.UNTRIGGERED, floor.next_seq())


def _amend_active(
    floor: Floor, account: Account, order: Order, command: AmendOrder
) -> Order | Refusal:
    market = floor.markets[order.symbol]
    price: Decimal | Refusal = order.price
    if command.price is not None:
        price = held_to_band(floor, account, market, order.side, command.price)
    if isinstance(price, Refusal):
        return price
    quantity = command.quantity if command.quantity is not None else order.quantity
    if order.closing:
        size = floor.holding(account, order.symbol).position(order.position_idx).size
        quantity = min(quantity, order.filled_quantity + abs(size))
    refusal = _refuse_change(floor, order, price, quantity)
    if refusal is not None:
        return refusal
    for field in ("take_profit", "stop_loss"):
        value = getattr(command, field)
        if value is not None:
            setattr(order, field, _or_none(field, value))
    _apply_change(floor, account, order, price, quantity)
    return order


def _refuse_change(floor: Floor, order: Order, price: Decimal, quantity: Decimal) -> Refusal | None:
    old_price, booked_value = order.price, order.booked_quantity * order.price
    order.price = price
    refusal = refuse_exposure(
        floor, order, quantity=quantity - order.filled_quantity, booked_value=booked_value
    )
    order.price = old_price
    return refusal


def _apply_change(
    floor: Floor, account: Account, order: Order, price: Decimal, quantity: Decimal
) -> None:
    seq = floor.next_seq()
    if price == order.price and quantity <= order.quantity:
        if order.booked_quantity:
            holding = account.holdings[order.symbol]
            holding.book_open(order, quantity - order.quantity)
        order.quantity = quantity
        report(floor, order, order.status or OrderStatus.NEW, seq)
        return
    withdraw(floor, order)
    order.price = price
    order.quantity = quantity
    work(floor, order, seq)


def _refuse_fields(floor: Floor, order: Order, command: AmendOrder) -> Refusal | None:
    given = [field for field in _FIELDS if getattr(command, field) is not None]
    current = {field: getattr(order, field) or ZERO for field in _FIELDS}
    if all(getattr(command, field) == current[field] for field in given):
        return Refusal(reason=_R.AMEND_UNCHANGED)
    for field in given:
        if not _may_have(order, field):
            return Refusal(reason=_R.AMEND_NOT_ALLOWED, field=field)
    return (
        _refuse_quantity(floor, order, command.quantity)
        or _refuse_prices(floor, order, command)
        or _refuse_trigger(floor, order, command.trigger_price)
    )


def _may_have(order: Order, field: str) -> bool:
    if order.is_position_stop:
        return field == "trigger_price"
    match field:
        case "trigger_price":
            return order.status is OrderStatus.UNTRIGGERED
        case "price":
            return order.order_type is OrderType.LIMIT
        case "take_profit" | "stop_loss":
            return not order.closing and not order.filled_quantity
        case _:
            return not order.whole_position


def _refuse_quantity(floor: Floor, order: Order, quantity: Decimal | None) -> Refusal | None:
    if quantity is None:
        return None
    contract = floor.markets[order.symbol].instrument
    if quantity <= order.filled_quantity and order.filled_quantity:
        return Refusal(reason=_R.AMEND_BELOW_FILLED, value=quantity, limit=order.filled_quantity)
    largest = contract.max_quantity
    return check_quantity(contract, quantity, max(largest, quantity) if order.closing else largest)


def _refuse_prices(floor: Floor, order: Order, command: AmendOrder) -> Refusal | None:
    contract = floor.markets[order.symbol].instrument
    for field in ("price", "take_profit", "stop_loss"):
        value = getattr(command, field)
        removes = field != "price" and value == ZERO
        refusal = check_price(contract, value, field) if value is not None else None
        if refusal is not None and not removes:
            return refusal
    price = command.price or order.price
    quantity = command.quantity or order.quantity
    if price and not order.closing and price * quantity < contract.min_notional:
        return Refusal(
            reason=_R.NOTIONAL_BELOW_MINIMUM, value=price * quantity, limit=contract.min_notional
        )
    return check_stop_side(
        sign=order.sign,
        take_profit=command.take_profit,
        stop_loss=command.stop_loss,
        against=price or order.trigger_price or ZERO,
    )


def _refuse_trigger(floor: Floor, order: Order, trigger: Decimal | None) -> Refusal | None:
    if trigger is None or order.trigger_direction is None:
        return None
    market = floor.markets[order.symbol]
    if check_price(market.instrument, trigger, "trigger_price") is not None:
        return Refusal(reason=_R.TRIGGER_INVALID, value=trigger, field="trigger_price")
    current = floor.prices(order.symbol).of(order.trigger_by)
    return check_trigger(trigger, order.trigger_direction, current)


def _or_none(field: str, value: Decimal) -> Decimal | None:
    return None if field in ("take_profit", "stop_loss") and not value else value


def _find(account: Account, symbol: str, order_id: str, link_id: str) -> Order | None:
    order = account.find_open(order_id, link_id)
    return order if order is not None and order.symbol == symbol else None


def _cancel(floor: Floor, order: Order) -> None:
    reason = RejectReason.CANCELLED_BY_REQUEST
    end(floor, order, floor.next_seq(), cancel_type=CancelType.USER, reject_reason=reason)


def _is_meant(order: Order, order_filter: OrderFilter) -> bool:
    untriggered = order.status is OrderStatus.UNTRIGGERED
    match order_filter:
        case OrderFilter.ALL:
            return True
        case OrderFilter.ACTIVE:
            return not untriggered
        case OrderFilter.CONDITIONAL:
            return untriggered
        case OrderFilter.USER_CONDITIONAL:
            return untriggered and order.stop_order_type is StopOrderType.STOP
