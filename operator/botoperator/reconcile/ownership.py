"""Whose an object is that has the name of a child of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from botapi import labels, naming
from botapi.metadata import ObjectMeta
from botapi.model import Json


class Owner(Enum):
    """Who an object belongs to."""

    OURS = auto()
    """Of the object in question, or left without an owner: applied, which sets it again."""
    PREDECESSOR = auto()
    """A deleted one's of the same name: the garbage collector takes it away."""
    STRANGER = auto()
    """Somebody else's: never touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The object of ours whose children are looked at."""

    kind: str
    noun: str
    """What people call the kind."""
    label: str
    """The label that names it on its children."""
    metadata: ObjectMeta


def parent_account(metadata: ObjectMeta) -> Parent:
    """A TradingAccount."""
    return Parent(
        kind=labels.ACCOUNT_KIND, noun="account", label=labels.ACCOUNT_LABEL, metadata=metadata
    )


def parent_feed(metadata: ObjectMeta) -> Parent:
    """A MarketDataFeed."""
    return Parent(kind=labels.FEED_KIND, noun="feed", label=labels.FEED_LABEL, metadata=metadata)


def owner_of(live: Json, parent: Parent) -> Owner:
    """Whose a live object is, by the reference of its controller, else by our marks on it."""
    controller = _controller(live)
    if controller is None:
        return Owner.OURS if has_our_marks(live, parent) else Owner.STRANGER
    if controller.get("uid") == parent.metadata.uid:
        return Owner.OURS
    same = (controller.get("kind"), controller.get("name")) == (parent.kind, parent.metadata.name)
    return Owner.PREDECESSOR if same else Owner.STRANGER


def has_our_marks(live: Json, parent: Parent) -> bool:
    """Whether we have labelled an object as the parent's, or applied it."""
    metadata = live.get("metadata") or {}
    marks = metadata.get("labels") or {}
    labelled = (marks.get(labels.MANAGED_BY_LABEL), marks.get(parent.label)) == (
        labels.OPERATOR_MANAGER,
        naming.label_value(parent.metadata.name),
    )
    managers = [entry.get("manager") for entry in metadata.get("managedFields") or ()]
    return labelled or labels.OPERATOR_MANAGER in managers


def _controller(live: Json) -> Mapping[str, Any] | None:
    references = (live.get("metadata") or {}).get("ownerReferences") or ()
    return next((each for each in references if each.get("controller")), None)
