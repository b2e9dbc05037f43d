"""When a pod whose template changed may go (KU-13, KU-17).

The exchange keeps resting exits while a runner restarts, so a pod may go when nothing that is held
depends on it: the account is flat, every position has its exit, or the pod trades nothing anyway.
Rule 1: what is not known counts as the worst: positions, once a runner has traded.
Rule 2: a Flatten that is not complete is never interrupted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botapi.conditions import ConditionReason, ConditionType
from botapi.model import Json
from botapi.v1alpha1.account import Mode
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botoperator.reconcile.available import REPORT_LIMIT
from botoperator.reconcile.runner_pod import ContainerState, RunnerPod
from botoperator.reconcile.view import START_GRACE, View

_R = ConditionReason
_T = ConditionType


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a pod may go now, and why."""

    may_go: bool
    why: str
    until: datetime | None = None
    """When to judge anew though nothing happens."""


def is_outdated(pod: RunnerPod, stateful_set: Json | None) -> bool:
    """Whether the pod was made from another template than the one that stands.

    False while the controller has not looked at the newest template yet: then nobody knows.
    """
    if stateful_set is None:
        return False
    status: Any = stateful_set.get("status") or {}
    generation = (stateful_set.get("metadata") or {}).get("generation")
    wanted = status.get("updateRevision")
    if not wanted or status.get("observedGeneration") != generation:
        return False
    return bool(pod.revision) and pod.revision != wanted


def may_replace(view: View, pod: RunnerPod) -> Verdict:
    """Whether this pod may be deleted now."""
    if pod.is_terminating:
        return Verdict(may_go=False, why="the old pod is ending")
    if pod.state is not ContainerState.RUNNING:
        return Verdict(may_go=True, why="its container does not run")
    if pod.mode == Mode.DRY_RUN:
        return Verdict(may_go=True, why="it is a dry run")
    return _by_report(view, pod) if view.has_report else _unheard(view, pod)


def _unheard(view: View, pod: RunnerPod) -> Verdict:
    # With leave from an earlier pod it may trade before it is heard.
    due = None if pod.started_at is None else pod.started_at + START_GRACE
    if view.status.admitted is None or (due is not None and view.now >= due):
        return Verdict(may_go=True, why="it does not report")
    return Verdict(may_go=False, why="waits for its first report", until=due)


def _by_report(view: View, pod: RunnerPod) -> Verdict:
    if _is_flattening(view):
        return Verdict(may_go=False, why="waits until the Flatten of the stop is complete")
    if _is_report_old(view):
        return Verdict(may_go=False, why="waits for a report: the last one is too old to go by")
    if _does_not_live(view):
        return Verdict(may_go=True, why="it does not trade")
    if _becomes_dry(view, pod):
        text = "waits until no order and no position is left, for spec.mode dryRun"
        return Verdict(may_go=_is_flat(view) and _has_no_orders(view), why=text)
    if view.is_true(_T.PROTECTED):
        return Verdict(may_go=True, why="the account is flat or protected")
    emergency = view.status.emergency
    if emergency is not None and emergency.complete:
        return Verdict(may_go=True, why="it is stopped and its policy carried out")
    return Verdict(may_go=False, why="waits until the account is flat or every exit rests")


def _is_flattening(view: View) -> bool:
    emergency = view.status.emergency
    if emergency is not None:
        return emergency.policy is EmergencyPolicy.FLATTEN and not emergency.complete
    if not view.stop.engaged:
        return False
    # Asked for, and not reported yet.
    policy = view.stop.emergency.policy_for(EmergencyCause.PERSON)
    return policy is EmergencyPolicy.FLATTEN


def _is_report_old(view: View) -> bool:
    runner = view.status.runner
    heard = runner.last_report or runner.started if runner is not None else None
    return heard is None or view.now >= heard + REPORT_LIMIT


def _does_not_live(view: View) -> bool:
    # Without keys or leave there is no life: what the status says of positions is an earlier one's.
    enabled = view.condition(_T.TRADING_ENABLED)
    is_barred = enabled is not None and enabled.reason == _R.NOT_ADMITTED
    return is_barred or not view.is_true(_T.CREDENTIALS_READY)


def _becomes_dry(view: View, pod: RunnerPod) -> bool:
    account = view.account
    return pod.mode == Mode.LIVE and account is not None and account.spec.mode is Mode.DRY_RUN


def _is_flat(view: View) -> bool:
    account, protected = view.status.account, view.condition(_T.PROTECTED)
    known = protected is not None and protected.reason != _R.NOT_REPORTED
    return known and not view.status.positions and account is not None and account.positions == 0


def _has_no_orders(view: View) -> bool:
    return view.status.open_orders == 0
