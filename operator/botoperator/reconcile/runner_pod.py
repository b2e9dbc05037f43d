"""A runner's pod as it is seen: typed, from the raw object."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

from botapi import labels, naming
from botapi.model import Json
from botoperator.resources.stateful_set import CONTAINER

_LAST_LINES = 5

REVISION_LABEL: Final = "controller-revision-hash"
"""Set by the StatefulSet controller: the revision of the template that a pod was made from."""


class ContainerState(Enum):
    """What the runner's container does."""

    ABSENT = auto()
    """The kubelet has not said anything yet."""
    WAITING = auto()
    RUNNING = auto()
    TERMINATED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerPod:
    """The pod of one account."""

    name: str
    uid: str
    revision: str
    mode: str
    """``spec.mode`` that it was started with; empty where unknown."""
    created: datetime | None
    is_terminating: bool
    state: ContainerState
    waiting_reason: str
    """Of a waiting container, in the kubelet's word; also of a pod that no node takes."""
    waiting_message: str
    started_at: datetime | None
    """Of the container that runs now."""
    restarts: int
    last_words: str
    """What the last container that ended left behind (`terminationMessagePolicy`)."""


def find_pod(pods: Sequence[Json], account: str) -> RunnerPod | None:
    """The account's pod among those of its label; None while there is none."""
    name = naming.runner_pod_name(account)
    found = [pod for pod in pods if (pod.get("metadata") or {}).get("name") == name]
    return _read(found[0]) if found else None


def moment(text: Any) -> datetime | None:
    """A time of the API server's; None for what is none."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _read(pod: Json) -> RunnerPod:
    metadata, status = pod.get("metadata") or {}, pod.get("status") or {}
    container = _container(status)
    state = container.get("state") or {}
    waiting = state.get("waiting") or _unscheduled(status)
    return RunnerPod(
        name=metadata.get("name") or "",
        uid=metadata.get("uid") or "",
        revision=(metadata.get("labels") or {}).get(REVISION_LABEL) or "",
        mode=(metadata.get("annotations") or {}).get(labels.MODE_ANNOTATION) or "",
        created=moment(metadata.get("creationTimestamp")),
        is_terminating=bool(metadata.get("deletionTimestamp")),
        state=_state(state),
        waiting_reason=waiting.get("reason") or "",
        waiting_message=waiting.get("message") or "",
        started_at=moment((state.get("running") or {}).get("startedAt")),
        restarts=container.get("restartCount") or 0,
        last_words=_last_words(container),
    )


def _container(status: Mapping[str, Any]) -> Mapping[str, Any]:
    every = status.get("containerStatuses") or ()
    return next((each for each in every if each.get("name") == CONTAINER), {})


def _unscheduled(status: Mapping[str, Any]) -> Mapping[str, Any]:
    for condition in status.get("conditions") or ():
        is_refusal = condition.get("status") == "False" and condition.get("message")
        if condition.get("type") == "PodScheduled" and is_refusal:
            return {"reason": condition.get("reason"), "message": condition.get("message")}
    return {}


def _state(state: Mapping[str, Any]) -> ContainerState:
    if "running" in state:
        return ContainerState.RUNNING
    if "terminated" in state:
        return ContainerState.TERMINATED
    return ContainerState.WAITING if "waiting" in state else ContainerState.ABSENT


def _last_words(container: Mapping[str, Any]) -> str:
    for place in ("state", "lastState"):
        ended = (container.get(place) or {}).get("terminated")
        if ended is not None:
            return _last_lines(str(ended.get("message") or "")) or _exit_words(ended)
    return ""


def _last_lines(message: str) -> str:
    """The lines that say something, without the frames that a terminal's errors come in."""
    lines = [
        line.strip(" \u2500\u2502\u256d\u256e\u2570\u256f")
        for line in message.splitlines()
        if re.search(r"\w", line)
    ]
    return " / ".join(lines[-_LAST_LINES:])


def _exit_words(ended: Mapping[str, Any]) -> str:
    return f"{ended.get('reason') or 'Error'}, exit code {ended.get('exitCode')}"
