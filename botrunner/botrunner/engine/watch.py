"""Conditions that no single event tells: margin, a stream gone too long, a broken invariant."""

from datetime import datetime
from decimal import Decimal

from botrunner.domain.actions import ReadWallet
from botrunner.domain.emergency import StopCause, StopPolicy
from botrunner.domain.order import OrderState
from botrunner.domain.precision import ZERO
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.engine import preparation, recovery
from botrunner.engine.exposure import entries_of
from botrunner.engine.limits import Group
from botrunner.engine.state import SECOND, EngineState, Phase, Run
from botrunner.engine.stop import engage
from botrunner.protection.coverage import is_covered, is_exposed
from botrunner.risk.margin import MarkedPosition, estimated_rate
from botrunner.risk.verdict import Reason
from botrunner.strategies.grid.quantities import level_quantity

CLOSE_TO_THRESHOLD = Decimal("0.8")
"""Above this part of the threshold the wallet is polled every second (RI-10)."""
_NO_REASON = frozenset({Reason.VENUE})
"""Refusals that do not excuse an uneven grid for ever: the grace runs (GR-24)."""


def watch_margin(state: EngineState) -> None:
    """Stop when the maintenance-margin rate reaches the threshold (GR-50)."""
    rate = state.rate = acted_on_rate(state)
    if rate is None or (state.stop is not None and state.stop.latched):
        return
    threshold = state.parameters.risk.maintenance_margin_rate_threshold
    if rate >= threshold:
        engage(state, StopCause.MARGIN, f"maintenance-margin rate {rate:.4f}", rate=rate)


def estimated_margin_rate(state: EngineState) -> Decimal | None:
    """At the present marks; None where a mark, an instrument or the wallet is not known."""
    marked = marked_positions(state)
    if state.wallet is None or marked is None:
        return None
    return estimated_rate(state.wallet, marked)


def marked_positions(state: EngineState) -> list[MarkedPosition] | None:
    """Every open position at its present mark; None where one cannot be valued."""
    marked: list[MarkedPosition] = []
    for (symbol, _), position in state.positions.items():
        if position.quantity == 0:
            continue
        quote, instrument = state.quotes.get(symbol), state.instruments.get(symbol)
        if quote is None or instrument is None:
            return None
        marked.append(
            MarkedPosition(
                position=position,
                mark=quote.mark,
                instrument=instrument,
                taker_fee=state.fees[symbol].taker,
            )
        )
    return marked


def acted_on_rate(state: EngineState) -> Decimal | None:
    """The larger of what the venue reported last and what we estimate now (RI-10)."""
    if state.wallet is None:
        return None
    estimated = estimated_margin_rate(state)
    reported = state.wallet.maintenance_margin_rate
    return reported if estimated is None else max(reported, estimated)


def poll_wallet(state: EngineState) -> None:
    """Every walletPollSeconds, every second close to the threshold."""
    every, rate = state.parameters.risk.wallet_poll, state.rate
    threshold = state.parameters.risk.maintenance_margin_rate_threshold
    if rate is not None and rate > threshold * CLOSE_TO_THRESHOLD:
        every = min(every, SECOND)
    seen = [at for at in (state.wallet_polled_at, _wallet_at(state)) if at is not None]
    due = max(seen) + every if seen else state.now
    if state.now >= due:
        state.wallet_polled_at = state.now
        state.outbox.append(ReadWallet())
        due = state.now + every
    state.wake(due)


def watch_stream(state: EngineState) -> None:
    """Latch when the private stream failed too often for too long (RI-1)."""
    if state.stream_up or state.stream_lost_at is None:
        return
    limits = state.parameters.stop
    due = state.stream_lost_at + limits.private_latch
    if state.stream_attempts < limits.private_max_attempts:
        return
    if state.now >= due:
        text = f"the private stream is lost since {state.stream_lost_at.isoformat()}"
        engage(state, StopCause.STREAM, text)
    else:
        state.wake(due)


