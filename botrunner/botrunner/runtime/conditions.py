"""The four conditions that a runner writes, from the engine's state. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from botapi.conditions import (
    Condition,
    ConditionReason,
    ConditionStatus,
    ConditionType,
    carry_over,
    make_condition,
)
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botapi.v1alpha1.status import EmergencyReport
from botrunner.domain.control import Block
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.side import Purpose
from botrunner.engine.gates import unread
from botrunner.engine.resolve import is_missing
from botrunner.engine.state import EngineState, Phase, Run
from botrunner.engine.watch import lacks_exit
from botrunner.exchanges.market_data import Source
from botrunner.runtime.surroundings import Surroundings

_R = ConditionReason
TEXT_LIMIT = 30_000
EXIT_GRACE = timedelta(seconds=3)
"""So long the exit of a fill may be on its way untold: its acknowledgement takes 0.1 to 0.3 s, and
a status written for that is written twice, by the runner and by the operator. GR-34 grants 5 s,
and the engine looks at the time at least once a second."""
_BLOCKS = {
    Block.API: (_R.API_UNREACHABLE, "the account cannot be read; entries wait until it can"),
    Block.BREAKER: (_R.RISK_LIMIT, "too many requests failed in a row; entries wait 60 s"),
    Block.CLOCK: (_R.CLOCK_SKEW, "the clock differs from the venue's by 500 ms or more; set it"),
    Block.CREDENTIALS: (_R.NOT_ADMITTED, "the venue refused the key; see CredentialsReady"),
    Block.DELETION: (_R.SUSPENDED, "the account is being ended"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a condition says: it holds where ``reason`` is AsExpected."""

    reason: ConditionReason = _R.AS_EXPECTED
    message: str = ""
    holds: bool = False


GOOD = Said(holds=True)


def conditions(
    state: EngineState, around: Surroundings, before: tuple[Condition, ...]
) -> tuple[Condition, ...]:
    """The runner's conditions now; times of transition carry over from ``before``."""
    said = {
        ConditionType.CREDENTIALS_READY: credentials_said(around),
        ConditionType.MARKET_DATA_READY: _market_data(state, around),
        ConditionType.PROTECTED: _protected(state),
        ConditionType.TRADING_ENABLED: next(_obstacles(state, around), GOOD),
    }
    return all_conditions(said, at=state.now, generation=around.generation, before=before)


def all_conditions(
    said: Mapping[ConditionType, Said],
    *,
    at: datetime,
    generation: int,
    before: tuple[Condition, ...],
) -> tuple[Condition, ...]:
    """What is said as conditions; times of transition carry over from ``before``."""
    known = {condition.type: condition for condition in before}
    return tuple(
        carry_over(known.get(kind.value), _condition(kind, what, at, generation))
        for kind, what in said.items()
    )


def stop_said(stop: EmergencyReport) -> Said:
    """What TradingEnabled says while a stop holds."""
    how = (
        f"acknowledge it with spec.acknowledgedEmergency: {stop.id}"
        if stop.latched
        else "it ends when the person takes it back"
    )
    text = f"{stop.cause.value}: {stop.reason}; {how}"
    return Said(reason=_R.EMERGENCY_STOP, message=text)


def credentials_said(around: Surroundings) -> Said:
    """What CredentialsReady says."""
    if around.keys_problem:
        reason = _R(around.keys_reason) if around.keys_reason else _R.KEY_REFUSED
        return Said(reason=reason, message=around.keys_problem)
    if not around.uid:
        return Said(reason=_R.NOT_REPORTED, message="not checked yet")
    if around.keys_gone:
        on = "trading goes on with the keys in memory, a restart would find none"
        text = f"{around.keys_gone}; {on}"
        return Said(reason=_R(around.keys_gone_reason), message=text, holds=True)
    return GOOD


def emergency_report(state: EngineState) -> EmergencyReport | None:
    """The stop that holds, as the status tells it."""
    stop, policy = state.stop, state.policy
    if stop is None or policy is None:
        return None
    return EmergencyReport(
        id=stop.emergency_id,
        cause=EmergencyCause(stop.cause.value),
        reason=stop.reason[:TEXT_LIMIT],
        policy=EmergencyPolicy(policy.value),
        since=stop.at,
        latched=stop.latched,
        complete=state.stop_complete,
    )


def unprotected(state: EngineState) -> tuple[str, ...]:
    """Names of strategies that trade and lack an exit, where that is to be told by now.

    What a fill opened has ``EXIT_GRACE``; what recovery found, what a policy or an end leaves so,
    and what the venue refused has none.
    """
    runs = [run for run in state.runs.values() if run.phase is not Phase.RECOVERING]
    return tuple(r.name for r in runs if lacks_exit(state, r) and not _on_its_way(state, r))


def _on_its_way(state: EngineState, run: Run) -> bool:
    """Whether a fill of this moment is all that an exit is missing for."""
    since, found = run.exposed_since, run.recovered_at  # None where a policy leaves it so.
    if since is None or (found is not None and since <= found):
        return False
    is_silent = bool(state.fenced_by) or state.ended
    return not is_silent and not _is_refused(state, run) and state.now < since + EXIT_GRACE


