"""Risk's view of one strategy, taken from the engine's state."""

from decimal import Decimal

from botrunner.domain.emergency import StopPolicy
from botrunner.engine import preparation, resolve, strangers
from botrunner.engine.exposure import exposure_beside, side_values
from botrunner.engine.state import SECOND, EngineState, Phase, Run
from botrunner.risk.allowance import Allowance
from botrunner.risk.checks import RiskView
from botrunner.risk.gate import Gate, Terms

WALLET_PATIENCE = 60 * SECOND
"""A balance that could not be read for so long counts as unknown (PR-2); the longest poll."""
POLL_PATIENCE = 5 * SECOND
"""So long after the last poll the account counts as known while its private stream is down."""


def gate_of(state: EngineState, run: Run, allowance: Allowance, granted: Decimal) -> Gate:
    """The gate for one strategy in this step; ``granted`` is what others got in it, USDT."""
    view = RiskView(
        symbol=run.symbol,
        risk=state.parameters.risk,
        stopped=state.stop is not None,
        disabled=trading_disabled(state, run),
        stream_up=state.stream_up and not state.unreconciled,
        is_polled=_is_polled(state),
        blocks=frozenset(state.blocks),
        quote=state.quotes.get(run.symbol),
        uncertain=resolve.is_missing(state, run.symbol),
        leverage=run.grid.applied.leverage,
        exposure=exposure_beside(state, run, granted),
        now=state.now,
    )
    terms = Terms(
        instrument=state.instruments[run.symbol],
        fees=state.fees[run.symbol],
        leverage=run.grid.applied.leverage,
    )
    return Gate(
        view,
        terms,
        allowance,
        side_values(state, run),
        generation=state.generation,
        frozen=state.policy is StopPolicy.FREEZE,
    )


def _is_polled(state: EngineState) -> bool:
    return state.polled_at is not None and state.now <= state.polled_at + POLL_PATIENCE


def trading_disabled(state: EngineState, run: Run) -> str:
    """Why a strategy may not open anything yet; empty when it may."""
    if run.phase is not Phase.TRADING:
        return "recovering"
    if state.stop is not None or run.retiring:
        return "stopped" if state.stop is not None else "retiring"
    if state.lower_epoch_until is not None:
        return "a runner of a lower epoch still sends"
    run.foreign_refused = strangers.refused_on(state, run.symbol)
    if run.foreign_refused:
        return f"foreign orders on {run.symbol}: {run.foreign_refused}"
    # Before the balance: under isolated margin there is none to read.
    return preparation.missing_settings(state, run) or unread(state)


def unread(state: EngineState) -> str:
    """What of the account is not known, or not any more; empty when all is (PR-2, RI-9)."""
    if state.wallet is None or state.unreadable:
        return state.unreadable or "the balance is not read yet"
    if state.now > state.wallet.at + WALLET_PATIENCE:
        return f"the balance was not read since {state.wallet.at.isoformat()}"
    return ""
