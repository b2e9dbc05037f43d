"""The runner itself: a StatefulSet of one pod, so that at most one runner trades an account."""

from typing import Any, Final

from botapi import labels, naming, pods
from botapi.feeds import (
    DIRECT_CONNECT_SECONDS,
    DIRECT_POLL_SECONDS,
    FEED_AUDIENCE,
    FEED_TOKEN_FOLDER,
    FEED_TOKEN_SECONDS,
    uses_feeds,
)
from botapi.v1alpha1.account import Environment, TradingAccount, TradingAccountSpec
from botoperator.resources.metadata import Manifest, child_metadata, runner_labels
from botoperator.resources.pod import (
    SCRATCH_MOUNT,
    SCRATCH_VOLUME,
    container_security,
    image_of,
    late_liveness_probe,
    pod_name_variable,
    pod_security,
    probe_port,
    pull_secrets,
    resources_of,
)
from botoperator.resources.restart_fields import restart_hash
from botoperator.settings import FeedSettings, Settings

CONTAINER: Final = "runner"
_GRACE_SECONDS = 30
_KEYS_MODE = 0o440
"""Owner and ``fsGroup`` read, nobody writes."""
_STATE_VOLUME: dict[str, Any] = {"name": "state", "emptyDir": {"sizeLimit": "64Mi"}}
_STATE_MOUNT: dict[str, Any] = {"name": "state", "mountPath": pods.STATE_FOLDER}
_FEED_TOKEN = "feed-token"


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
    return {
        "serviceAccountName": naming.runner_name(account.metadata.name),
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "securityContext": pod_security(),
        "containers": [_container(account, settings)],
        "volumes": _volumes(account.spec, settings),
        **pull_secrets(settings),
    }


def _container(account: TradingAccount, settings: Settings) -> Manifest:
    return {
        "name": CONTAINER,
        **image_of(settings),
        "args": _arguments(account, settings),
        "env": [pod_name_variable()],
        "ports": [probe_port()],
        "livenessProbe": late_liveness_probe(),
        "resources": resources_of(settings.runner_resources),
        "securityContext": container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": _mounts(account.spec, settings),
    }


def _arguments(account: TradingAccount, settings: Settings) -> list[str]:
    spec = account.spec
    options = ["--namespace", account.metadata.namespace, "--account", account.metadata.name]
    simulated = spec.environment is Environment.SIMULATED
    if simulated and settings.simulator is not None and not any(_endpoints(spec)):
        options += ["--simulator", settings.simulator]
    if (feeds := _feeds(spec, settings)) is not None:
        options += ["--feeds-namespace", settings.namespace, *_shares(feeds)]
    return ["runner", *options]


def _shares(feeds: FeedSettings) -> list[str]:
    """What the runner's own defaults do not say: a template that says less changes seldom."""
    given = {
        "--direct-poll-seconds": (feeds.direct_poll_seconds, DIRECT_POLL_SECONDS),
        "--direct-connect-seconds": (feeds.direct_connect_seconds, DIRECT_CONNECT_SECONDS),
    }
    return [
        word
        for option, (seconds, default) in given.items()
        if seconds != default
        for word in (option, f"{seconds:g}")
    ]


def _feeds(spec: TradingAccountSpec, settings: Settings) -> FeedSettings | None:
    return settings.feeds if uses_feeds(spec) else None


def _volumes(spec: TradingAccountSpec, settings: Settings) -> list[Manifest]:
    volumes = [_STATE_VOLUME, SCRATCH_VOLUME]
    if _feeds(spec, settings) is not None:
        token = {
            "audience": FEED_AUDIENCE,
            "expirationSeconds": FEED_TOKEN_SECONDS,
            "path": "token",
        }
        sources = [{"serviceAccountToken": token}]
        volumes.append({"name": _FEED_TOKEN, "projected": {"sources": sources}})
    if spec.credentials is not None:
        # Optional: a Secret that is missing is the runner's condition, not a stuck mount.
        secret = {
            "secretName": spec.credentials.secret_name,
            "optional": True,
            "defaultMode": _KEYS_MODE,
        }
        volumes.insert(0, {"name": "keys", "secret": secret})
    return volumes


def _mounts(spec: TradingAccountSpec, settings: Settings) -> list[Manifest]:
    mounts = [_STATE_MOUNT, SCRATCH_MOUNT]
    if _feeds(spec, settings) is not None:
        mounts.append({"name": _FEED_TOKEN, "mountPath": FEED_TOKEN_FOLDER, "readOnly": True})
    if spec.credentials is not None:
        # Whole, never by subPath: a mounted key would not follow its Secret.
        mounts.insert(0, {"name": "keys", "mountPath": pods.KEYS_FOLDER, "readOnly": True})
    return mounts
