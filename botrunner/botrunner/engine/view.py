"""A grid's view of the world, taken from the engine's state."""

from botrunner.domain.desired import OrderSlot
from botrunner.engine.exposure import entries_of
from botrunner.engine.judge import LevelJudge
from botrunner.engine.state import EngineState, Phase, Run
from botrunner.risk.gate import Gate
from botrunner.strategies.grid.view import Entries, GridView, Resting


def grid_view(state: EngineState, run: Run, gate: Gate, judge: LevelJudge) -> GridView:
    """What the grid is shown in this step."""
    return GridView(
        parameters=run.parameters.grid,
        instrument=state.instruments[run.symbol],
        fees=state.fees[run.symbol],
        quote=state.quotes.get(run.symbol),
        resting=_resting(state, run),
        entries=entries_mode(state, run),
        amend_entries=gate.may_move_entries(),
        judge=judge,
        now=state.now,
    )


def entries_mode(state: EngineState, run: Run) -> Entries:
    """What may become of a strategy's entries now."""
    if state.stop is not None or run.retiring:
        return Entries.NONE
    settling = any(order.is_final for order in state.live_orders(run.name))
    return Entries.KEEP if run.hold_id or settling else Entries.TRADE


def may_trade(run: Run) -> bool:
    """A strategy that recovers sends nothing."""
    return run.phase is Phase.TRADING


def _resting(state: EngineState, run: Run) -> dict[OrderSlot, Resting]:
    return {
        order.slot: Resting(
            price=order.wanted_price,
            remaining=order.remaining,
            since=order.requested_at,
            acknowledged=order.acknowledged_at is not None,
        )
        for order in entries_of(state, run)
        if order.wanted_price is not None
    }
