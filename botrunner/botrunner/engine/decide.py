"""One decision: what should rest, what of it is missing, and what risk says to that."""

from dataclasses import dataclass, field
from decimal import Decimal

from botrunner.domain.actions import CancelOrder, OrderAction
from botrunner.domain.desired import DesiredOrder
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.ids import UNOWNED, decode
from botrunner.domain.precision import ZERO
from botrunner.engine import diff, flatten, preparation, strangers
from botrunner.engine.exposure import allowance_of, entries_of
from botrunner.engine.gates import gate_of
from botrunner.engine.judge import LevelJudge
from botrunner.engine.placing import action_for
from botrunner.engine.release import Candidate
from botrunner.engine.state import SECOND, EngineState, Refusal, Run
from botrunner.engine.view import grid_view, may_trade
from botrunner.risk.allowance import Allowance
from botrunner.risk.gate import Gate, approve_reducing
from botrunner.risk.verdict import Approved, Refused
from botrunner.strategies.grid.plan import plan_grid

QUOTE_PATIENCE = 3 * SECOND
"""After recovery an exit waits so long for a first price, to be priced by the right fee (GR-34)."""


@dataclass(slots=True, kw_only=True)
class Step:
    """What the strategies of one step share."""

    allowance: Allowance | None = None
    """Made when the first strategy has to look."""
    granted: Decimal = ZERO
    """Value of new entries granted so far, USDT."""
    candidates: list[Candidate] = field(default_factory=list)


def decide(state: EngineState) -> list[Candidate]:
    """Approved order actions of every strategy that has to look."""
    if state.policy is StopPolicy.FREEZE:
        return []
    step = Step()
    for run in list(state.runs.values()):
        due = run.wake_at is not None and state.now >= run.wake_at
        if run.dirty or due:
            _look(state, run, step)
        state.wake(run.wake_at)
    if state.policy is StopPolicy.FLATTEN:
        _close_unowned(state, step)
    _cancel_strangers(state, step)
    return step.candidates


def _look(state: EngineState, run: Run, step: Step) -> None:
    if run.symbol in state.instruments:
        run.dirty = False
        _decide_run(state, run, step)
    elif state.stop is not None:
        run.dirty = False
        _stop_run(state, run, step)


def _stop_run(state: EngineState, run: Run, step: Step) -> None:
    """A stop waits for no instrument: cancels need none, and a position says its own size."""
    run.wake_at, run.changed, run.deferred = state.now + SECOND, True, 0
    wanted: tuple[DesiredOrder, ...] = ()
    orders = entries_of(state, run)
    if state.policy is StopPolicy.FLATTEN:
        wanted, orders = flatten.closes_of(state, run.symbol), state.live_orders(run.name)
    for change in diff.compare(wanted, orders, _replacing(state, run)):
        if not _held_off(state, run, change):
            action = action_for(state, run.name, run.symbol, change)
            verdict = approve_reducing(action, generation=state.generation)
            _take(state, step, run.name, action, verdict)


def _replacing(state: EngineState, run: Run) -> diff.Replacing:
    return diff.Replacing(traits=state.traits, unamendable=state.no_amend, refused=run.retries)


def _decide_run(state: EngineState, run: Run, step: Step) -> None:
    run.wake_at, run.changed, run.deferred = None, True, 0
    step.allowance = step.allowance or allowance_of(state)
    gate = gate_of(state, run, step.allowance, step.granted)
    flattening = state.policy is StopPolicy.FLATTEN
    orders = state.live_orders(run.name)
    if flattening or (run.retiring and run.flatten):
        wanted = flatten.closes_of(state, run.symbol)
        run.wake_at = state.now + SECOND
    elif not may_trade(run):
        # What should rest is not known yet; that in a stop no entry should, is.
        wanted, orders = (), entries_of(state, run) if state.stop is not None else []
    elif _awaits_quote(state, run):
        return
    else:
        wanted = _grid_wants(state, run, gate, step)
    changes = diff.compare(wanted, orders, _replacing(state, run))
    for change in changes:
        if not _held_off(state, run, change):
            action = action_for(state, run.name, run.symbol, change)
            _take(state, step, run.name, action, gate.approve(action))


