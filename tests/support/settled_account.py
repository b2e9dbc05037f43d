"""An account at rest under an operator on a desk, and what its status says."""

from typing import Any

from support.accounts import Manifest
from support.operator_cluster import OperatorCluster
from support.operator_objects import (
    admitted,
    live_children,
    pod_of,
    reported,
    running,
    stored_account,
)


def trading(**changes: Any) -> Manifest:
    """An account whose runner reports that it trades; ``changes`` are of that report."""
    return admitted(reported(stored_account(), **changes))


def settled(
    raw: Manifest | None = None, pod: Manifest | None = None, **more: Any
) -> OperatorCluster:
    """A cluster in which the operator has nothing left to do about an account and its pod."""
    account = raw or trading()
    pods = [pod or pod_of(account, running())]
    cluster = OperatorCluster(account=account, children=live_children(account), pods=pods, **more)
    cluster.settle()
    return cluster


def said(cluster: OperatorCluster, kind: str) -> tuple[str, str]:
    """Status and reason of a condition."""
    condition = cluster.condition(kind)
    return condition["status"], condition["reason"]
