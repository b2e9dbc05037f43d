"""Closing at the market: policy Flatten, and strategies that retire by it.

Both legs of a hedge go together; a close that did not close everything is made again, and the
stop is complete only when a read shows that the account is flat (RI-3).
"""

from collections.abc import Iterator
from decimal import Decimal

from botrunner.domain.desired import DesiredOrder
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.order import Order
from botrunner.domain.position import Position
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.engine import reconcile
from botrunner.engine.state import SECOND, EngineState, Phase

POSITION_PATIENCE = 2 * SECOND
"""So long a position that is older than the last fill is waited for before it is read."""
LOOK_WHILE_RECOVERING = 5 * SECOND
"""How often a stopped account is read while recovery, which would tell what rests, is not done."""


def closes_of(state: EngineState, symbol: str) -> tuple[DesiredOrder, ...]:
    """Market closes of both sides of a symbol; nothing for a side whose size is uncertain."""
    wanted: list[DesiredOrder] = []
    for side in SIDES:
        position = state.positions.get((symbol, side))
        if position is not None and position.quantity > 0 and _believed(state, symbol, side):
            wanted.extend(_parts(state, position))
    return tuple(wanted)


def unowned_symbols(state: EngineState) -> list[str]:
    """Symbols with a position that no strategy has."""
    owned = {run.symbol for run in state.runs.values()}
    open_ = {symbol for (symbol, _), held in state.positions.items() if held.quantity > 0}
    return sorted(open_ - owned)


def assess(state: EngineState) -> None:
    """Whether the stop's policy is carried out; Flatten only once a read has shown it."""
    if state.stop is None:
        return
    if state.policy is StopPolicy.FREEZE:
        state.stop_complete = True
        return
    recovering = any(run.phase is Phase.RECOVERING for run in state.runs.values())
    if recovering:
        soon = state.now + LOOK_WHILE_RECOVERING
        state.next_account_at = min(state.next_account_at or soon, soon)
        state.wake(state.next_account_at)
    if state.policy is StopPolicy.FLATTEN:
        _assess_flat(state)
    else:
        entries = any(order.purpose is Purpose.ENTRY for order in _live(state))
        state.stop_complete = not (recovering or entries)


def _assess_flat(state: EngineState) -> None:
    held = any(position.quantity > 0 for position in state.positions.values())
    if held or any(True for _ in _live(state)):
        state.stop_complete = False
        state.wake(state.now + SECOND)
    elif not state.stop_complete:
        _verify(state)


def _verify(state: EngineState) -> None:
    """At once, but not in a storm where the venue keeps what we cannot cancel."""
    due = state.seen_left_at + SECOND if state.seen_left_at is not None else state.now
    if state.now >= due:
        reconcile.ask(state)
    else:
        state.wake(due)


def _live(state: EngineState) -> Iterator[Order]:
    return (order for order in state.orders.values() if not order.is_final)


def _believed(state: EngineState, symbol: str, side: Side) -> bool:
    moved = state.moved_at.get((symbol, side))
    known = state.positions_at.get((symbol, side))
    if moved is None or (known is not None and known >= moved):
        return True
    if state.now >= moved + POSITION_PATIENCE:
        reconcile.ask(state)
    state.wake(moved + POSITION_PATIENCE)
    return False


def _parts(state: EngineState, position: Position) -> list[DesiredOrder]:
    instrument = state.instruments.get(position.symbol)
    largest = instrument.max_market_quantity if instrument else position.quantity
    sizes: list[Decimal] = []
    rest = position.quantity
    while rest > 0:
        sizes.append(min(rest, largest))
        rest -= sizes[-1]
    return [
        DesiredOrder(
            side=position.side, purpose=Purpose.CLOSE, level=part, quantity=size, price=None
        )
        for part, size in enumerate(sizes)
    ]
