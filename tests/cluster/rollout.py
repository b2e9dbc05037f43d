"""What the objects of Deployments say about a roll-out; nothing here asks or waits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Any]

_REVISION = "deployment.kubernetes.io/revision"
# Reasons that a person has to see to, after so many restarts.
_HOPELESS = {"CrashLoopBackOff": 3, "ImagePullBackOff": 0, "ErrImageNeverPull": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a roll-out is."""

    unready: tuple[str, ...]
    """Deployments that do not run yet what they should, and nothing else."""
    hopeless: tuple[str, ...]
    """Pods that waiting does not help, with what the program or the kubelet said last."""


def judge(items: Sequence[Item]) -> State:
    """The state of all Deployments in ITEMS, which holds their ReplicaSets and pods too."""
    deployments = [item for item in items if item["kind"] == "Deployment"]
    pods = [item for item in items if item["kind"] == "Pod"]
    newest = {owner for deployment in deployments for owner in _newest_sets(deployment, items)}
    troubles = (_trouble(pod) for pod in pods if _owners(pod) & newest)
    return State(
        unready=tuple(
            item["metadata"]["name"]
            for item in deployments
            if not _serves(item) or any(_strange(pod, item, newest) for pod in pods)
        ),
        hopeless=tuple(trouble for trouble in troubles if trouble),
    )


def _serves(deployment: Item) -> bool:
    wanted, status = deployment["spec"]["replicas"], deployment.get("status", {})
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
    return _is_observed(deployment) and all(count == wanted for count in counts)


def _strange(pod: Item, deployment: Item, newest: set[str]) -> bool:
    """Whether a Service would send to POD too: one that an uninstalled release left for a while."""
    labels = pod["metadata"].get("labels", {})
    selected = deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    return selected and not _owners(pod) & newest


def _is_observed(deployment: Item) -> bool:
    status = deployment.get("status", {})
    return bool(status.get("observedGeneration") == deployment["metadata"]["generation"])


def _newest_sets(deployment: Item, items: Iterable[Item]) -> Iterable[str]:
    """The uid of the ReplicaSet of the newest template; the pods of older ones go."""
    if not _is_observed(deployment):
        return
    revision = deployment["metadata"].get("annotations", {}).get(_REVISION)
    for item in items:
        if item["kind"] != "ReplicaSet" or deployment["metadata"]["uid"] not in _owners(item):
            continue
        if item["metadata"].get("annotations", {}).get(_REVISION) == revision:
            yield item["metadata"]["uid"]


def _owners(item: Item) -> set[str]:
    return {owner["uid"] for owner in item["metadata"].get("ownerReferences", [])}


def _trouble(pod: Item) -> str:
    for container in pod.get("status", {}).get("containerStatuses", []):
        waiting = container["state"].get("waiting", {})
        reason = waiting.get("reason")
        if reason not in _HOPELESS or container["restartCount"] < _HOPELESS[reason]:
            continue
        ended = container.get("lastState", {}).get("terminated", {})
        said = (ended.get("message") or waiting.get("message") or "").strip().splitlines()
        return f"{pod['metadata']['name']}: {reason}{': ' + said[-1] if said else ''}"
    return ""
