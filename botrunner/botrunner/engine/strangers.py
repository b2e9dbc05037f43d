"""Orders that are not this runner's: another epoch, no strategy's, or another person's.

Rule 1: a higher epoch ends this runner's sending; a lower one that still sends holds entries back
(PR-8).
Rule 2: orders with our prefix that no strategy owns are cancelled; what is foreign is left alone,
but on a grid's symbol (PR-7, GR-47).
"""

from botrunner.domain.actions import Notify
from botrunner.domain.control import ReadOrder
from botrunner.domain.ids import decode
from botrunner.domain.parameters import ForeignOrders
from botrunner.engine import recovery
from botrunner.engine.state import SECOND, EngineState, Phase
from botrunner.protection.strangers import Origin, has_to_go, origin_of

LOWER_EPOCH_QUIET = 10 * SECOND
"""So long after its last order a runner of a lower epoch counts as gone."""


def seen(state: EngineState, order: ReadOrder, *, by_read: bool = False) -> None:
    """An open order that we do not know, from the stream or in a read of the account."""
    symbols = {run.name: run.symbol for run in state.runs.values()}
    match origin_of(order, state.epoch, state.started_at, symbols):
        case Origin.FOREIGN:
            _foreign(state, order)
        case Origin.HIGHER_EPOCH:
            _fenced_by_order(state, order)
        case Origin.ORPHAN:
            state.foreign[order.order_id] = order
        case Origin.LOWER_EPOCH:
            _hold_entries(state)
            _own(state, order, by_read=by_read)
        case Origin.OWN:
            _own(state, order, by_read=by_read)


def fence(state: EngineState, epoch: int) -> None:
    """A runner of a higher epoch trades this account: this one sends nothing more (PR-8)."""
    if state.fenced_by:
        return
    state.fenced_by = epoch
    state.generation += 1
    text = f"epoch {epoch} trades this account; epoch {state.epoch} sends nothing more"
    state.outbox.append(Notify(reason="HigherEpoch", message=text))


def to_cancel(state: EngineState) -> list[ReadOrder]:
    """Open orders of others that have to go."""
    policies = {run.symbol: run.parameters.grid.on_foreign_orders for run in state.runs.values()}
    return [order for order in state.foreign.values() if has_to_go(order, policies)]


def refused_on(state: EngineState, symbol: str) -> str:
    """Foreign orders for which ``onForeignOrders: Refuse`` holds a grid; empty when none."""
    run = state.run_of_symbol(symbol)
    if run is None or run.parameters.grid.on_foreign_orders is not ForeignOrders.REFUSE:
        return ""
    foreign = (o for o in state.foreign.values() if decode(o.order_id) is None)
    return ", ".join(sorted(order.order_id for order in foreign if order.symbol == symbol))


def _own(state: EngineState, order: ReadOrder, *, by_read: bool) -> None:
    """Ours by its id, unknown by our books: the venue knows better."""
    identity = decode(order.order_id)
    run = state.runs.get(identity.strategy) if identity is not None else None
    if identity is None or run is None or run.symbol != order.symbol:
        state.foreign[order.order_id] = order
    elif identity.epoch == state.epoch and not by_read:
        return  # A push that was overtaken: the order has ended already.
    elif run.phase is Phase.TRADING:
        recovery.begin(state, run)
    elif not by_read:
        recovery.disturb(state, run)
    elif state.stop is not None:
        # A stop does not wait for recovery: its policy has to know what rests.
        state.orders.put(recovery.adopted_order(run, order))
        run.dirty = True


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


def _fenced_by_order(state: EngineState, order: ReadOrder) -> None:
    identity = decode(order.order_id)
    if identity is not None:
        fence(state, identity.epoch)


def _hold_entries(state: EngineState) -> None:
    if state.lower_epoch_until is None:
        text = "a runner of a lower epoch still sends; entries wait until it is quiet"
        state.outbox.append(Notify(reason="LowerEpoch", message=text))
    state.lower_epoch_until = state.now + LOWER_EPOCH_QUIET
