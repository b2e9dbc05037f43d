"""Orders that are not this runner's: another epoch, no strategy's, or another person's.

Rule 1: a higher epoch ends this runner's sending; a lower one that still sends holds entries back
(PR-8).
Rule 2: orders with our prefix that no strategy owns are cancelled; what is foreign is left alone,
but on a grid's symbol (PR-7, GR-47).
"""

from botrunner.domain.actions import Notify
from botrunner.domain.control import ReadOrder
from botrunner.domain.ids import OrderIdentity, decode
from botrunner.domain.parameters import ForeignOrders
from botrunner.engine import recovery
from botrunner.engine.state import SECOND, EngineState

LOWER_EPOCH_QUIET = 10 * SECOND
"""So long after its last order a runner of a lower epoch counts as gone."""


def seen(state: EngineState, order: ReadOrder, *, by_read: bool = False) -> None:
    """An open order that we do not know, from the stream or in a read of the account."""
    identity = decode(order.order_id)
    if identity is None:
        _foreign(state, order)
        return
    if identity.epoch > state.epoch:
        _fence(state, identity)
        return
    if identity.epoch < state.epoch and order.created_at.timestamp() * 1000 >= state.epoch:
        _hold_entries(state, identity)
    if identity.epoch == state.epoch and not by_read:
        return  # A push that was overtaken: the order has ended already.
    run = state.runs.get(identity.strategy)
    if run is None or run.symbol != order.symbol:
        state.foreign[order.order_id] = order
    else:
        recovery.disturb(state, run)
        if run.token == 0:
            recovery.begin(state, run)


def to_cancel(state: EngineState) -> list[ReadOrder]:
    """Open orders of others that have to go."""
    return [order for order in state.foreign.values() if _has_to_go(state, order)]


def refused_on(state: EngineState, symbol: str) -> str:
    """Foreign orders for which ``onForeignOrders: Refuse`` holds a grid; empty when none."""
    run = state.run_of_symbol(symbol)
    if run is None or run.parameters.grid.on_foreign_orders is not ForeignOrders.REFUSE:
        return ""
    names = [o.order_id for o in state.foreign.values() if o.symbol == symbol and _is_foreign(o)]
    return ", ".join(sorted(names))


def _has_to_go(state: EngineState, order: ReadOrder) -> bool:
    if not _is_foreign(order):
        return True
    run = state.run_of_symbol(order.symbol)
    return run is not None and run.parameters.grid.on_foreign_orders is ForeignOrders.CANCEL


def _is_foreign(order: ReadOrder) -> bool:
    return decode(order.order_id) is None


def _foreign(state: EngineState, order: ReadOrder) -> None:
    known = order.order_id in state.foreign
    state.foreign[order.order_id] = order
    run = state.run_of_symbol(order.symbol)
    if run is None or known:
        return
    run.dirty = True
    recovery.disturb(state, run)
    text = f"{run.symbol}: order {order.order_id} is not of {run.name}"
    state.outbox.append(Notify(reason="ForeignOrder", message=text))


def _fence(state: EngineState, identity: OrderIdentity) -> None:
    if state.fenced_by:
        return
    state.fenced_by = identity.epoch
    state.generation += 1
    text = f"epoch {identity.epoch} trades this account; epoch {state.epoch} sends nothing more"
    state.outbox.append(Notify(reason="HigherEpoch", message=text))


def _hold_entries(state: EngineState, identity: OrderIdentity) -> None:
    if state.lower_epoch_until is None:
        text = f"epoch {identity.epoch} still sends; entries wait until it is quiet"
        state.outbox.append(Notify(reason="LowerEpoch", message=text))
    state.lower_epoch_until = state.now + LOWER_EPOCH_QUIET
