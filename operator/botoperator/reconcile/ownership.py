"""Whose an object is that has the name of a child of ours."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from botapi import labels, naming
from botapi.metadata import ObjectMeta
from botapi.model import Json


class Owner(Enum):
    """Who an object belongs to."""

    OURS = auto()
    """The account's own, or left without an owner: applied, which sets the owner again."""
    PREDECESSOR = auto()
    """A deleted account's of the same name: the garbage collector takes it away."""
    STRANGER = auto()
    """Somebody else's: never touched."""


def owner_of(live: Json, account: ObjectMeta) -> Owner:
    """Whose a live object is, by the reference of its controller, else by our marks on it."""
    controller = _controller(live)
    if controller is None:
        return Owner.OURS if _has_our_marks(live, account) else Owner.STRANGER
    if controller.get("uid") == account.uid:
        return Owner.OURS
    same = (controller.get("kind"), controller.get("name")) == (labels.ACCOUNT_KIND, account.name)
    return Owner.PREDECESSOR if same else Owner.STRANGER


def _controller(live: Json) -> Mapping[str, Any] | None:
    references = (live.get("metadata") or {}).get("ownerReferences") or ()
    return next((each for each in references if each.get("controller")), None)


def _has_our_marks(live: Json, account: ObjectMeta) -> bool:
    metadata = live.get("metadata") or {}
    marks = metadata.get("labels") or {}
    labelled = (marks.get(labels.MANAGED_BY_LABEL), marks.get(labels.ACCOUNT_LABEL)) == (
        labels.OPERATOR_MANAGER,
        naming.label_value(account.name),
    )
    managers = [entry.get("manager") for entry in metadata.get("managedFields") or ()]
    return labelled or labels.OPERATOR_MANAGER in managers
