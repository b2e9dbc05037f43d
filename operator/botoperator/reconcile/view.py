"""One account as the decisions see it: the raw objects, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from botapi import naming
from botapi.conditions import (
    READY_NEEDS,
    Condition,
    ConditionReason,
    ConditionStatus,
    ConditionType,
)
from botapi.faults import InvalidObjectError
from botapi.metadata import ObjectMeta
from botapi.model import Json
from botapi.parse import parse
from botapi.stop import StopRequest, read_stop
from botapi.v1alpha1.account import ReportedAccount, TradingAccount
from botapi.v1alpha1.status import AccountStatus
from botoperator.reconcile.ownership import Owner, owner_of, parent_account
from botoperator.reconcile.plan import Observation
from botoperator.reconcile.runner_pod import ContainerState, RunnerPod, find_pod

START_GRACE: Final = timedelta(seconds=60)
"""So long a starting pod, and a starting runner, are given before it is said what they lack."""
_CLOCK_STEP: Final = timedelta(seconds=5)
"""Below the kubelet's first pause between two containers, 10 s: no report of the one before."""

_R = ConditionReason
_T = ConditionType
_OF_RUNNER: Final = tuple(kind for kind in READY_NEEDS if kind is not _T.RUNNER_AVAILABLE)
_STARTING: Final = frozenset(
    {
        _R.NOT_REPORTED,
        _R.RECOVERING,
        _R.NOT_ADMITTED,
        _R.STREAM_LOST,
        _R.PRICE_STALE,
        _R.TAKE_PROFIT_MISSING,
    }
)
"""What a runner says of itself while it starts, and what no person has to act on yet. Leave to
trade comes by itself, unless the keys stand in its way, and then CredentialsReady says so; an exit
follows the first fill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is known of one account."""

    seen: Observation
    metadata: ObjectMeta
    account: TradingAccount | None
    """None for a specification that breaks its rules."""
    faults: str
    """Which rules, in words; empty for a good one."""
    status: AccountStatus
    stop: StopRequest
    pod: RunnerPod | None
    now: datetime

    @property
    def stateful_set(self) -> Json | None:
        """The account's own, where there is one."""
        return next((each for each in self.own_children if each.get("kind") == "StatefulSet"), None)

    @property
    def own_children(self) -> Sequence[Json]:
        """Children of the runner's name that are not somebody else's."""
        return [
            child
            for child in self.seen.children
            if owner_of(child, parent_account(self.metadata)) is Owner.OURS
            and (child.get("metadata") or {}).get("name") == naming.runner_name(self.metadata.name)
        ]

    @property
    def is_stopped(self) -> bool:
        """Whether an emergency stop holds, or a person has asked for one."""
        return self.status.emergency is not None or self.stop.engaged

    @property
    def has_report(self) -> bool:
        """Whether the container that runs now has reported.

        Both times are of one node's clock, which may have been set back in between: then a report
        that came long after the start is the proof.
        """
        runner, pod = self.status.runner, self.pod
        if runner is None or pod is None or pod.state is not ContainerState.RUNNING:
            return False
        if runner.pod not in (None, pod.name) or pod.started_at is None:
            return False
        began = runner.started or runner.last_report
        if began is not None and began + _CLOCK_STEP >= pod.started_at:
            return True
        return runner.last_report is not None and runner.last_report >= pod.started_at + START_GRACE

    @property
    def is_recovering(self) -> bool:
        """Whether a runner that has just started has not come to the end of it, and needs nobody.

        For at most `START_GRACE`: what lasts longer is said as it is.
        """
        if self.start_ends is None or self.now >= self.start_ends:
            return False
        lacking = [kind for kind in _OF_RUNNER if not self.is_true(kind)]
        return bool(lacking) and all(_passes(self.condition(kind)) for kind in lacking)

    @property
    def start_ends(self) -> datetime | None:
        """When a starting runner has had its time."""
        runner = self.status.runner
        return runner.started + START_GRACE if runner and runner.started else None

    def condition(self, kind: ConditionType) -> Condition | None:
        """What was last said about this, whoever said it."""
        return self.status.condition(kind)

    def is_true(self, kind: ConditionType) -> bool:
        """Whether a condition holds."""
        condition = self.condition(kind)
        return condition is not None and condition.status is ConditionStatus.TRUE


def _passes(condition: Condition | None) -> bool:
    return condition is None or condition.reason in _STARTING


def view_of(seen: Observation, now: datetime) -> View:
    """Read what is seen; never raises for what people or runners wrote."""
    raw = seen.account
    account, faults = _account(raw)
    reported = _reported(raw, account)
    return View(
        seen=seen,
        metadata=reported.metadata,
        account=account,
        faults=faults,
        status=reported.status or AccountStatus(),
        stop=read_stop(raw),
        pod=find_pod(seen.pods, reported.metadata.name),
        now=now,
    )


def _account(raw: Json) -> tuple[TradingAccount | None, str]:
    try:
        return parse(TradingAccount, raw), ""
    except InvalidObjectError as error:
        return None, str(error)


def _reported(raw: Json, account: TradingAccount | None) -> ReportedAccount:
    if account is not None:
        return ReportedAccount(metadata=account.metadata, status=account.status)
    try:
        return parse(ReportedAccount, raw)
    except InvalidObjectError:
        # A status that is no object at all: the report is lost, the account is not.
        metadata: Mapping[str, Any] = raw.get("metadata") or {}
        return parse(ReportedAccount, {"metadata": metadata})
