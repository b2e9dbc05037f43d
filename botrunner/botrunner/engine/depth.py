"""How deep a grid can go by the venue's limits (GR-4)."""

from botrunner.domain.precision import ZERO
from botrunner.engine.state import EngineState, Run
from botrunner.risk.limits import tier_limit
from botrunner.strategies.grid.quantities import level_quantity


def last_placeable(state: EngineState, run: Run) -> int:
    """The highest level that the venue takes now; -1 when it takes none.

    Sizes and risk tier are judged ahead, at the present mark; minimum and price band by what was
    refused last.
    """
    highest = run.parameters.grid.max_levels_per_side
    if run.barred_level is not None:
        highest = min(highest, run.barred_level - 1)
    return _by_size(state, run, highest)


def _by_size(state: EngineState, run: Run, highest: int) -> int:
    instrument, quote = state.instruments.get(run.symbol), state.quotes.get(run.symbol)
    if instrument is None or quote is None or run.grid.reference is None:
        return highest
    limit, value = tier_limit(instrument, run.grid.applied.leverage), ZERO
    for level in range(highest + 1):
        multiplier = run.grid.applied.averaging_multiplier
        quantity = level_quantity(run.grid.reference, multiplier, level, instrument)
        value += quantity * quote.mark
        if quantity > instrument.max_quantity or value > limit:
            return level - 1
    return highest