def _awaits_quote(state: EngineState, run: Run) -> bool:
    if run.symbol in state.quotes or run.recovered_at is None:
        return False
    until = run.recovered_at + QUOTE_PATIENCE
    run.waits = True
    if state.now >= until:
        return False
    run.wake_at = until
    return True


def _grid_wants(state: EngineState, run: Run, gate: Gate, step: Step) -> tuple[DesiredOrder, ...]:
    judge = LevelJudge(state, run, gate)
    before = gate.exposure.of_account
    plan = plan_grid(run.grid, grid_view(state, run, gate, judge))
    step.granted += gate.exposure.of_account - before
    run.grid, run.top, run.waits = plan.state, plan.top, plan.waits
    run.passing = plan.passing
    moments = (plan.wake_at, judge.wake_at, preparation.ask_again_at(state, run))
    run.wake_at = min((at for at in moments if at is not None), default=None)
    judge.report()
    return (*plan.exits, *plan.entries)


def _close_unowned(state: EngineState, step: Step) -> None:
    """Flatten closes what nobody's strategy opened, too (RI-3)."""
    for symbol in flatten.unowned_symbols(state):
        orders = [order for order in state.live_orders(UNOWNED) if order.symbol == symbol]
        for change in diff.compare(flatten.closes_of(state, symbol), orders):
            if _close_waits(state, symbol, change):
                continue
            action = action_for(state, UNOWNED, symbol, change)
            verdict = approve_reducing(action, generation=state.generation)
            _take(state, step, UNOWNED, action, verdict)


def _close_waits(state: EngineState, symbol: str, change: diff.Change) -> bool:
    if not isinstance(change, diff.Place):
        return False
    retry = state.unowned_retries.get((symbol, change.wanted.slot))
    if retry is None or state.now >= retry.at:
        return False
    state.wake(retry.at)
    return True


def _cancel_strangers(state: EngineState, step: Step) -> None:
    """Orders of others that have to go (PR-7, GR-47); under Flatten every one of them."""
    everything = state.policy is StopPolicy.FLATTEN
    for order in list(state.foreign.values()) if everything else strangers.to_cancel(state):
        retry = state.hold_off.get(order.order_id)
        if retry is not None and state.now < retry.at:
            state.wake(retry.at)
            continue
        is_foreign = decode(order.order_id) is None
        action = CancelOrder(order_id=order.order_id, symbol=order.symbol, foreign=is_foreign)
        verdict = approve_reducing(action, generation=state.generation)
        _take(state, step, UNOWNED, action, verdict)


def _take(
    state: EngineState, step: Step, strategy: str, action: OrderAction, verdict: Approved | Refused
) -> None:
    match verdict:
        case Approved():
            step.candidates.append(Candidate(strategy=strategy, approved=verdict))
        case Refused():
            state.refused.append(_refusal(strategy, action, verdict))


def _held_off(state: EngineState, run: Run, change: diff.Change) -> bool:
    """A request that just failed is not repeated before its time."""
    match change:
        case diff.Place(wanted=wanted):
            retry = run.retries.get(wanted.slot)
        case diff.Amend(order=order) | diff.Cancel(order=order):
            retry = state.hold_off.get(order.order_id)
    if retry is None or state.now >= retry.at:
        return False
    run.wake_at = min(run.wake_at or retry.at, retry.at)
    return True


def _refusal(strategy: str, action: OrderAction, refused: Refused) -> Refusal:
    return Refusal(
        strategy=strategy,
        what=type(action).__name__,
        reason=refused.reason.value,
        message=refused.message,
    )
