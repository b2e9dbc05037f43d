"""What people are told when something about an account changes (OB-7). Pure.

Rule 1: a notice is a transition between two reports; a restart that changes nothing tells nothing.
Rule 2: a stop is told at once, a condition once it has lasted: every healthy start passes through
conditions that do not hold yet.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from botapi.conditions import Condition, ConditionReason, ConditionStatus, ConditionType
from botapi.v1alpha1.status import AccountStatus, EmergencyReport, StrategyState
from botrunner.account_resource.port import Notice

STOP_ENGAGED = "EmergencyStop"
STOP_ENDED = "EmergencyStopEnded"
RETIRED = "StrategyRetired"
STARTED = "RunnerStarted"
LASTS = timedelta(seconds=5)
"""So long a condition stands before it is told."""
_R = ConditionReason
_UNTOLD = frozenset({_R.NOT_REPORTED, _R.RECOVERING, _R.SUSPENDED, _R.EMERGENCY_STOP})
"""Reasons that say no more than that a runner begins or ends; and a stop has a word of its own."""
_WARNED = frozenset({_R.SECRET_MISSING, _R.KEY_MISSING})
"""Reasons that are told though the condition holds: the next pod would not begin."""
_State = tuple[ConditionStatus, str]


def notices_between(before: AccountStatus | None, after: AccountStatus) -> Iterator[Notice]:
    """What is told at once about the change from one report to the next."""
    yield from _emergency(before.emergency if before else None, after.emergency)
    yield from _retired(before, after)


class ConditionNotices:
    """Tells of conditions that turned and stayed so. Begins with those of the last report."""

    def __init__(self, before: AccountStatus | None) -> None:
        self._told: dict[str, _State] = {}
        self._turned: dict[str, tuple[_State, datetime]] = {}
        for condition in before.conditions if before else ():
            if condition.reason not in _UNTOLD:
                self._told[condition.type] = (condition.status, condition.reason)

    def look(self, conditions: Iterable[Condition], now: datetime) -> list[Notice]:
        """What is to be told now; called with every report, and while nothing changes."""
        return [notice for each in conditions if (notice := self._look_at(each, now)) is not None]

    def _look_at(self, condition: Condition, now: datetime) -> Notice | None:
        state = (condition.status, condition.reason)
        told = self._told.get(condition.type)
        if condition.reason in _UNTOLD or state == told:
            self._turned.pop(condition.type, None)
            return None
        turned, since = self._turned.get(condition.type, (None, now))
        if turned != state:
            self._turned[condition.type] = (state, now)
            return None
        if now - since < LASTS:
            return None
        del self._turned[condition.type]
        self._told[condition.type] = state
        return _notice(condition, told)


def _notice(condition: Condition, told: _State | None) -> Notice | None:
    if condition.status is not ConditionStatus.TRUE:
        text = f"{condition.type} is {condition.status.value}: {condition.message}"
        return Notice(reason=condition.reason, message=text, is_warning=True)
    if condition.reason in _WARNED:
        text = f"{condition.type} is True, but {condition.message}"
        return Notice(reason=condition.reason, message=text, is_warning=True)
    if told is None and condition.type != ConditionType.TRADING_ENABLED:
        return None  # As everybody expects of a new account; that it trades is worth a word.
    if told is not None and told[0] is ConditionStatus.TRUE and told[1] not in _WARNED:
        return None  # Another shade of the same.
    text = f"{condition.type} is True"
    return Notice(reason=condition.type, message=text, is_warning=False)


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


def _retired(before: AccountStatus | None, after: AccountStatus) -> Iterator[Notice]:
    names = {strategy.name for strategy in after.strategies}
    for strategy in before.strategies if before else ():
        if strategy.state == StrategyState.RETIRING and strategy.name not in names:
            text = f"strategy {strategy.name} is flat and gone"
            yield Notice(reason=RETIRED, message=text, is_warning=False)
