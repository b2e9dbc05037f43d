"""What every child of an account carries: name, labels, and its owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from botapi import labels, naming
from botapi.metadata import ObjectMeta

Manifest: TypeAlias = dict[str, Any]
"""A manifest as server-side apply takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOwner:
    """The Deployment that feeds go with, when its release is uninstalled; in their namespace."""

    name: str
    uid: str
    """Outlives upgrades."""

    def reference(self) -> Manifest:
        """As an owner that does not control: who controls a feed is the operator, by its marks.

        It blocks nothing, for that would take the right to change the Deployment's finalizers.
        """
        about = {"apiVersion": "apps/v1", "kind": "Deployment"}
        return about | {"name": self.name, "uid": self.uid}


def child_metadata(account: ObjectMeta) -> Manifest:
    """Metadata of an account's child: it goes with its account, by the garbage collector."""
    return {
        "name": naming.runner_name(account.name),
        "namespace": account.namespace,
        "labels": dict(runner_labels(account)),
        "ownerReferences": [owner_reference(account, labels.ACCOUNT_KIND)],
    }


def feed_child_metadata(feed: ObjectMeta) -> Manifest:
    """Metadata of a feed's child: it has the feed's name, and goes with it."""
    return {
        "name": feed.name,
        "namespace": feed.namespace,
        "labels": dict(feed_labels(feed.name)),
        "ownerReferences": [owner_reference(feed, labels.FEED_KIND)],
    }


def runner_labels(account: ObjectMeta) -> Mapping[str, str]:
    """Labels of everything that runs this account, pods included."""
    name = naming.label_value(account.name)
    return _labels(labels.RUNNER_COMPONENT) | {labels.ACCOUNT_LABEL: name}


def feed_labels(name: str) -> Mapping[str, str]:
    """Labels of a feed and of everything that runs it, pods included."""
    return _labels(labels.FEED_COMPONENT) | {labels.FEED_LABEL: naming.label_value(name)}


def _labels(component: str) -> dict[str, str]:
    return {
        labels.NAME_LABEL: labels.APPLICATION,
        labels.COMPONENT_LABEL: component,
        labels.MANAGED_BY_LABEL: labels.OPERATOR_MANAGER,
        labels.PART_OF_LABEL: labels.PART_OF,
    }


def owner_reference(owner: ObjectMeta, kind: str) -> Manifest:
    """An object of our group as the one owner that controls."""
    return {
        "apiVersion": labels.API_VERSION,
        "kind": kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
