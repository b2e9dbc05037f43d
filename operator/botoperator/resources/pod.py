"""What all pods of ours have in common: the image, its probes, the restricted level."""

from typing import Any, Final

from botapi import pods
from botoperator.resources.metadata import Manifest
from botoperator.settings import Resources, Settings

SCRATCH_VOLUME: Final[dict[str, Any]] = {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}}
SCRATCH_MOUNT: Final[dict[str, Any]] = {"name": "tmp", "mountPath": "/tmp"}

_LIVENESS: Final = {"periodSeconds": 10, "failureThreshold": 6, "timeoutSeconds": 5}
_START_SECONDS: Final = 30
"""A runner serves 1 to 2 s after its container began, and after 20 s where a busy node gives it a
twentieth of a processor: who asks before posts a Warning Event for each refused connection."""
_STARTUP: Final = {"periodSeconds": 5, "failureThreshold": 3, "timeoutSeconds": 60}


def pod_security() -> Manifest:
    """Of the pod: the image's own user, whose group also owns mounted files."""
    return {
        "runAsNonRoot": True,
        "runAsUser": pods.USER_ID,
        "runAsGroup": pods.USER_ID,
        "fsGroup": pods.USER_ID,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> Manifest:
    """Of the container: nothing to gain and nothing to write to."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def image_of(settings: Settings) -> Manifest:
    """The one image, and when a node fetches it."""
    return {
        "image": settings.runner_image,
        "imagePullPolicy": settings.image_pull_policy.value,
    }


def pull_secrets(settings: Settings) -> Manifest:
    """The part of a pod that names them; empty without any."""
    names = settings.image_pull_secrets
    return {"imagePullSecrets": [{"name": name} for name in names]} if names else {}


def pod_name_variable() -> Manifest:
    """The pod's own name, by the downward API."""
    field = {"apiVersion": "v1", "fieldPath": "metadata.name"}
    return {"name": pods.POD_NAME_VARIABLE, "valueFrom": {"fieldRef": field}}


def probe_port() -> Manifest:
    """Where probes and metrics are answered."""
    return {"name": pods.PROBE_PORT_NAME, "containerPort": pods.PROBE_PORT, "protocol": "TCP"}


def liveness_probe() -> Manifest:
    """A minute without an answer ends the container: a loop that hangs does not come back."""
    port = pods.PROBE_PORT_NAME
    return {"httpGet": {"path": "/livez", "port": port, "scheme": "HTTP"}, **_LIVENESS}


def late_liveness_probe() -> Manifest:
    """The same for a pod that nobody waits for: its first question comes after a slow start."""
    return {**liveness_probe(), "initialDelaySeconds": _START_SECONDS}


def startup_probe() -> Manifest:
    """Holds the other probes back until the pod answers, by waiting: it fails in no slow start."""
    port = str(pods.PROBE_PORT)
    command = ["python3", "-m", "botrunner.service.startup", port, "/readyz"]
    return {"exec": {"command": command}, **_STARTUP}


def resources_of(wanted: Resources) -> Manifest:
    """As a container states them; a part without entries is left out."""
    parts = {"requests": dict(wanted.requests), "limits": dict(wanted.limits)}
    return {name: part for name, part in parts.items() if part}
