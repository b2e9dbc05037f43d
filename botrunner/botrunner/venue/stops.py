"""The stops of a position: orders of the venue that follow its size and end with it."""

from decimal import Decimal

from botrunner.venue.account import Holding
from botrunner.venue.floor import Floor, identity
from botrunner.venue.order import Order
from botrunner.venue.position import Position, Trail
from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    OrderStatus,
    OrderType,
    PriceKind,
    StopOrderType,
    TimeInForce,
    TriggerDirection,
)
from botrunner.venue.working import arm, end, report, withdraw

_CREATE_TYPES = {
    StopOrderType.TAKE_PROFIT: CreateType.TAKE_PROFIT,
    StopOrderType.STOP_LOSS: CreateType.STOP_LOSS,
    StopOrderType.TRAILING_STOP: CreateType.TRAILING_STOP,
}


def set_stop(
    floor: Floor,
    holding: Holding,
    position: Position,
    kind: StopOrderType,
    *,
    price: Decimal,
    by: PriceKind,
    seq: int,
) -> None:
    """Set the take profit or stop loss of an open position, or move the one it has."""
    order = position.stops.get(kind)
    if order is None:
        order = _new_stop(floor, holding, position, kind, seq)
    withdraw(floor, order)
    order.trigger_price = price
    order.trigger_by = by
    order.trigger_direction = _direction(position, kind)
    arm(floor, order)
    report(floor, order, OrderStatus.UNTRIGGERED, seq)
    floor.to_trigger[holding.symbol] = None


def set_trail(
    floor: Floor,
    holding: Holding,
    position: Position,
    *,
    distance: Decimal,
    activation_price: Decimal | None,
    seq: int,
) -> None:
    """Set a trailing stop; one that is there is replaced."""
    remove_stop(floor, position, StopOrderType.TRAILING_STOP, seq)
    order = _new_stop(floor, holding, position, StopOrderType.TRAILING_STOP, seq)
    last = floor.prices(holding.symbol).last
    start = last if activation_price is None else activation_price
    order.trigger_price = start - position.sign * distance
    order.trigger_direction = _direction(position, StopOrderType.TRAILING_STOP)
    if activation_price is None:
        arm(floor, order)
    trail = Trail(order=order, distance=distance, activation_price=activation_price)
    position.trail = trail
    floor.markets[holding.symbol].trails[order.number] = trail
    report(floor, order, OrderStatus.UNTRIGGERED, seq)


def remove_stop(floor: Floor, position: Position, kind: StopOrderType, seq: int) -> None:
    """Remove one stop, if the position has it."""
    order = position.stops.get(kind)
    if order is not None:
        end(floor, order, seq, cancel_type=CancelType.STOPS_CLEARED)


def follow_last_price(floor: Floor, symbol: str) -> None:
    """Move the trailing stops of a symbol after its last price."""
    last = floor.prices(symbol).last
    for trail in list(floor.markets[symbol].trails.values()):
        sign = -trail.order.sign
        if trail.activation_price is not None:
            if sign * (last - trail.activation_price) < 0:
                continue
            trail.activation_price = None
            _move_trail(floor, trail, last - sign * trail.distance)
        elif sign * (last - sign * trail.distance - (trail.order.trigger_price or 0)) > 0:
            _move_trail(floor, trail, last - sign * trail.distance)


def _move_trail(floor: Floor, trail: Trail, trigger_price: Decimal) -> None:
    withdraw(floor, trail.order)
    trail.order.trigger_price = trigger_price
    arm(floor, trail.order)
    report(floor, trail.order, OrderStatus.UNTRIGGERED, floor.next_seq())


def _direction(position: Position, kind: StopOrderType) -> TriggerDirection:
    rises = (position.sign > 0) == (kind is StopOrderType.TAKE_PROFIT)
    return TriggerDirection.RISE if rises else TriggerDirection.FALL


def _new_stop(
    floor: Floor, holding: Holding, position: Position, kind: StopOrderType, seq: int
) -> Order:
    number = floor.next_order_number()
    order = Order(
        account=holding.account,
        symbol=holding.symbol,
        number=number,
        order_id=identity(0xA, number),
        side=position.closing_side,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        position_idx=position.position_idx,
        price=Decimal(0),
        quantity=abs(position.size),
        created_at=floor.at,
        updated_at=floor.at,
        created_seq=seq,
        create_type=_CREATE_TYPES[kind],
        reduce_only=True,
        close_on_trigger=True,
        closing=True,
        whole_position=True,
        stop_order_type=kind,
        last_price_on_created=floor.prices(holding.symbol).last,
    )
    position.stops[kind] = order
    return order
