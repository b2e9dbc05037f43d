"""The account as the venue has it against the account as we have it (GR-48, EX-9, PR-7).

Rule 1: a read is older than it looks. What moved since it started is not compared.
Rule 2: a difference counts when two reads, two seconds apart, show it; then recovery decides.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from botrunner.domain.actions import Notify, ReadAccount
from botrunner.domain.control import AccountRead, ReadFailed
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.order import Order, OrderState, Pending, advance
from botrunner.domain.position import Position
from botrunner.domain.side import SIDES, Side
from botrunner.engine import day, preparation, recovery, resolve, strangers
from botrunner.engine.state import SECOND, EngineState, Phase, Run

SECOND_LOOK = 2 * SECOND
READ_PATIENCE = 60 * SECOND


def ask(state: EngineState) -> None:
    """Ask for a read of the account, unless one is on its way or failed just now."""
    if state.account_token and not _overdue(state):
        return
    if state.account_retry is not None and state.now < state.account_retry.at:
        state.next_account_at = state.account_retry.at
        return
    state.account_token = state.next_token()
    state.account_asked_at = state.now
    state.next_account_at = state.now + state.parameters.reconcile_every
    state.outbox.append(ReadAccount(token=state.account_token))


def ask_when_due(state: EngineState) -> None:
    """The regular read, and the second look at a difference."""
    if state.next_account_at is None:
        return
    if state.now >= state.next_account_at:
        state.next_account_at = state.now + state.parameters.reconcile_every
        ask(state)
    state.wake(state.next_account_at)


def read_failed(state: EngineState, event: ReadFailed) -> None:
    """The account is read again after a while."""
    if event.token == state.account_token:
        state.account_token = 0
        state.account_retry = state.retry_read(state.account_retry)
        state.next_account_at = state.account_retry.at


def compare(state: EngineState, read: AccountRead) -> None:
    """Take over what the read knows better, and look for differences."""
    if read.token != state.account_token:
        return
    state.account_token, state.account_retry, state.unreadable = 0, None, ""
    still = [run for run in state.runs.values() if _stood_still(state, run, read)]
    _take_wallet(state, read)
    _take_positions(state, read)
    _take_orders(state, read)
    state.unreconciled = False
    for run in state.runs.values():
        preparation.compare(state, run, read)
    for run in still:
        _compare_run(state, run, read)
    _forget_what_never_began(state, read)
    if state.policy is StopPolicy.FLATTEN:
        state.stop_complete = _is_flat(read)
        state.seen_left_at = None if state.stop_complete else state.now


def _forget_what_never_began(state: EngineState, read: AccountRead) -> None:
    """A retiring strategy of a symbol that cannot be read: without order and position it is gone.

    Recovery waits for the symbol's steps, which a symbol that the venue does not list never has.
    """
    for run in list(state.runs.values()):
        waits = run.retiring and run.symbol not in state.instruments
        held = any((run.symbol, side) in state.positions for side in SIDES)
        rests = any(order.symbol == run.symbol for order in read.open_orders)
        if waits and not (held or rests or state.live_orders(run.name)):
            recovery.give_way(state, run)


def _overdue(state: EngineState) -> bool:
    asked = state.account_asked_at
    return asked is not None and state.now >= asked + READ_PATIENCE


def _take_wallet(state: EngineState, read: AccountRead) -> None:
    if state.wallet is None or read.wallet.at >= state.wallet.at:
        state.wallet = read.wallet
        day.take(state, read.wallet)
        for run in state.runs.values():
            run.dirty = True


def _take_positions(state: EngineState, read: AccountRead) -> None:
    seen = {(position.symbol, position.side): position for position in read.positions}
    for key in [*state.positions, *seen]:
        if _moved_since(state, key, read.started_at):
            continue
        if key in seen:
            state.positions[key] = seen[key]
        else:
            state.positions.pop(key, None)
        state.positions_at[key] = read.at


def _moved_since(state: EngineState, key: tuple[str, Side], started_at: datetime) -> bool:
    moved = [state.moved_at.get(key), state.positions_at.get(key)]
    return any(at is not None and at > started_at for at in moved)


def _take_orders(state: EngineState, read: AccountRead) -> None:
    found = {order.order_id: order for order in read.open_orders}
    _forget_strangers(state, read, found)
    for order in read.open_orders:
        known = state.orders.get(order.order_id)
        if known is None:
            # One that is over rested when the read began: a read is older than it looks.
            over_at = state.over.get(order.order_id)
            if over_at is None or read.started_at > over_at + READ_PATIENCE:
                strangers.seen(state, order, by_read=True)
        elif known.requested_at < read.started_at:
            _take_order(state, known, advance(known, order.as_opened(read.at)))
    for known in list(state.orders.values()):
        if known.order_id not in found and _should_be_open(known, read):
            state.orders.put(replace(known, pending=Pending.READ))


def _forget_strangers(state: EngineState, read: AccountRead, found: Collection[str]) -> None:
    """Those that are gone; one that was placed while the read was under way is not in it yet."""
    gone = [
        order_id
        for order_id, order in state.foreign.items()
        if order_id not in found and order.created_at < read.started_at
    ]
    for order_id in gone:
        del state.foreign[order_id]
        state.hold_off.pop(order_id, None)


def _take_order(state: EngineState, before: Order, order: Order) -> None:
    state.orders.put(order)
    resolve.told(state, before, order)
    run = state.runs.get(order.strategy)
    if run is not None and order != before:
        run.dirty = run.changed = True


def _should_be_open(order: Order, read: AccountRead) -> bool:
    rested = order.state is OrderState.OPEN and order.pending is Pending.NONE
    return rested and order.requested_at < read.started_at


def _stood_still(state: EngineState, run: Run, read: AccountRead) -> bool:
    if run.phase is not Phase.TRADING:
        return False
    return not any(_moved_since(state, (run.symbol, side), read.started_at) for side in SIDES)


def _compare_run(state: EngineState, run: Run, read: AccountRead) -> None:
    if any(order.in_flight or order.awaits_fills for order in state.live_orders(run.name)):
        return
    held = {(p.symbol, p.side): p for p in read.positions}
    if all(_agrees(run, side, held.get((run.symbol, side))) for side in SIDES):
        run.differs_since = None
        return
    if run.differs_since is None:
        run.differs_since = state.now
        state.next_account_at = state.now + SECOND_LOOK
    elif state.now >= run.differs_since + SECOND_LOOK:
        text = f"{run.name}: the venue's position of {run.symbol} is not ours"
        state.outbox.append(Notify(reason="OutOfSync", message=text))
        recovery.begin(state, run)


def _agrees(run: Run, side: Side, position: Position | None) -> bool:
    quantity = position.quantity if position is not None else 0
    return run.grid.side(side).holding.quantity == quantity


def _is_flat(read: AccountRead) -> bool:
    held = any(position.quantity > 0 for position in read.positions)
    return not held and not read.open_orders
