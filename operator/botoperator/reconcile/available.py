"""RunnerAvailable: whether there is a pod that trades the account, and what it lacks if not."""

from datetime import datetime, timedelta
from typing import Final

from botapi import naming
from botapi.conditions import ConditionReason, ConditionType
from botoperator.reconcile.runner_pod import ContainerState, RunnerPod, moment
from botoperator.reconcile.said import Said
from botoperator.reconcile.view import START_GRACE, View

REPORT_LIMIT: Final = timedelta(minutes=11)
"""Two heartbeats of 5 minutes and a bit: a runner that is alive has been heard by then."""
STARTING: Final = "the runner is being started"
"""Said of every step between the first plan and the first report: a step is no news."""

_R = ConditionReason
_CRASHES_OF_A_LOOP = 2
_IMAGE_REASONS: Final = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
_STEPS: Final = frozenset({"", "ContainerCreating", "PodInitializing", "CrashLoopBackOff"})
"""Reasons of a waiting container that are no obstacle by themselves."""


def runner_available(view: View) -> Said:
    """What the pod, its container and its last report say together."""
    pod = view.pod
    if pod is None:
        return _without_pod(view)
    if is_crash_loop(view):
        return Said(holds=False, reason=_R.CRASH_LOOP, message=_crash_words(pod))
    if pod.waiting_reason in _IMAGE_REASONS:
        return Said(holds=False, reason=_R.IMAGE_PULL, message=_image_words(view, pod))
    if pod.waiting_reason not in _STEPS:
        text = f"{pod.waiting_reason}: {pod.waiting_message}"
        return Said(holds=False, reason=_R.POD_PENDING, message=text)
    if pod.state is ContainerState.RUNNING:
        return _running(view, pod)
    slow = f"its node has not started the container; kubectl describe pod {pod.name} says why"
    return _starting(view, pod.created, _R.POD_PENDING, slow)


def is_crash_loop(view: View) -> bool:
    """Whether the runner ends again and again before it reports (KU-18)."""
    pod = view.pod
    if pod is None or view.has_report:
        return False
    return pod.waiting_reason == "CrashLoopBackOff" or pod.restarts >= _CRASHES_OF_A_LOOP


def _without_pod(view: View) -> Said:
    stateful_set = view.stateful_set or {}
    since = moment((stateful_set.get("metadata") or {}).get("creationTimestamp"))
    name = naming.runner_name(view.metadata.name)
    slow = f"no pod has been made; kubectl describe statefulset {name} says why"
    return _starting(view, since, _R.POD_PENDING, slow)


def _running(view: View, pod: RunnerPod) -> Said:
    runner = view.status.runner
    if not view.has_report or runner is None:
        slow = f"the runner has not reported; kubectl logs {pod.name} says why"
        return _starting(view, pod.started_at, _R.NOT_REPORTED, slow)
    heard = runner.last_report or runner.started
    if heard is not None and heard + REPORT_LIMIT <= view.now:
        text = f"the last report is of {heard:%Y-%m-%d %H:%M:%S} UTC; kubectl logs {pod.name}"
        return Said(holds=False, reason=_R.REPORT_TOO_OLD, message=text)
    if _has_said_nothing(view):
        return Said(holds=False, reason=_R.POD_PENDING, message=STARTING, until=view.start_ends)
    return Said(holds=True, until=heard + REPORT_LIMIT if heard is not None else None)


def _has_said_nothing(view: View) -> bool:
    # A report of a runner that has not signed in yet is a step like those of the pod.
    account = view.status.account
    return view.is_recovering and (account is None or not account.uid)


def _starting(view: View, since: datetime | None, reason: ConditionReason, slow: str) -> Said:
    if since is None or view.now < since + START_GRACE:
        until = None if since is None else since + START_GRACE
        return Said(holds=False, reason=_R.POD_PENDING, message=STARTING, until=until)
    seconds = int(START_GRACE.total_seconds())
    return Said(holds=False, reason=reason, message=f"after {seconds} s {slow}")


def _crash_words(pod: RunnerPod) -> str:
    return f"the runner keeps ending: {pod.last_words}" if pod.last_words else "it keeps ending"


def _image_words(view: View, pod: RunnerPod) -> str:
    """The registry's answer; the kubelet says it in turns with that it waits, which is no news."""
    _, _, answer = pod.waiting_message.partition("ErrImagePull: ")
    if pod.waiting_reason != "ImagePullBackOff" or answer:
        return answer or pod.waiting_message or pod.waiting_reason
    before = view.condition(ConditionType.RUNNER_AVAILABLE)
    if before is not None and before.reason == _R.IMAGE_PULL:
        return before.message
    return pod.waiting_message
