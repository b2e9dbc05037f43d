"""What each event changes in the engine's state: one function per event, found by its type.

Rule 1: absorbing decides nothing. It writes down what is now known and marks who has to look.
Rule 2: a fact that was told before changes nothing.
"""

from functools import singledispatch

from botrunner.domain.control import RateLimitReported, RequestsPaused, RunnerEnding
from botrunner.domain.events import (
    FundingSettled,
    PositionChanged,
    QuoteChanged,
    TimerFired,
    WalletChanged,
)
from botrunner.engine import day, recovery
from botrunner.engine.limits import Group
from botrunner.engine.state import SECOND, EngineState, Phase
from botrunner.strategies.grid.state import charged

_REMEMBERED_EXECUTIONS = 20_000


@singledispatch
def absorb(event: object, state: EngineState) -> None:
    """Write an event's fact into the state. Raises TypeError for what is no event."""
    raise TypeError(f"not an event: {type(event).__name__}")


def is_new_execution(state: EngineState, execution_id: str) -> bool:
    """Remember an execution; False when it was applied before."""
    if execution_id in state.executions:
        return False
    state.executions[execution_id] = None
    while len(state.executions) > _REMEMBERED_EXECUTIONS:
        del state.executions[next(iter(state.executions))]
    return True


@absorb.register
def _(event: QuoteChanged, state: EngineState) -> None:
    state.quotes[event.symbol] = event.quote
    run = state.run_of_symbol(event.symbol)
    if run is not None and run.waits:
        run.dirty = True


@absorb.register
def _(event: TimerFired, state: EngineState) -> None:
    """Its time is all it says."""


@absorb.register
def _(event: WalletChanged, state: EngineState) -> None:
    if state.wallet is not None and event.wallet.at < state.wallet.at:
        return
    state.wallet = event.wallet
    day.take(state, event.wallet)
    state.wallet_asked_at = None
    for run in state.runs.values():
        run.dirty = run.dirty or run.waits or bool(run.refusals)


@absorb.register
def _(event: PositionChanged, state: EngineState) -> None:
    key = (event.position.symbol, event.position.side)
    known_at = state.positions_at.get(key)
    if known_at is not None and event.at < known_at:
        return
    before = state.positions.get(key)
    state.positions[key] = event.position
    state.positions_at[key] = event.at
    run = state.run_of_symbol(event.position.symbol)
    if run is None:
        return
    run.dirty = run.dirty or state.stop is not None
    if before is not None and before.quantity != event.position.quantity:
        recovery.disturb(state, run)


@absorb.register
def _(event: FundingSettled, state: EngineState) -> None:
    if not is_new_execution(state, event.execution_id):
        return
    run = state.run_of_symbol(event.symbol)
    if run is not None and run.phase is Phase.TRADING:
        run.grid = charged(run.grid, event.side, event.paid)
        run.dirty = True


@absorb.register
def _(event: RateLimitReported, state: EngineState) -> None:
    for group in Group:
        if group.value == event.group:
            state.buckets[group] = state.bucket(group).corrected(event.remaining, event.at)


@absorb.register
def _(event: RequestsPaused, state: EngineState) -> None:
    for group in Group:
        state.buckets[group] = state.bucket(group).paused(event.until)
    for run in state.runs.values():
        run.changed = True
    state.wake(event.until + SECOND)


@absorb.register
def _(event: RunnerEnding, state: EngineState) -> None:
    state.ended = True
