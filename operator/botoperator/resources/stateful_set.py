"""The runner itself: a StatefulSet of one pod, so that at most one runner trades an account."""

from typing import Any

from botapi import labels, naming, pods
from botapi.v1alpha1.account import Environment, TradingAccount, TradingAccountSpec
from botoperator.resources.metadata import Manifest, child_metadata, runner_labels
from botoperator.resources.restart_fields import restart_hash
from botoperator.settings import Settings

CONTAINER = "runner"
_GRACE_SECONDS = 30
_LIVENESS = {"periodSeconds": 10, "failureThreshold": 6, "timeoutSeconds": 5}
_KEYS_MODE = 0o440
"""Owner and ``fsGroup`` read, nobody writes."""
_STATE_LIMIT, _SCRATCH_LIMIT = "64Mi", "16Mi"
_SCRATCH_FOLDER = "/tmp"


def build_stateful_set(account: TradingAccount, settings: Settings) -> Manifest:
    """One pod that is replaced only when the operator deletes it (``OnDelete``).

    Its own name stands for the Service that a StatefulSet names; nobody looks a runner up by DNS,
    so there is none.
    """
    metadata = child_metadata(account.metadata)
    selector = {
        labels.COMPONENT_LABEL: labels.RUNNER_COMPONENT,
        labels.ACCOUNT_LABEL: naming.label_value(account.metadata.name),
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata,
        "spec": {
            "replicas": 1,
            "serviceName": metadata["name"],
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "OnDelete"},
            "revisionHistoryLimit": 1,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {
                    "labels": dict(runner_labels(account.metadata)),
                    "annotations": {
                        labels.RESTART_FIELDS_ANNOTATION: restart_hash(account.spec),
                        labels.MODE_ANNOTATION: account.spec.mode.value,
                    },
                },
                "spec": _pod(account, settings),
            },
        },
    }


def is_supported(spec: TradingAccountSpec, settings: Settings) -> bool:
    """Whether the account's environment has addresses in this installation."""
    if spec.environment is not Environment.SIMULATED:
        return True
    return all(_endpoints(spec)) or (settings.simulator is not None and not any(_endpoints(spec)))


def _endpoints(spec: TradingAccountSpec) -> tuple[str | None, ...]:
    given = spec.endpoints
    return (given.rest, given.public_stream, given.private_stream)


def _pod(account: TradingAccount, settings: Settings) -> Manifest:
    pod: Manifest = {
        "serviceAccountName": naming.runner_name(account.metadata.name),
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": pods.USER_ID,
            "runAsGroup": pods.USER_ID,
            "fsGroup": pods.USER_ID,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(account, settings)],
        "volumes": _volumes(account.spec),
    }
    if settings.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in settings.image_pull_secrets]
    return pod


def _container(account: TradingAccount, settings: Settings) -> Manifest:
    return {
        "name": CONTAINER,
        "image": settings.runner_image,
        "imagePullPolicy": settings.image_pull_policy.value,
        "args": _arguments(account, settings),
        "env": [{"name": pods.POD_NAME_VARIABLE, "valueFrom": _FROM_POD_NAME}],
        "ports": [
            {"name": pods.PROBE_PORT_NAME, "containerPort": pods.PROBE_PORT, "protocol": "TCP"}
        ],
        "livenessProbe": {
            "httpGet": {"path": "/livez", "port": pods.PROBE_PORT_NAME, "scheme": "HTTP"},
            **_LIVENESS,
        },
        "resources": _resources(settings),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": _mounts(account.spec),
    }


_FROM_POD_NAME = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}


def _arguments(account: TradingAccount, settings: Settings) -> list[str]:
    whose = ["--namespace", account.metadata.namespace, "--account", account.metadata.name]
    simulated = account.spec.environment is Environment.SIMULATED
    if simulated and settings.simulator is not None and not any(_endpoints(account.spec)):
        return ["runner", *whose, "--simulator", settings.simulator]
    return ["runner", *whose]


def _resources(settings: Settings) -> Manifest:
    wanted = settings.runner_resources
    parts = {"requests": dict(wanted.requests), "limits": dict(wanted.limits)}
    return {name: part for name, part in parts.items() if part}


def _volumes(spec: TradingAccountSpec) -> list[Manifest]:
    volumes: list[dict[str, Any]] = [
        {"name": "state", "emptyDir": {"sizeLimit": _STATE_LIMIT}},
        {"name": "tmp", "emptyDir": {"sizeLimit": _SCRATCH_LIMIT}},
    ]
    if spec.credentials is not None:
        # Optional: a Secret that is missing is the runner's condition, not a stuck mount.
        secret = {
            "secretName": spec.credentials.secret_name,
            "optional": True,
            "defaultMode": _KEYS_MODE,
        }
        volumes.insert(0, {"name": "keys", "secret": secret})
    return volumes


def _mounts(spec: TradingAccountSpec) -> list[Manifest]:
    mounts: list[dict[str, Any]] = [
        {"name": "state", "mountPath": pods.STATE_FOLDER},
        {"name": "tmp", "mountPath": _SCRATCH_FOLDER},
    ]
    if spec.credentials is not None:
        # Whole, never by subPath: a mounted key would not follow its Secret.
        mounts.insert(0, {"name": "keys", "mountPath": pods.KEYS_FOLDER, "readOnly": True})
    return mounts
