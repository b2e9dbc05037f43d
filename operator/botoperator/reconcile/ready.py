"""Ready: the sum of all, with the reason of the first that fails."""

from typing import Final

from botapi.conditions import (
    READY_NEEDS,
    REASONS,
    Condition,
    ConditionReason,
    ConditionStatus,
    ConditionType,
)
from botoperator.reconcile.said import Said
from botoperator.reconcile.view import View

RECOVERING: Final = "the runner reads positions and orders, and places what is missing"

_R = ConditionReason
_OF_STALLED: Final = {
    _R.INVALID_SPEC: _R.NOT_REPORTED,
    _R.UNSUPPORTED_ENVIRONMENT: _R.POD_PENDING,
    _R.DUPLICATE_ACCOUNT: _R.NOT_ADMITTED,
}
"""What Ready says where Stalled has a reason that Ready does not carry."""


def ready(view: View, stalled: Said, available: Said) -> Said:
    """A stop first, then what stands in the way of everything else, then what the runner says."""
    if view.is_stopped:
        return Said(holds=False, reason=_R.EMERGENCY_STOP, message=_stop_words(view, available))
    if stalled.holds and stalled.reason in _OF_STALLED:
        reason = _OF_STALLED[stalled.reason]
        return Said(holds=False, reason=reason, message=stalled.message)
    if not available.holds:
        return Said(holds=False, reason=available.reason, message=available.message)
    if view.is_recovering:
        return Said(holds=False, reason=_R.RECOVERING, message=RECOVERING, until=view.start_ends)
    if not is_taken_up(view):
        return Said(holds=False, reason=_R.NOT_REPORTED, message=generation_words(view))
    kinds = [kind for kind in READY_NEEDS if kind is not ConditionType.RUNNER_AVAILABLE]
    said = [_of_runner(kind, view.condition(kind)) for kind in kinds]
    return next((each for each in said if not each.holds), Said(holds=True))


def is_taken_up(view: View) -> bool:
    """Whether the runner acts on the specification as it stands."""
    runner = view.status.runner
    return runner is not None and runner.observed_generation == view.metadata.generation


def generation_words(view: View) -> str:
    """That it does not, in words."""
    return f"the runner has not taken up generation {view.metadata.generation} yet"


def _of_runner(kind: ConditionType, condition: Condition | None) -> Said:
    if condition is None:
        return Said(holds=False, reason=_R.NOT_REPORTED, message=f"{kind}: not reported yet")
    if condition.status is ConditionStatus.TRUE:
        return Said(holds=True)
    known = [reason for reason in REASONS[kind] if reason == condition.reason]
    if known:
        return Said(holds=False, reason=known[0], message=f"{kind}: {condition.message}")
    # A newer runner's word, which our table does not have.
    text = f"{kind}: {condition.reason}: {condition.message}"
    return Said(holds=False, reason=_R.NOT_REPORTED, message=text)


def _stop_words(view: View, available: Said) -> str:
    emergency = view.status.emergency
    if view.stop.engaged:
        cause = f"a person stopped it by {' and '.join(view.stop.engaged_by)}"
    elif emergency is not None and emergency.latched:
        cause = f"{emergency.cause}: {emergency.reason}; set spec.acknowledgedEmergency: "
        cause += emergency.id
    else:
        cause = "the runner ends its stop"
    if available.holds:
        return cause
    return f"{cause}; no runner carries it out: {available.message}"
