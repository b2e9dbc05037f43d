"""A cluster of a few objects, for tests of what people's commands decide and write."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botapi.model import Json
from botrunner.fleet.port import (
    AccountKey,
    AccountNotFoundError,
    ClusterError,
    JsonPatch,
    MergePatch,
)
from botrunner.fleet.raw_object import key_of

Patched = tuple[AccountKey, MergePatch | JsonPatch]


class PaperCluster:
    """Holds accounts and remembers every patch; ``react`` plays the runner after each look."""

    namespace = "clients"

    def __init__(self, *accounts: Json) -> None:
        self.objects = {key_of(raw): copy.deepcopy(dict(raw)) for raw in accounts}
        self.patches: list[Patched] = []
        self.refusing: dict[str, str] = {}
        """Names of accounts whose patches are refused, and why."""
        self.react: Callable[[dict[str, Any]], None] = lambda raw: None

    def fetch(self, key: AccountKey) -> Json:
        """One account."""
        if key not in self.objects:
            raise AccountNotFoundError(f"{key}: not found")
        self.react(self.objects[key])
        return self.objects[key]

    def fetch_all(self, namespace: str | None, labels: str) -> Sequence[Json]:
        """All of a namespace; a selector is one ``name=value``."""
        name, _, value = labels.partition("=")
        return [
            self.fetch(key)
            for key, raw in sorted(self.objects.items())
            if namespace in (None, key.namespace)
            and (not labels or raw["metadata"].get("labels", {}).get(name) == value)
        ]

    def patch(self, key: AccountKey, patch: MergePatch | JsonPatch) -> Json:
        """Merge, and count the generation up; a JSON patch is only remembered."""
        if key.name in self.refusing:
            raise ClusterError(self.refusing[key.name])
        self.patches.append((key, patch))
        if isinstance(patch, Mapping):
            merge(self.objects[key], patch)
        self.objects[key]["metadata"]["generation"] += 1
        return copy.deepcopy(self.objects[key])


def merge(target: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """RFC 7386."""
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        elif isinstance(value, Mapping):
            merge(target.setdefault(name, {}), value)
        else:
            target[name] = value


def stored(name: str = "alice", namespace: str = "clients", **parts: Any) -> dict[str, Any]:
    """An account as the API server gives it; ``parts``: spec, status, labels, annotations."""
    metadata = {
        "name": name,
        "namespace": namespace,
        "generation": 1,
        "labels": parts.get("labels", {}),
        "annotations": parts.get("annotations", {}),
    }
    spec = {
        "exchange": "bybit",
        "environment": "simulated",
        "mode": "live",
        "strategies": [{"name": "xrp", "symbol": "XRPUSDT"}],
    }
    return {
        "metadata": metadata,
        "spec": spec | parts.get("spec", {}),
        "status": parts.get("status", {}),
    }


def emergency(**changes: Any) -> dict[str, Any]:
    """A latched stop by the margin rate, carried out."""
    return {
        "id": "8c2f6d",
        "cause": "margin",
        "reason": "the rate is 91 %",
        "policy": "CancelEntries",
        "since": "2026-01-01T00:00:00Z",
        "latched": True,
        "complete": True,
    } | changes
