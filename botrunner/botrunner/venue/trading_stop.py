"""The trading stop of a whole position: take profit, stop loss, trailing stop."""

from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.admission import check_price, check_stop_side
from botrunner.venue.commands import SetTradingStop
from botrunner.venue.floor import Floor
from botrunner.venue.money import ZERO
from botrunner.venue.position import Position
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.stops import remove_stop, set_stop, set_trail
from botrunner.venue.vocabulary import PriceKind, StopOrderType

_R = RefusalReason


def set_trading_stop(floor: Floor, account: Account, command: SetTradingStop) -> Refusal | None:
    """Set, move or remove the stops; all of it or nothing."""
    holding = floor.holding(account, command.symbol)
    if not holding.allows(command.position_idx):
        return Refusal(reason=_R.POSITION_IDX_MISMATCH, field="position_idx")
    position = holding.position(command.position_idx)
    if not position.size:
        return Refusal(reason=_R.STOPS_ZERO_POSITION)
    if not _changes(position, command):
        return Refusal(reason=_R.STOPS_UNCHANGED)
    refusal = _refuse_prices(floor, position, command) or _refuse_trail(floor, position, command)
    if refusal is not None:
        return refusal
    _apply(floor, holding, position, command)
    return None


def _apply(floor: Floor, holding: Holding, position: Position, command: SetTradingStop) -> None:
    seq = floor.next_seq()
    for kind, price, by in _fixed(command):
        if price is None or not _differs(position, kind, price, by):
            continue
        if price == ZERO:
            remove_stop(floor, position, kind, seq)
        else:
            set_stop(floor, holding, position, kind, price=price, by=by, seq=seq)
    if not _trail_changes(position, command):
        return
    if not command.trailing_distance:
        remove_stop(floor, position, StopOrderType.TRAILING_STOP, seq)
        return
    set_trail(
        floor,
        holding,
        position,
        distance=command.trailing_distance,
        activation_price=command.activation_price or None,
        seq=seq,
    )


def _fixed(command: SetTradingStop) -> tuple[tuple[StopOrderType, Decimal | None, PriceKind], ...]:
    return (
        (StopOrderType.TAKE_PROFIT, command.take_profit, command.take_profit_by),
        (StopOrderType.STOP_LOSS, command.stop_loss, command.stop_loss_by),
    )


def _changes(position: Position, command: SetTradingStop) -> bool:
    fixed = any(
        price is not None and _differs(position, kind, price, by)
        for kind, price, by in _fixed(command)
    )
    return fixed or _trail_changes(position, command)


def _differs(position: Position, kind: StopOrderType, price: Decimal, by: PriceKind) -> bool:
    order = position.stops.get(kind)
    if order is None:
        return price != ZERO
    return (order.trigger_price, order.trigger_by) != (price, by)


def _trail_changes(position: Position, command: SetTradingStop) -> bool:
    if command.trailing_distance is None:
        return False
    trail = position.trail
    if trail is None:
        return command.trailing_distance != ZERO
    same_distance = trail.distance == command.trailing_distance
    return not same_distance or command.activation_price not in (None, trail.activation_price)


def _refuse_prices(floor: Floor, position: Position, command: SetTradingStop) -> Refusal | None:
    prices = floor.prices(command.symbol)
    contract = floor.markets[command.symbol].instrument
    for kind, price, by in _fixed(command):
        if not price:
            continue
        is_profit = kind is StopOrderType.TAKE_PROFIT
        refusal = check_price(contract, price, "take_profit" if is_profit else "stop_loss")
        refusal = refusal or check_stop_side(
            sign=position.sign,
            take_profit=price if is_profit else None,
            stop_loss=None if is_profit else price,
            against=prices.of(by),
        )
        if refusal is not None:
            return refusal
    return None


def _refuse_trail(floor: Floor, position: Position, command: SetTradingStop) -> Refusal | None:
    distance, activation = command.trailing_distance, command.activation_price
    if not distance:
        return None
    tick = floor.markets[command.symbol].instrument.tick_size
    last = floor.prices(command.symbol).last
    if distance < ZERO or distance % tick or distance >= last:
        return Refusal(reason=_R.TRAILING_INVALID, value=distance, field="trailing_distance")
    if activation and (activation % tick or position.sign * (activation - last) <= ZERO):
        return Refusal(reason=_R.TRAILING_INVALID, value=activation, field="activation_price")
    return None
