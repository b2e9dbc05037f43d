"""The operator's part of a MarketDataFeed's status."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from botapi import labels
from botapi.conditions import (
    Condition,
    ConditionReason,
    ConditionStatus,
    ConditionType,
    carry_over,
    make_condition,
)
from botapi.faults import InvalidObjectError
from botapi.model import Json
from botapi.parse import parse
from botoperator.reconcile.drift import differences
from botoperator.reconcile.notices import NoticeReason
from botoperator.reconcile.plan import FeedObservation, Notice, StatusWrite
from botoperator.reconcile.said import Said
from botoperator.reconcile.status import MESSAGE_LIMIT
from botoperator.reconcile.steps import find_child

_STARTING: Final = "the feed is being started"


def feed_status_write(seen: FeedObservation, obstacle: str, *, now: datetime) -> StatusWrite | None:
    """The write that makes our part as it should be; None where it is so already."""
    feed = seen.feed or {}
    metadata = feed["metadata"]
    generation = metadata.get("generation")
    said = _ready(seen, obstacle)
    condition = make_condition(
        ConditionType.READY,
        ConditionStatus.TRUE if said.holds else ConditionStatus.FALSE,
        reason=said.reason,
        at=now.replace(microsecond=0),
        message=said.message[:MESSAGE_LIMIT],
        generation=generation,
    )
    status = {
        "observedGeneration": generation,
        "users": seen.users,
        "conditions": [carry_over(_before(feed), condition).to_json()],
    }
    if not differences({"status": status}, feed, subresource="status"):
        return None
    identity = {name: metadata[name] for name in ("name", "namespace", "uid")}
    manifest = {
        "apiVersion": labels.API_VERSION,
        "kind": labels.FEED_KIND,
        "metadata": identity,
        "status": status,
    }
    return StatusWrite(manifest=manifest)


def feed_notices(seen: FeedObservation, write: StatusWrite | None) -> tuple[Notice, ...]:
    """An Event about a refusal by the API server, as Ready is about to tell of it first."""
    if write is None or not seen.trouble:
        return ()
    before = _before(seen.feed or {})
    if before is not None and before.message == seen.trouble[:MESSAGE_LIMIT]:
        return ()
    refused = NoticeReason.WRITE_REFUSED.value
    return (Notice(reason=refused, message=seen.trouble, is_warning=True),)


def _ready(seen: FeedObservation, obstacle: str) -> Said:
    if obstacle:
        return Said(holds=False, reason=ConditionReason.POD_PENDING, message=obstacle)
    deployment = _deployment(seen)
    if (deployment.get("status") or {}).get("availableReplicas"):
        return Said(holds=True)
    return Said(
        holds=False, reason=ConditionReason.POD_PENDING, message=_why_not_available(deployment)
    )


def _why_not_available(deployment: Mapping[str, Any]) -> str:
    """The controller's words once it has given up waiting, else that the feed starts."""
    for condition in (deployment.get("status") or {}).get("conditions") or ():
        if (condition.get("type"), condition.get("status")) == ("Progressing", "False"):
            name = deployment["metadata"]["name"]
            return f"{condition.get('message')}; kubectl describe deployment {name} says why"
    return _STARTING


def _deployment(seen: FeedObservation) -> Mapping[str, Any]:
    name = (seen.feed or {})["metadata"]["name"]
    wanted = {"kind": "Deployment", "metadata": {"name": name}}
    return find_child(seen.children, wanted) or {}


def _before(feed: Json) -> Condition | None:
    for raw in (feed.get("status") or {}).get("conditions") or ():
        if raw.get("type") == ConditionType.READY:
            try:
                return parse(Condition, raw)
            except InvalidObjectError:
                return None
    return None