def watch_runs(state: EngineState) -> None:
    """GR-3 and GR-34: both sides even, no side without its exit; else, after the grace, a stop."""
    for run in state.runs.values():
        is_waiting = run.phase is not Phase.TRADING or preparation.forbids_exits(run)
        if is_waiting or state.policy is StopPolicy.FREEZE:
            run.exposed_since = run.uneven_since = None
            continue
        if run.changed or state.stop is not None:
            run.changed = False
            run.is_exposed, run.is_uneven = _is_exposed(state, run), _is_uneven(state, run)
        run.exposed_since = _since(run.exposed_since, run.is_exposed, state.now)
        run.uneven_since = _since(run.uneven_since, run.is_uneven, state.now)
        _after_grace(state, run, run.exposed_since, "a side has no take-profit")
        _after_grace(state, run, run.uneven_since, "the sides are not even")


def lacks_exit(state: EngineState, run: Run) -> bool:
    """Whether a side holds more than the take-profits that rest at the venue would close."""
    exits = [
        order
        for order in state.live_orders(run.name)
        if order.purpose is Purpose.TAKE_PROFIT and order.state is OrderState.OPEN
    ]
    return any(
        is_exposed(
            run.grid.side(side).holding.quantity,
            (order.remaining for order in exits if order.side is side),
        )
        for side in SIDES
    )


def end_lower_epoch(state: EngineState) -> None:
    """A runner of a lower epoch that was not seen for a while is gone (PR-8)."""
    if state.lower_epoch_until is None:
        return
    if state.now < state.lower_epoch_until:
        state.wake(state.lower_epoch_until)
        return
    state.lower_epoch_until = None
    for run in state.runs.values():
        run.dirty = True


def forget_the_flat(state: EngineState) -> None:
    """A retiring strategy is gone once it is flat and nothing of it rests (KU-27).

    A strategy that waited for its symbol begins then.
    """
    for run in list(state.runs.values()):
        done = run.retiring and run.phase is Phase.TRADING and not state.live_orders(run.name)
        if done and all(run.grid.side(side).holding.is_flat for side in SIDES):
            recovery.give_way(state, run)


def _wallet_at(state: EngineState) -> datetime | None:
    return state.wallet.at if state.wallet is not None else None


def _since(since: datetime | None, holds: bool, now: datetime) -> datetime | None:
    return (since or now) if holds else None


def _after_grace(state: EngineState, run: Run, since: datetime | None, text: str) -> None:
    if since is None or state.stop is not None:
        return
    due = since + state.parameters.risk.invariant_grace
    if state.now >= due:
        reason = f"{run.symbol}: {text} since {since.isoformat()}"
        engage(state, StopCause.INVARIANT, reason, symbol=run.symbol)
    else:
        state.wake(due)


def _is_exposed(state: EngineState, run: Run) -> bool:
    if state.policy is StopPolicy.FLATTEN or run.flatten:
        return False
    return lacks_exit(state, run)


def _is_uneven(state: EngineState, run: Run) -> bool:
    excused = run.passing or (run.reason is not None and run.reason not in _NO_REASON)
    # A ban holds back what is missing on every account behind the address (RI-34).
    excused = excused or state.bucket(Group.PLACE).is_paused(state.now)
    if excused or run.hold_id or run.approximated or run.retiring or state.stop is not None:
        return False
    deepest = max(run.grid.long.highest, run.grid.short.highest)
    top = max(run.top, min(deepest, run.parameters.grid.max_levels_per_side))
    return any(
        not _is_covered(state, run, side, level) for level in range(top + 1) for side in SIDES
    )


def _is_covered(state: EngineState, run: Run, side: Side, level: int) -> bool:
    filled = run.grid.side(side).level(level)
    if filled is not None and filled.synthetic:
        return True
    if run.grid.reference is None:
        return False
    instrument = state.instruments[run.symbol]
    multiplier = run.grid.applied.averaging_multiplier
    resting = sum(
        (o.remaining for o in entries_of(state, run) if o.side is side and o.level == level), ZERO
    )
    return is_covered(
        level_quantity(run.grid.reference, multiplier, level, instrument),
        filled.quantity if filled is not None else ZERO,
        resting,
        filled.average_price if filled is not None else ZERO,
        instrument,
    )
