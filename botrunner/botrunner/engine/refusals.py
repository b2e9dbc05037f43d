"""What follows from a request that was refused: who is told, and when it is made again.

Rule: nothing is repeated at once, and the pause grows with each refusal in a row; an exit's pause
stays short, for a position waits for it.
"""

from datetime import datetime

from botrunner.domain.control import Block
from botrunner.domain.emergency import StopCause
from botrunner.domain.events import RefusalClass
from botrunner.domain.order import Order
from botrunner.engine import preparation, reconcile
from botrunner.engine.state import ERRORS_THAT_COUNT, EngineState, Refusal, Retry, Standing
from botrunner.engine.stop import blind, engage
from botrunner.risk.verdict import Reason

EXIT_RETRY_CAP_SECONDS = 2
ENTRY_RETRY_CAP_SECONDS = 60
_VENUE_REASONS = {RefusalClass.MONEY: Reason.VENUE_MONEY}


def count(state: EngineState, order: Order, what: str, refusal: RefusalClass, message: str) -> None:
    """Note a refused request, and stop where too many come in a row, or the key is refused.

    ``what`` names the request: place, amend or cancel.
    """
    state.refused.append(
        Refusal(strategy=order.strategy, what=what, reason=refusal.value, message=message)
    )
    if refusal in ERRORS_THAT_COUNT:
        state.errors_in_row += 1
        limit = state.parameters.risk.max_consecutive_errors
        if state.errors_in_row >= limit:
            text = f"{state.errors_in_row} writes refused in a row, last: {message}"
            engage(state, StopCause.ERRORS, text, symbol=order.symbol)
    if refusal is RefusalClass.CREDENTIALS:
        state.blocks.add(Block.CREDENTIALS)
        blind(state, f"the key was refused: {message}")


def stand(state: EngineState, order: Order, refusal: RefusalClass, message: str) -> None:
    """No placement at once again: want of money waits for the wallet, all else for time."""
    if order.purpose.reduces:
        not_at_once(state, order)
        return
    run = state.runs.get(order.strategy)
    if run is None:
        return
    money = refusal is RefusalClass.MONEY
    retry = _next_retry(run.refusals.get(order.level), state.now)
    run.refusals[order.level] = Standing(
        reason=_VENUE_REASONS.get(refusal, Reason.VENUE),
        message=message,
        wallet_at=state.wallet.at if money and state.wallet is not None else None,
        retry_at=None if money else retry.at,
        attempts=retry.attempts,
    )


def mode_lost(state: EngineState, order: Order, message: str) -> None:
    """Entries wait for the mode; what was held when it was changed is gone, or somebody else's."""
    run = state.runs.get(order.strategy)
    if run is None:
        not_at_once(state, order)
        return
    if order.purpose.reduces and preparation.precedes_mode(run, order):
        not_at_once(state, order)
    elif order.purpose.reduces:
        run.retries[order.slot] = Retry(at=state.now + state.parameters.reconcile_every)
    if preparation.mode_lost(state, run, order, message):
        reconcile.ask(state)


def not_at_once(state: EngineState, order: Order) -> None:
    """An exit or a close is placed again soon, but with a pause."""
    run, slot = state.runs.get(order.strategy), order.slot
    if run is not None:
        before = run.retries.get(slot)
        run.retries[slot] = Retry.after(before, state.now, EXIT_RETRY_CAP_SECONDS)
        return
    before = state.unowned_retries.get((order.symbol, slot))
    retry = Retry.after(before, state.now, EXIT_RETRY_CAP_SECONDS)
    state.unowned_retries[(order.symbol, slot)] = retry


def _next_retry(standing: Standing | None, now: datetime) -> Retry:
    """Both orders of a pair refused together count once."""
    if standing is None:
        return Retry.after(None, now, ENTRY_RETRY_CAP_SECONDS)
    if standing.retry_at is not None and now < standing.retry_at:
        return Retry(at=standing.retry_at, attempts=standing.attempts)
    before = Retry(at=now, attempts=standing.attempts)
    return Retry.after(before, now, ENTRY_RETRY_CAP_SECONDS)


def hold_off(state: EngineState, order: Order) -> None:
    """An order whose cancel or amendment was refused is left alone for a moment."""
    before = state.hold_off.get(order.order_id)
    state.hold_off[order.order_id] = Retry.after(before, state.now, EXIT_RETRY_CAP_SECONDS)
