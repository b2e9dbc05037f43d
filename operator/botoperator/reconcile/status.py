"""The operator's part of a status, whole: what server-side apply takes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from botapi import labels
from botapi.conditions import (
    Condition,
    ConditionReason,
    ConditionStatus,
    ConditionType,
    Phase,
    carry_over,
    make_condition,
)
from botapi.v1alpha1.status import Admission, StrategyState
from botoperator.reconcile.admission import Claim
from botoperator.reconcile.drift import differences
from botoperator.reconcile.plan import StatusWrite
from botoperator.reconcile.said import Said
from botoperator.reconcile.view import View

MESSAGE_LIMIT: Final = 1024
"""Longest message of ours, in characters: a line for people, not a log."""

_T = ConditionType


def operator_status(
    view: View, said: Mapping[ConditionType, Said], claim: Claim | None
) -> Mapping[str, Any]:
    """Every field of ours; ``claim`` is given to whom may trade.

    Times of transition are those that stand, where nothing has changed.
    """
    status: dict[str, Any] = {
        "observedGeneration": view.metadata.generation,
        "phase": _phase(view, said, claim).value,
        "conditions": [_condition(view, kind, each).to_json() for kind, each in said.items()],
    }
    if claim is not None:
        status["admitted"] = _admission(view, claim).to_json()
    return status


def status_write(view: View, wanted: Mapping[str, Any], claim: Claim | None) -> StatusWrite | None:
    """The write that makes the status as wanted; None where it is so already."""
    live = view.seen.account
    if not differences({"status": wanted}, live, subresource="status"):
        return None
    is_new = claim is not None and not claim.is_admitted
    metadata = {
        "name": view.metadata.name,
        "namespace": view.metadata.namespace,
        "uid": view.metadata.uid,
    }
    if is_new:
        metadata["resourceVersion"] = view.metadata.resource_version
    return StatusWrite(
        manifest={
            "apiVersion": labels.API_VERSION,
            "kind": labels.ACCOUNT_KIND,
            "metadata": metadata,
            "status": wanted,
        },
        admits=claim.group if claim is not None and is_new else None,
    )


def _condition(view: View, kind: ConditionType, said: Said) -> Condition:
    new = make_condition(
        kind,
        ConditionStatus.TRUE if said.holds else ConditionStatus.FALSE,
        reason=said.reason,
        at=_whole_seconds(view.now),
        message=said.message[:MESSAGE_LIMIT],
        generation=view.metadata.generation,
    )
    return carry_over(view.condition(kind), new)


def _admission(view: View, claim: Claim) -> Admission:
    before = view.status.admitted
    if before is not None and before.uid == claim.group.uid:
        return before
    return Admission(uid=claim.group.uid, since=_whole_seconds(view.now))


def _phase(view: View, said: Mapping[ConditionType, Said], claim: Claim | None) -> Phase:
    if view.metadata.deletion_timestamp is not None:
        return Phase.DELETING
    if said[_T.STALLED].holds:
        return Phase.FAILED
    if view.is_stopped:
        return Phase.STOPPED
    if not said[_T.RUNNER_AVAILABLE].holds:
        return Phase.PENDING
    return _phase_of_life(view)


def _phase_of_life(view: View) -> Phase:
    enabled = view.condition(_T.TRADING_ENABLED)
    if enabled is not None and enabled.reason == ConditionReason.SUSPENDED:
        return Phase.SUSPENDED
    if view.is_recovering:
        return Phase.RECOVERING
    if not view.is_true(_T.CREDENTIALS_READY):
        return Phase.PENDING
    if enabled is None or enabled.status is not ConditionStatus.TRUE:
        return Phase.RECOVERING
    starved = [each for each in view.status.strategies if each.state == StrategyState.STARVED]
    return Phase.STARVED if starved else Phase.TRADING


def _whole_seconds(at: datetime) -> datetime:
    return at.replace(microsecond=0)
