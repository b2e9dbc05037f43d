"""What is to be done about one child, whoever its parent is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from botapi.model import Json
from botoperator.reconcile.drift import differences, differs_at
from botoperator.reconcile.notices import NoticeReason
from botoperator.reconcile.ownership import Owner, Parent, owner_of
from botoperator.reconcile.plan import Apply, Delete, Notice

_FIXED: Final = {
    "RoleBinding": (("roleRef",),),
    "StatefulSet": (
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "podManagementPolicy"),
    ),
    "Deployment": (("spec", "selector"),),
}
"""Fields that can only be set when an object is made: to change one is to make it anew."""


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


def find_child(children: Sequence[Json], wanted: Json) -> Json | None:
    """The live object that stands where this one is wanted."""
    for child in children:
        metadata = child.get("metadata") or {}
        if (child.get("kind"), metadata.get("name")) == (
            wanted["kind"],
            wanted["metadata"]["name"],
        ):
            return child
    return None


def taken_words(live: Json | None, wanted: Json, parent: Parent) -> str:
    """That somebody else has the name; empty where nobody does.

    Then nothing of the parent may be touched: what we make beside a stranger's ServiceAccount
    would lend that stranger the parent's rights.
    """
    if live is None or owner_of(live, parent) is not Owner.STRANGER:
        return ""
    return (
        f"the {wanted['kind']} {wanted['metadata']['name']} of this namespace is not of this "
        f"{parent.noun}; delete it, or give the {parent.noun} another name"
    )


def child_step(live: Json | None, wanted: Json, parent: Parent, *, hold: str = "") -> Step | None:
    """The step towards what we want; None where nothing is to be done.

    ``hold`` is why it may not be made anew at the moment, where it would have to be.
    """
    if live is None:
        return Step(apply=Apply(manifest=wanted, is_new=True))
    kind, name = wanted["kind"], wanted["metadata"]["name"]
    is_going = bool(live["metadata"].get("deletionTimestamp"))
    if is_going or owner_of(live, parent) is Owner.PREDECESSOR:
        return Step(obstacle=f"waits until the {kind} {name} of before is gone")
    if any(differs_at(wanted, live, path) for path in _FIXED.get(kind, ())):
        return Step(obstacle=f"to make the {kind} {name} anew: {hold}") if hold else _anew(live)
    paths = differences(wanted, live)
    return Step(apply=Apply(manifest=wanted, is_new=False, differs_at=paths)) if paths else None


def delete_of(live: Json) -> Delete:
    """The deletion of this very object."""
    metadata = live["metadata"]
    return Delete(
        api_version=live["apiVersion"],
        kind=live["kind"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
    )


def _anew(live: Json) -> Step:
    text = (
        f"the {live['kind']} {live['metadata']['name']} is made anew: it was changed where it "
        "cannot be changed back"
    )
    notice = Notice(reason=NoticeReason.CHILD_REPLACED.value, message=text)
    return Step(delete=delete_of(live), notice=notice, obstacle=text)
