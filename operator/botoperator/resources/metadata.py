"""What every child of an account carries: name, labels, and its owner."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from botapi import labels, naming
from botapi.metadata import ObjectMeta

Manifest: TypeAlias = dict[str, Any]
"""A manifest as server-side apply takes it."""


def child_metadata(account: ObjectMeta) -> Manifest:
    """Metadata of a child: it goes with its account, by the garbage collector."""
    return {
        "name": naming.runner_name(account.name),
        "namespace": account.namespace,
        "labels": dict(runner_labels(account)),
        "ownerReferences": [owner_reference(account)],
    }


def runner_labels(account: ObjectMeta) -> Mapping[str, str]:
    """Labels of everything that runs this account, pods included."""
    return {
        labels.NAME_LABEL: labels.APPLICATION,
        labels.COMPONENT_LABEL: labels.RUNNER_COMPONENT,
        labels.MANAGED_BY_LABEL: labels.OPERATOR_MANAGER,
        labels.PART_OF_LABEL: labels.PART_OF,
        labels.ACCOUNT_LABEL: naming.label_value(account.name),
    }


def owner_reference(account: ObjectMeta) -> Manifest:
    """The account as the one owner that controls."""
    return {
        "apiVersion": labels.API_VERSION,
        "kind": labels.ACCOUNT_KIND,
        "name": account.name,
        "uid": account.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
