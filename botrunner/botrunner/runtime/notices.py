"""What people are told when something about an account changes (OB-7). Pure.

Rule: a notice is a transition between two reports; a restart that changes nothing tells nothing.
"""

from collections.abc import Iterator

from botapi.conditions import Condition, ConditionReason, ConditionStatus, ConditionType
from botapi.v1alpha1.status import AccountStatus, EmergencyReport, StrategyState
from botrunner.account_resource.port import Notice

STOP_ENGAGED = "EmergencyStop"
STOP_ENDED = "EmergencyStopEnded"
RETIRED = "StrategyRetired"
STARTED = "RunnerStarted"
_R = ConditionReason
_OF_EVERY_START = frozenset({_R.AS_EXPECTED, _R.NOT_REPORTED, _R.RECOVERING, _R.SUSPENDED})
"""Reasons that say no more than that a runner begins or ends."""
_ONLY_WHEN_LOST = frozenset({_R.PRICE_STALE, _R.STREAM_LOST})
"""Reasons that every start has too: worth a word only after it went well."""


def notices_between(before: AccountStatus | None, after: AccountStatus) -> Iterator[Notice]:
    """Everything that people are told about the change from one report to the next."""
    yield from _emergency(before.emergency if before else None, after.emergency)
    known = {condition.type: condition for condition in before.conditions} if before else {}
    for condition in after.conditions:
        yield from _condition(known.get(condition.type), condition)
    yield from _retired(before, after)


def _emergency(before: EmergencyReport | None, after: EmergencyReport | None) -> Iterator[Notice]:
    if after is None:
        if before is not None:
            text = f"the stop {before.id} ({before.cause.value}) is over; trading goes on"
            yield Notice(reason=STOP_ENDED, message=text, is_warning=False)
        return
    if before is not None and (before.id == after.id or not (before.latched or after.latched)):
        return  # The same stop; a person's gets a new id in each life.
    ends = (
        f"acknowledge it with spec.acknowledgedEmergency: {after.id}"
        if after.latched
        else "it ends when the person takes it back"
    )
    text = f"{after.id}: {after.cause.value}: {after.reason}; policy {after.policy.value}; {ends}"
    yield Notice(reason=STOP_ENGAGED, message=text, is_warning=True)


def _condition(before: Condition | None, after: Condition) -> Iterator[Notice]:
    was = (before.status, before.reason) if before else (ConditionStatus.UNKNOWN, _R.NOT_REPORTED)
    if was == (after.status, after.reason):
        return
    if after.status is ConditionStatus.TRUE:
        if _is_worth_ending(was, after):
            text = f"{after.type} is True again" if before else f"{after.type} is True"
            yield Notice(reason=after.type, message=text, is_warning=False)
    elif _is_worth_telling(was, after):
        text = f"{after.type} is {after.status.value}: {after.message}"
        yield Notice(reason=after.reason, message=text, is_warning=True)


def _is_worth_ending(was: tuple[ConditionStatus, str], after: Condition) -> bool:
    status, reason = was
    if status is ConditionStatus.TRUE:
        return False  # Another shade of the same.
    return reason not in _OF_EVERY_START or after.type == ConditionType.TRADING_ENABLED


def _is_worth_telling(was: tuple[ConditionStatus, str], after: Condition) -> bool:
    if after.reason == _R.EMERGENCY_STOP or after.reason in _OF_EVERY_START:
        return False  # The stop has a word of its own.
    return after.reason not in _ONLY_WHEN_LOST or was[0] is ConditionStatus.TRUE


def _retired(before: AccountStatus | None, after: AccountStatus) -> Iterator[Notice]:
    names = {strategy.name for strategy in after.strategies}
    for strategy in before.strategies if before else ():
        if strategy.state == StrategyState.RETIRING and strategy.name not in names:
            text = f"strategy {strategy.name} is flat and gone"
            yield Notice(reason=RETIRED, message=text, is_warning=False)
