"""Facts about orders: their life, their fills, and orders that are not ours."""

from dataclasses import replace
from decimal import Decimal

from botrunner.domain.actions import Notify
from botrunner.domain.control import ReadOrder
from botrunner.domain.emergency import StopCause
from botrunner.domain.events import (
    AmendAccepted,
    AmendOutcomeUnknown,
    AmendRejected,
    CancelAccepted,
    CancelOutcomeUnknown,
    CancelRejected,
    FillKind,
    OrderAccepted,
    OrderCancelled,
    OrderCompleted,
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderNotFound,
    OrderOpened,
    OrderOutcomeUnknown,
    OrderRejected,
    RefusalClass,
)
from botrunner.domain.order import READ_AFTER, Order, OrderState, Pending, advance
from botrunner.domain.side import Purpose
from botrunner.engine import preparation, recovery, refusals, resolve, strangers
from botrunner.engine.absorb import absorb, is_new_execution
from botrunner.engine.state import EngineState, Phase, Run
from botrunner.engine.stop import engage
from botrunner.strategies.grid.rebuild import (
    apply_fill,
    hold_id_of,
    is_external_reduction,
    own_identity,
)

_REMEMBERED_ORDERS = 1_000


@absorb.register
def _(event: OrderAccepted, state: EngineState) -> None:
    state.errors_in_row = 0
    order = _advance(state, event)
    _money_moved(state)
    run = state.runs.get(order.strategy) if order is not None else None
    if order is not None and run is not None:
        preparation.mode_proven(run, order)


@absorb.register
def _(event: OrderRejected, state: EngineState) -> None:
    order = _advance(state, event)
    if order is None:
        return
    refusals.count(state, order, "place", event.refusal, event.message)
    if event.refusal is RefusalClass.POSITION_MODE:
        refusals.mode_lost(state, order, event.message)
    else:
        refusals.stand(state, order, event.refusal, event.message)


@absorb.register
def _(event: OrderDenied, state: EngineState) -> None:
    order = _advance(state, event)
    if order is not None:
        refusals.stand(state, order, RefusalClass.RATE, event.reason)


@absorb.register
def _(event: OrderOutcomeUnknown, state: EngineState) -> None:
    _advance(state, event)


@absorb.register
def _(event: OrderOpened, state: EngineState) -> None:
    if _advance(state, event) is None and event.order_id not in state.orders:
        strangers.seen(state, _as_read(event))
    _money_moved(state)


@absorb.register
def _(event: OrderCompleted, state: EngineState) -> None:
    order = _advance(state, event)
    _gone(state, event.order_id)
    run = state.run_of_symbol(order.symbol) if order is not None else None
    if order is not None and run is not None and event.filled > 0:
        _settle_reference(run, order, event.filled)


@absorb.register
def _(event: OrderCancelled, state: EngineState) -> None:
    _free_slot(state, event.order_id)
    order = _advance(state, event)
    _gone(state, event.order_id)
    if order is not None and order.purpose is Purpose.CLOSE:
        # The market could not take it all. At once again, it would find the same market, and
        # would take the tokens that the other leg's close waits for.
        refusals.not_at_once(state, order)
    if event.by_venue:
        symbol = order.symbol if order is not None else ""
        engage(state, StopCause.VENUE, "orders cancelled before a liquidation", symbol=symbol)


@absorb.register
def _(event: OrderNotFound, state: EngineState) -> None:
    order = state.orders.get(event.order_id)
    if order is not None and resolve.not_found(state, order):
        _advance(state, event)


@absorb.register
def _(event: OrderFilled, state: EngineState) -> None:
    if not is_new_execution(state, event.execution_id):
        return
    if event.kind is not FillKind.TRADE:
        _liquidated(state, event)
    known = state.orders.get(event.order_id)
    # Told under another symbol, it says nothing about the order whose id it names.
    is_its_own = known is not None and known.symbol == event.symbol
    order = _advance(state, event) if is_its_own else None
    _money_moved(state)
    state.moved_at[(event.symbol, event.side)] = event.at
    run = state.run_of_symbol(event.symbol)
    if run is not None:
        _fix_reference(run, order)
        _fill(state, run, event)


@absorb.register
def _(event: AmendAccepted, state: EngineState) -> None:
    state.errors_in_row = 0
    _advance(state, event)


@absorb.register
def _(event: AmendRejected, state: EngineState) -> None:
    order = _advance(state, event)
    if order is None:
        return
    refusals.count(state, order, "amend", event.refusal, event.message)
    if event.refusal in (RefusalClass.MONEY, RefusalClass.OTHER):
        state.no_amend.add(order.order_id)
    elif event.refusal not in READ_AFTER:
        refusals.hold_off(state, order)


@absorb.register
def _(event: AmendOutcomeUnknown, state: EngineState) -> None:
    _advance(state, event)


@absorb.register
def _(event: CancelAccepted, state: EngineState) -> None:
    state.errors_in_row = 0
    _advance(state, event)


