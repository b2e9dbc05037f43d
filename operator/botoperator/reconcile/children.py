"""What is to be done about an account's children and its pod."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from botapi import naming
from botapi.conditions import ConditionType
from botapi.model import Json
from botapi.v1alpha1.account import TradingAccount
from botoperator.reconcile.drift import differences, differs_at
from botoperator.reconcile.notices import NoticeReason
from botoperator.reconcile.ownership import Owner, owner_of
from botoperator.reconcile.plan import Apply, Delete, Notice
from botoperator.reconcile.replacement import is_outdated, may_replace
from botoperator.reconcile.view import View
from botoperator.resources.children import build_children
from botoperator.settings import Settings

_FIXED: Final = {
    "RoleBinding": (("roleRef",),),
    "StatefulSet": (
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "podManagementPolicy"),
    ),
}
"""Fields that can only be set when an object is made: to change one is to make it anew."""
_REPLACED: Final = "the pod is being replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is to be done about one object; empty when it is as it should be."""

    apply: Apply | None = None
    delete: Delete | None = None
    notice: Notice | None = None
    obstacle: str = ""
    """Why it is not as it should be, while nothing can be done."""
    until: datetime | None = None
    """When to look again though nothing happens."""


def plan_children(view: View, account: TradingAccount, settings: Settings) -> tuple[Step, ...]:
    """The steps towards what we want, in order.

    None is taken while an object of somebody else has one of the names: a StatefulSet beside a
    stranger's ServiceAccount would lend that stranger the account's rights.
    """
    wanted = build_children(account, settings)
    for manifest in wanted:
        if (taken := _taken(view, manifest)) is not None:
            return (taken,)
    children = (_child(view, manifest) for manifest in wanted)
    return (*(step for step in children if step is not None), *_pod(view))


def _taken(view: View, wanted: Json) -> Step | None:
    live = _live(view, wanted)
    if live is None or owner_of(live, view.metadata) is not Owner.STRANGER:
        return None
    text = (
        f"the {wanted['kind']} {wanted['metadata']['name']} of this namespace is not of this "
        "account; delete it, or give the account another name"
    )
    before = view.condition(ConditionType.RECONCILING)
    if before is not None and before.message == text:
        return Step(obstacle=text)
    notice = Notice(reason=NoticeReason.NAME_TAKEN.value, message=text, is_warning=True)
    return Step(obstacle=text, notice=notice)


def _child(view: View, wanted: Json) -> Step | None:
    live = _live(view, wanted)
    if live is None:
        return Step(apply=Apply(manifest=wanted, is_new=True))
    is_going = bool(live["metadata"].get("deletionTimestamp"))
    if is_going or owner_of(live, view.metadata) is Owner.PREDECESSOR:
        name = wanted["metadata"]["name"]
        return Step(obstacle=f"waits until the {wanted['kind']} {name} of before is gone")
    if any(differs_at(wanted, live, path) for path in _FIXED.get(wanted["kind"], ())):
        return _anew(view, wanted, live)
    paths = differences(wanted, live)
    return Step(apply=Apply(manifest=wanted, is_new=False, differs_at=paths)) if paths else None


def _anew(view: View, wanted: Json, live: Json) -> Step:
    kind, name = wanted["kind"], wanted["metadata"]["name"]
    if kind == "StatefulSet" and view.pod is not None:
        verdict = may_replace(view, view.pod)
        if not verdict.may_go:
            return Step(obstacle=f"to make the {kind} {name} anew: {verdict.why}")
    text = f"the {kind} {name} is made anew: it was changed where it cannot be changed back"
    return Step(
        delete=_delete(wanted["apiVersion"], kind, live),
        notice=Notice(reason=NoticeReason.CHILD_REPLACED.value, message=text),
        obstacle=text,
    )


def _pod(view: View) -> Iterator[Step]:
    pod = view.pod
    if pod is None or not is_outdated(pod, view.stateful_set):
        return
    if pod.is_terminating:
        yield Step(obstacle=_REPLACED)
        return
    verdict = may_replace(view, pod)
    if not verdict.may_go:
        yield Step(obstacle=f"to replace the pod: {verdict.why}", until=verdict.until)
        return
    raw = next(each for each in view.seen.pods if each["metadata"]["name"] == pod.name)
    text = f"the pod {pod.name} is replaced, for its template changed; {verdict.why}"
    yield Step(
        delete=_delete("v1", "Pod", raw),
        notice=Notice(reason=NoticeReason.POD_REPLACED.value, message=text),
        obstacle=_REPLACED,
    )


def _delete(api_version: str, kind: str, live: Json) -> Delete:
    metadata = live["metadata"]
    return Delete(
        api_version=api_version,
        kind=kind,
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
    )


def _live(view: View, wanted: Json) -> Json | None:
    name = naming.runner_name(view.metadata.name)
    for child in view.seen.children:
        metadata = child.get("metadata") or {}
        if child.get("kind") == wanted["kind"] and metadata.get("name") == name:
            return child
    return None
