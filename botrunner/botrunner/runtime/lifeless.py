"""What is reported while nothing trades: why, the remedy, and the stop that stands. Pure.

Rule: what the last life reported stays in the report, for the next life begins with it; nothing in
it claims that anybody looks after the account now.
"""

from dataclasses import dataclass
from datetime import datetime

from botapi.conditions import Condition, ConditionReason, ConditionStatus, ConditionType
from botapi.v1alpha1.emergency import EmergencyCause
from botapi.v1alpha1.status import (
    AccountReport,
    AccountStatus,
    EmergencyReport,
    RunnerReport,
    StrategyReport,
    StrategyState,
)
from botrunner.account_resource.port import Reading
from botrunner.domain.emergency import EmergencyStop
from botrunner.domain.ids import short_id
from botrunner.runtime.conditions import (
    TEXT_LIMIT,
    Said,
    all_conditions,
    credentials_said,
    stop_said,
)
from botrunner.runtime.status import streams_report
from botrunner.runtime.surroundings import Surroundings

_R = ConditionReason
_STAYS = (StrategyState.RETIRING, StrategyState.EXTERNALLY_REDUCED)
"""States that outlive a runner; every other one is found anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifeless:
    """Why nothing trades, and what people want meanwhile."""

    reading: Reading
    around: Surroundings
    stop: EmergencyStop | None
    """The latched one that an earlier life left, unless it is acknowledged."""
    trouble: str
    """In words, with the remedy; empty while a life begins."""
    now: datetime


def lifeless_status(why: Lifeless, before: AccountStatus | None) -> AccountStatus:
    """The runner's part of the status; ``before`` is the last report of all."""
    last = before or AccountStatus()
    emergency = _emergency(why, last.emergency)
    strategies = tuple(_waiting(strategy) for strategy in last.strategies)
    return AccountStatus(
        conditions=all_conditions(
            _said(why, emergency, last.condition(ConditionType.CREDENTIALS_READY)),
            at=why.now,
            generation=why.around.generation,
            before=last.conditions,
        ),
        account=_account(why.around, last),
        positions=last.positions,
        open_orders=last.open_orders,
        strategy_summary=", ".join(f"{each.name} {each.state}" for each in strategies),
        strategies=strategies,
        emergency=emergency,
        streams=streams_report(why.around),
        runner=_runner(why, last.runner),
    )


def _said(
    why: Lifeless, emergency: EmergencyReport | None, known: Condition | None
) -> dict[ConditionType, Said]:
    """``known`` is what CredentialsReady said last."""
    reason, text = _obstacle(why)
    unknown = Said(reason=_R.NOT_REPORTED, message=f"not looked at: {text}")
    stopped = stop_said(emergency) if emergency is not None else None
    return {
        ConditionType.CREDENTIALS_READY: _credentials(why, text, known),
        ConditionType.MARKET_DATA_READY: unknown,
        ConditionType.PROTECTED: unknown,
        ConditionType.TRADING_ENABLED: stopped or Said(reason=reason, message=text),
    }


def _credentials(why: Lifeless, text: str, known: Condition | None) -> Said:
    if why.around.keys_problem or why.around.uid:
        return credentials_said(why.around)
    if known is not None and known.status is ConditionStatus.FALSE:
        # Until the venue has been asked anew, its last word stands.
        return Said(reason=ConditionReason(known.reason), message=known.message)
    return Said(reason=_R.NOT_REPORTED, message=f"not checked yet: {text}")


def _obstacle(why: Lifeless) -> tuple[ConditionReason, str]:
    """What keeps the account from trading, the first that holds."""
    around, reading = why.around, why.reading
    faults = "; ".join(reading.faults)
    if reading.account is None and not reading.is_reachable:
        return _R.API_UNREACHABLE, faults or "the account cannot be read yet"
    if reading.account is None:
        return _R.NOT_REPORTED, f"the specification is not followed: {faults}"
    if around.keys_problem:
        return _R.NOT_ADMITTED, around.keys_problem
    if around.admission_problem:
        return _R.NOT_ADMITTED, around.admission_problem
    if why.trouble:
        return _R.NOT_REPORTED, why.trouble
    return _R.RECOVERING, "the runner begins"


def _emergency(why: Lifeless, before: EmergencyReport | None) -> EmergencyReport | None:
    if why.stop is not None:
        return _latched(why, why.stop, before)
    if not why.reading.stops:
        return None
    stops = ", ".join(why.reading.stops)[:TEXT_LIMIT]
    policy = why.reading.policies.policy_for(EmergencyCause.PERSON)
    if before is not None and not before.latched:
        return before.model_copy(update={"reason": stops, "policy": policy})
    return EmergencyReport(
        id=short_id(f"{why.around.account} {why.now.isoformat()} {stops}"),
        cause=EmergencyCause.PERSON,
        reason=stops,
        policy=policy,
        since=why.now,
    )


def _latched(why: Lifeless, stop: EmergencyStop, before: EmergencyReport | None) -> EmergencyReport:
    cause = EmergencyCause(stop.cause.value)
    is_same = before is not None and before.id == stop.emergency_id
    return EmergencyReport(
        id=stop.emergency_id,
        cause=cause,
        reason=stop.reason[:TEXT_LIMIT],
        policy=why.reading.policies.policy_for(cause),
        since=stop.at,
        latched=True,
        complete=is_same and before is not None and before.complete,
    )


def _account(around: Surroundings, last: AccountStatus) -> AccountReport:
    known = last.account or AccountReport()
    uid = None if around.is_dry_run else around.uid or known.uid
    return known.model_copy(update={"uid": uid, "sums_until": _sums_until(known, last.runner)})


def _sums_until(known: AccountReport, last: RunnerReport | None) -> datetime | None:
    """When a life reported last: nothing that happens from then on is in a sum."""
    if known.realised_pnl is None or known.sums_until is not None:
        return known.sums_until
    return last.last_report if last is not None else None


def _waiting(strategy: StrategyReport) -> StrategyReport:
    if strategy.state in _STAYS:
        return strategy
    changes = {"state": StrategyState.RECOVERING.value, "reason": "", "message": ""}
    return strategy.model_copy(update=changes)


def _runner(why: Lifeless, last: RunnerReport | None) -> RunnerReport:
    around = why.around
    return RunnerReport(
        pod=around.pod or None,
        version=around.version,
        epoch=last.epoch if last is not None else None,
        observed_generation=around.generation,
        pending_restart=around.pending_restart[:64],
        started=around.started,
        last_report=why.now,
        key_suffix=around.key_suffix or None,
    )