@absorb.register
def _(event: CancelRejected, state: EngineState) -> None:
    order = _advance(state, event)
    if order is None:
        if event.refusal is RefusalClass.GONE:
            _gone(state, event.order_id)
        return
    refusals.count(state, order, "cancel", event.refusal, event.message)
    if event.refusal is not RefusalClass.GONE:
        refusals.hold_off(state, order)


@absorb.register
def _(event: CancelOutcomeUnknown, state: EngineState) -> None:
    _advance(state, event)


def _advance(state: EngineState, event: OrderEvent) -> Order | None:
    """Move the order along; None where it is not (or no longer) known."""
    before = state.orders.get(event.order_id)
    if before is None:
        return None
    order = advance(before, event)
    state.orders.put(order)
    resolve.told(state, before, order)
    run = state.runs.get(order.strategy)
    if run is not None:
        run.dirty = run.changed = True
        if order.acknowledged_at is not None and before.acknowledged_at is None:
            run.retries.pop(order.slot, None)
    if order.is_final and not order.awaits_fills:
        _forget(state, order)
    return order


def _free_slot(state: EngineState, order_id: str) -> None:
    """An exit that we cancelled to make room has gone: its successor waits no longer (GR-31)."""
    order = state.orders.get(order_id)
    if order is None or order.pending is not Pending.CANCEL:
        return
    run = state.runs.get(order.strategy)
    if run is not None and order.purpose is Purpose.TAKE_PROFIT:
        run.retries.pop(order.slot, None)


def _forget(state: EngineState, order: Order) -> None:
    state.orders.remove(order.order_id)
    if order.state is not OrderState.REJECTED:
        state.over[order.order_id] = state.now
        while len(state.over) > _REMEMBERED_ORDERS:
            del state.over[next(iter(state.over))]
    state.no_amend.discard(order.order_id)
    state.hold_off.pop(order.order_id, None)
    state.inquiries.pop(order.order_id, None)


def _gone(state: EngineState, order_id: str) -> None:
    if state.foreign.pop(order_id, None) is not None:
        state.hold_off.pop(order_id, None)


def _money_moved(state: EngineState) -> None:
    state.money_moved_at = state.now


def _fill(state: EngineState, run: Run, event: OrderFilled) -> None:
    if run.phase is not Phase.TRADING:
        recovery.disturb(state, run)
        return
    identity = own_identity(run.name, event.order_id)
    if is_external_reduction(identity, event):
        _hold(state, run, event)
    elif identity is None:
        recovery.begin(state, run)
        return
    run.grid = apply_fill(run.grid, identity, event)
    if identity is not None and identity.purpose is Purpose.ENTRY:
        run.refusals.pop(identity.level, None)
    run.dirty = run.changed = True


def _fix_reference(run: Run, order: Order | None) -> None:
    """GR-2: the side that opens first fixes the reference, also by an order of an older start."""
    if order is not None and _opens(order) and run.grid.is_flat:
        # Of an order that is over already, what it came to: an amendment may have gone before.
        quantity = order.reported_filled if order.is_final else order.quantity
        run.grid = replace(run.grid, reference=quantity or order.quantity)


def _settle_reference(run: Run, order: Order, filled: Decimal) -> None:
    """GR-2: an order that was filled before the answer to its amendment came opened with this."""
    grid = run.grid
    own = [(level.number, level.quantity) for level in grid.side(order.side).levels]
    other = grid.side(order.side.opposite)
    if _opens(order) and own == [(0, filled)] and other.highest < 0 and grid.reference != filled:
        run.grid = replace(grid, reference=filled)
        run.dirty = run.changed = True


def _opens(order: Order) -> bool:
    return order.purpose is Purpose.ENTRY and order.level == 0


def _hold(state: EngineState, run: Run, event: OrderFilled) -> None:
    """GR-35: nobody but a person lets the strategy open again."""
    run.hold_id, run.hold_since = hold_id_of(event.execution_id), state.now
    text = f"{run.name}: {event.quantity} {run.symbol} {event.side.value} closed by other hands"
    state.outbox.append(Notify(reason="ExternallyReduced", message=text))


def _liquidated(state: EngineState, event: OrderFilled) -> None:
    """Before any strategy sees it: the venue took a position (RI-1)."""
    position = state.positions.get((event.symbol, event.side))
    entry = position.average_price if position is not None else event.price
    loss = event.side.sign * event.quantity * (entry - event.price)
    what = f"{event.quantity} {event.symbol} {event.side.value} at {event.price}"
    text = f"{event.kind.value} of {what}, a loss of {loss} USDT"
    engage(state, StopCause.VENUE, text, symbol=event.symbol)
    state.outbox.append(Notify(reason="LiquidatedByVenue", message=text))


def _as_read(event: OrderOpened) -> ReadOrder:
    return ReadOrder(
        order_id=event.order_id,
        symbol=event.symbol,
        side=event.side,
        reduces=event.reduces,
        price=event.price,
        quantity=event.quantity,
        filled=event.filled,
        is_open=True,
        created_at=event.created_at or event.at,
    )