def _is_refused(state: EngineState, run: Run) -> bool:
    if any(purpose is Purpose.TAKE_PROFIT for _, purpose, _ in run.retries):
        return True
    unmoved = state.hold_off.keys() | state.no_amend
    orders = state.live_orders(run.name)
    return any(o.order_id in unmoved for o in orders if o.purpose is Purpose.TAKE_PROFIT)


def _condition(kind: ConditionType, said: Said, at: datetime, generation: int) -> Condition:
    return make_condition(
        kind,
        ConditionStatus.TRUE if said.holds else ConditionStatus.FALSE,
        reason=said.reason,
        at=at,
        message=said.message[:TEXT_LIMIT],
        generation=generation,
    )


def _market_data(state: EngineState, around: Surroundings) -> Said:
    symbols = sorted({run.symbol for run in state.runs.values()})
    unknown = [symbol for symbol in symbols if symbol in around.unknown_symbols]
    if unknown:
        names = ", ".join(unknown)
        words = "; ".join(around.unknown_symbols[symbol] for symbol in unknown)
        text = f"the exchange does not trade {names}: replace the strategy by one of a symbol that"
        return Said(reason=_R.SYMBOL_UNKNOWN, message=f"{text} it lists ({words})")
    oldest = state.now - state.parameters.risk.max_price_age
    stale = [
        symbol
        for symbol in symbols
        if (quote := state.quotes.get(symbol)) is None or quote.at < oldest
    ]
    if stale:
        return Said(reason=_R.PRICE_STALE, message=f"no fresh price of {', '.join(stale)}")
    polled = [symbol for symbol in symbols if around.sources.get(symbol) is Source.REST]
    if polled:
        text = f"the public stream is silent; prices of {', '.join(polled)} come by polling"
        return Said(reason=_R.POLLING_DEGRADED, message=text, holds=True)
    lost = [symbol for symbol in symbols if symbol in around.lost_feeds]
    if lost:
        words = "; ".join(f"{symbol}: {around.lost_feeds[symbol]}" for symbol in lost)
        text = f"prices come straight from the exchange, not through the shared feed ({words})"
        return Said(reason=_R.FEED_LOST, message=text, holds=True)
    return GOOD


def _protected(state: EngineState) -> Said:
    runs = state.runs.values()
    recovering = [run.name for run in runs if run.phase is Phase.RECOVERING]
    if recovering:
        text = f"not known before recovery ends: {', '.join(recovering)}"
        return Said(reason=_R.NOT_REPORTED, message=text)
    bare = unprotected(state)
    if not bare:
        return GOOD
    reason = _R.FROZEN if state.policy is StopPolicy.FREEZE else _R.TAKE_PROFIT_MISSING
    return Said(reason=reason, message=f"a take-profit is missing or too small: {', '.join(bare)}")


def _obstacles(state: EngineState, around: Surroundings) -> Iterator[Said]:
    stop = emergency_report(state)
    if stop is not None:
        yield stop_said(stop)
    if state.fenced_by:
        text = f"the runner of epoch {state.fenced_by} trades this account; this one has stopped"
        yield Said(reason=_R.HIGHER_EPOCH, message=text)
    if around.is_ended:
        yield Said(reason=_R.SUSPENDED, message="the runner was ended; orders rest as they are")
    if around.keys_problem:
        yield Said(reason=_R.NOT_ADMITTED, message=around.keys_problem)
    yield from _lost(state)
    yield from _waiting(state)


def _lost(state: EngineState) -> Iterator[Said]:
    if not state.stream_up or state.unreconciled:
        text = "the private stream is down, or not reconciled yet; entries wait"
        yield Said(reason=_R.STREAM_LOST, message=text)
    for block in Block:
        if block in state.blocks:
            reason, text = _BLOCKS[block]
            yield Said(reason=reason, message=text)


def _unsure(state: EngineState) -> Iterator[Said]:
    """What the venue was asked and did not say, or says otherwise than we have it."""
    if text := unread(state):
        yield Said(reason=_R.OUT_OF_SYNC, message=f"{text}; entries wait")
    symbols = sorted({run.symbol for run in state.runs.values() if is_missing(state, run.symbol)})
    if symbols:
        text = f"an order of {', '.join(symbols)} that rested is nowhere; entries there wait"
        yield Said(reason=_R.OUT_OF_SYNC, message=text)


def _waiting(state: EngineState) -> Iterator[Said]:
    for run in state.runs.values():
        # Before the balance: under isolated margin there is none to read.
        if run.setting_refused:
            yield Said(reason=_R.MODE_REFUSED, message=run.setting_refused)
    if state.wallet is None or any(r.phase is Phase.RECOVERING for r in state.runs.values()):
        yield Said(reason=_R.RECOVERING, message="positions and orders are being read")
    yield from _unsure(state)
    if state.lower_epoch_until is not None:
        text = "a runner of a lower epoch still sends; entries wait until it is quiet"
        yield Said(reason=_R.RECOVERING, message=text)
    for run in state.runs.values():
        if run.foreign_refused:
            text = f"foreign orders on {run.symbol}: {run.foreign_refused}; cancel them"
            yield Said(reason=_R.FOREIGN_ORDERS, message=text)
