"""Changes as actions, and what an action on its way does to what we know of its order."""

from dataclasses import replace

from botrunner.domain.actions import AmendOrder, CancelOrder, OrderAction, PlaceOrder
from botrunner.domain.desired import DesiredOrder
from botrunner.domain.ids import OrderIdentity, encode
from botrunner.domain.order import Order, OrderState, Pending
from botrunner.engine.diff import Amend, Cancel, Change, Place
from botrunner.engine.state import EngineState, Retry

STRANGER_CAP_SECONDS = 60
"""The longest pause before a stranger's order that is still there is cancelled once more."""


def action_for(state: EngineState, strategy: str, symbol: str, change: Change) -> OrderAction:
    """The request that makes a change; a placement gets an id that was never used."""
    match change:
        case Place(wanted=wanted):
            return _placement(state, strategy, symbol, wanted)
        case Amend(order=order):
            return AmendOrder(
                order_id=order.order_id,
                symbol=symbol,
                side=order.side,
                purpose=order.purpose,
                quantity=change.quantity,
                price=change.price,
            )
        case Cancel(order=order):
            return CancelOrder(order_id=order.order_id, symbol=symbol)


def sent(state: EngineState, action: OrderAction) -> None:
    """Remember a request that goes out now; its slot rests until it has ended.

    An order that no strategy owns has no slot: what its cancel did shows in the next read.
    """
    match action:
        case PlaceOrder():
            state.orders.put(_sent_order(state, action))
        case AmendOrder():
            order = state.orders[action.order_id]
            amending = replace(
                order,
                pending=Pending.AMEND,
                asked_price=action.price,
                asked_quantity=action.quantity,
                requested_at=state.now,
            )
            state.orders.put(amending)
        case CancelOrder():
            _cancelling(state, action)


def _cancelling(state: EngineState, action: CancelOrder) -> None:
    order = state.orders.get(action.order_id)
    if order is not None:
        state.orders.put(replace(order, pending=Pending.CANCEL, requested_at=state.now))
        return
    before = state.hold_off.get(action.order_id)
    state.hold_off[action.order_id] = Retry.after(before, state.now, STRANGER_CAP_SECONDS)


def _placement(state: EngineState, strategy: str, symbol: str, wanted: DesiredOrder) -> PlaceOrder:
    identity = OrderIdentity(
        epoch=state.epoch,
        strategy=strategy,
        side=wanted.side,
        purpose=wanted.purpose,
        level=wanted.level,
        sequence=state.next_sequence(strategy),
    )
    return PlaceOrder(
        order_id=encode(identity),
        symbol=symbol,
        strategy=strategy,
        side=wanted.side,
        purpose=wanted.purpose,
        level=wanted.level,
        quantity=wanted.quantity,
        price=wanted.price,
        reduce_only=wanted.purpose.reduces,
    )


def _sent_order(state: EngineState, action: PlaceOrder) -> Order:
    return Order(
        order_id=action.order_id,
        symbol=action.symbol,
        strategy=action.strategy,
        side=action.side,
        purpose=action.purpose,
        level=action.level,
        quantity=action.quantity,
        price=action.price,
        state=OrderState.SENT,
        created_at=state.now,
        requested_at=state.now,
    )
