"""What is reported about each strategy, from the engine's state. Pure."""

from botapi.v1alpha1.status import (
    AppliedParameters,
    GridLevels,
    Hold,
    SideLevels,
    StrategyReason,
    StrategyReport,
    StrategyState,
)
from botrunner.domain.control import Block
from botrunner.domain.side import Purpose, Side
from botrunner.engine.depth import last_placeable
from botrunner.engine.state import EngineState, Phase, Run
from botrunner.risk.verdict import Reason
from botrunner.runtime.conditions import TEXT_LIMIT

_STARVED = {
    Reason.MONEY: StrategyReason.MONEY,
    Reason.VENUE_MONEY: StrategyReason.MONEY,
    Reason.MAX_ORDER_QUANTITY: StrategyReason.MAX_ORDER_QUANTITY,
    Reason.RISK_TIER: StrategyReason.RISK_TIER,
    Reason.MIN_NOTIONAL: StrategyReason.MIN_NOTIONAL,
    Reason.PRICE: StrategyReason.PRICE,
}
_BLOCKS = {
    Block.API: StrategyReason.API_UNREACHABLE,
    Block.BREAKER: StrategyReason.BREAKER,
}


def strategy_report(state: EngineState, run: Run) -> StrategyReport:
    """One strategy as it stands."""
    standing, reason = _state_of(state, run)
    applied = run.grid.applied
    return StrategyReport(
        name=run.name,
        state=standing.value,
        reason=reason,
        message=_message(state, run)[:TEXT_LIMIT],
        hold=_hold(run),
        levels=GridLevels(
            long=_levels(state, run, Side.LONG), short=_levels(state, run, Side.SHORT)
        ),
        last_placeable_level=last_placeable(state, run),
        applied=AppliedParameters(
            leverage=applied.leverage,
            initial_margin=applied.initial_margin,
            averaging_multiplier=applied.averaging_multiplier,
        ),
    )


def _state_of(state: EngineState, run: Run) -> tuple[StrategyState, str]:
    if run.hold_id:
        return StrategyState.EXTERNALLY_REDUCED, ""
    if run.retiring:
        return StrategyState.RETIRING, ""
    if run.phase is Phase.RECOVERING:
        return StrategyState.RECOVERING, ""
    held_back = _held_back(state)
    if held_back:
        return StrategyState.RESTRICTED, held_back
    if run.reason in _STARVED:
        return StrategyState.STARVED, _STARVED[run.reason].value
    if run.reason is not None:
        return StrategyState.RESTRICTED, StrategyReason.RISK_CHECK.value
    return StrategyState.TRADING, _remark(run)


def _held_back(state: EngineState) -> str:
    if not state.stream_up or state.unreconciled:
        return StrategyReason.STREAM_LOST.value
    for block in Block:
        if block in state.blocks:
            return _BLOCKS.get(block, StrategyReason.RISK_CHECK).value
    return ""


def _remark(run: Run) -> str:
    if run.approximated:
        return StrategyReason.RECOVERED_APPROXIMATELY.value
    if run.grid.applied.leverage < run.parameters.grid.wanted.leverage:
        return StrategyReason.LEVERAGE_LOWERED.value
    return ""


def _message(state: EngineState, run: Run) -> str:
    if run.hold_id:
        return (
            "somebody else reduced the position; go on with "
            f"strategies[].acknowledgedHold: {run.hold_id}"
        )
    waiting = run.parameters.grid.wanted
    words = [run.message] if run.message else []
    last = last_placeable(state, run)
    if last < run.parameters.grid.max_levels_per_side:
        words.append(f"the last level that the exchange takes is {last}")
    if run.phase is Phase.TRADING and waiting.initial_margin != run.grid.applied.initial_margin:
        words.append(f"initialMargin {waiting.initial_margin} waits until both sides are flat")
    if waiting.averaging_multiplier != run.grid.applied.averaging_multiplier:
        words.append(
            f"averagingMultiplier {waiting.averaging_multiplier} waits until both sides are flat"
        )
    if waiting.leverage != run.grid.applied.leverage:
        words.append(
            f"leverage {waiting.leverage} is wanted, {run.grid.applied.leverage} is in force"
        )
    return "; ".join(words)


def _hold(run: Run) -> Hold | None:
    if not run.hold_id:
        return None
    return Hold(id=run.hold_id, since=run.hold_since.isoformat() if run.hold_since else "")


def _levels(state: EngineState, run: Run, side: Side) -> SideLevels:
    resting = [
        order.level
        for order in state.live_orders(run.name)
        if order.side is side and order.purpose is Purpose.ENTRY and not order.is_final
    ]
    return SideLevels(filled=run.grid.side(side).highest, resting=max(resting, default=-1))
