"""What would wake the engine: a moment, and per symbol the prices at which margin gets tight.

A fill, an acknowledgement, a wallet reading always wake it. A price wakes it where something waits
for a price, and where the maintenance-margin rate could reach its threshold. The distance to that
price is found by a straight line and halved, so that tiers and other symbols moving at the same
time cannot carry the rate past the threshold inside a band.
"""

from dataclasses import replace
from decimal import Decimal

from botrunner.domain.precision import ONE
from botrunner.domain.side import SIDES
from botrunner.engine.outcome import Interest, PriceBand
from botrunner.engine.state import EngineState
from botrunner.engine.watch import marked_positions
from botrunner.risk.margin import headroom

_WIDEST = Decimal("0.2")
"""A band reaches at most this part of the price to either side."""
_PROBE = Decimal("0.01")


def interest_of(state: EngineState) -> Interest:
    """The engine's interest after this step."""
    return Interest(
        wake_at=state.wake_at, bands=tuple(_band(state, symbol) for symbol in state.quotes)
    )


def _band(state: EngineState, symbol: str) -> PriceBand:
    mark = state.quotes[symbol].mark
    run = state.run_of_symbol(symbol)
    if run is not None and run.waits:
        return PriceBand(symbol=symbol, low=mark, high=mark)
    held = any(
        (position := state.positions.get((symbol, side))) is not None and position.quantity > 0
        for side in SIDES
    )
    reach = _reach(state, symbol, mark) if held else _WIDEST
    return PriceBand(symbol=symbol, low=mark * (ONE - reach), high=mark * (ONE + reach))


def _reach(state: EngineState, symbol: str, mark: Decimal) -> Decimal:
    """Half the relative distance to the threshold, the nearer of both directions."""
    slack = _slack(state, symbol, mark)
    if slack is None or slack <= 0:
        return Decimal(0)
    reach = _WIDEST
    for probe in (-_PROBE, _PROBE):
        moved = _slack(state, symbol, mark * (ONE + probe))
        if moved is None:
            return Decimal(0)
        if moved < slack:
            reach = min(reach, _PROBE * slack / (slack - moved) / 2)
    return reach


def _slack(state: EngineState, symbol: str, mark: Decimal) -> Decimal | None:
    """The headroom below the threshold if this were the mark."""
    quote = state.quotes[symbol]
    state.quotes[symbol] = replace(quote, mark=mark)
    marked = marked_positions(state)
    state.quotes[symbol] = quote
    if marked is None or state.wallet is None:
        return None
    return headroom(state.wallet, marked, state.parameters.risk.maintenance_margin_rate_threshold)
