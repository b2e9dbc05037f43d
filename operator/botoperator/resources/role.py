"""What a pod of ours may do in the cluster: little, and to its own object only."""

from botapi import labels
from botapi.metadata import ObjectMeta
from botoperator.resources.metadata import Manifest, child_metadata, feed_child_metadata


def build_runner_role(account: ObjectMeta) -> Manifest:
    """Follow this one account, report on it, tell people by Events; no Secret, no pod.

    A watch narrowed by the field selector ``metadata.name`` is judged by that name, so
    ``resourceNames`` covers it.
    """
    events = {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}
    return _role(
        child_metadata(account),
        _own(account, labels.ACCOUNT_PLURAL, "get", "watch"),
        _own(account, f"{labels.ACCOUNT_PLURAL}/status", "patch"),
        events,
    )


def build_feed_role(feed: ObjectMeta) -> Manifest:
    """Read this one MarketDataFeed and report on it."""
    return _role(
        feed_child_metadata(feed),
        _own(feed, labels.FEED_PLURAL, "get"),
        _own(feed, f"{labels.FEED_PLURAL}/status", "get", "patch"),
    )


def _role(metadata: Manifest, *rules: Manifest) -> Manifest:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": metadata,
        "rules": list(rules),
    }


def _own(owner: ObjectMeta, resource: str, *verbs: str) -> Manifest:
    return {
        "apiGroups": [labels.GROUP],
        "resources": [resource],
        "resourceNames": [owner.name],
        "verbs": list(verbs),
    }
