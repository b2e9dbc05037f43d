"""Objects as the API server shows them to the operator."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

from botapi.labels import MODE_ANNOTATION
from botapi.metadata import ObjectMeta
from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount
from botoperator.reconcile.runner_pod import REVISION_LABEL
from botoperator.resources.children import build_children
from botoperator.resources.metadata import runner_labels
from botoperator.settings import Settings
from support.accounts import Manifest, account
from support.server_side_apply import apply_manifest

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
CREATED = NOW - timedelta(hours=1)
UID = "11111111-2222-3333-4444-555555555555"
REVISION = "case-6b9f8c7d5"
EXCHANGE_UID = "1234567"
SETTINGS = Settings(
    namespace="tradefleet",
    runner_image="example.org/tradefleet:0.1.0",
    simulator="http://tradefleet-simulator.tradefleet.svc:8480",
)


def stamp(at: datetime) -> str:
    """A time as the API server writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def stored_account(name: str = "case", **spec: Any) -> Manifest:
    """An account that the API server has just taken."""
    manifest = account(name, **spec)
    manifest["spec"].setdefault("environment", "demo")
    manifest["spec"].setdefault("mode", "live")
    manifest["metadata"] |= {
        "namespace": "clients",
        "uid": UID,
        "generation": 1,
        "resourceVersion": "100",
        "creationTimestamp": stamp(CREATED),
    }
    return manifest


def reported(
    raw: Manifest, *, started: datetime = NOW - timedelta(minutes=5), **changes: Any
) -> Manifest:
    """The account with the report of a runner that trades; ``changes`` replace fields of it."""
    generation = raw["metadata"]["generation"]
    said = ("CredentialsReady", "MarketDataReady", "Protected", "TradingEnabled")
    report = {
        "conditions": [runner_condition(kind, generation=generation) for kind in said],
        "account": {"uid": EXCHANGE_UID, "equity": "1000", "positions": 0},
        "positions": [],
        "openOrders": 2,
        "strategies": [{"name": "doge", "state": "Trading"}],
        "runner": {
            "pod": f"{raw['metadata']['name']}-0",
            "observedGeneration": generation,
            "started": stamp(started),
            "lastReport": stamp(NOW - timedelta(seconds=5)),
        },
    }
    new = copy.deepcopy(raw)
    new["status"] = new.get("status", {}) | report | changes
    return new


def admitted(raw: Manifest, uid: str = EXCHANGE_UID) -> Manifest:
    """The account with leave to trade."""
    new = copy.deepcopy(raw)
    leave = {"uid": uid, "since": stamp(CREATED)}
    new["status"] = new.get("status", {}) | {"admitted": leave}
    return new


def runner_condition(
    kind: str, *, reason: str = "AsExpected", message: str = "", generation: int = 1
) -> Manifest:
    """A condition as a runner reports it; it holds where the reason is AsExpected."""
    return {
        "type": kind,
        "status": "True" if reason == "AsExpected" else "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": stamp(NOW - timedelta(minutes=4)),
        "observedGeneration": generation,
    }


def with_condition(raw: Manifest, kind: str, reason: str, message: str = "") -> Manifest:
    """The account with one condition of its runner replaced."""
    new = copy.deepcopy(raw)
    conditions = new["status"]["conditions"]
    changed = runner_condition(kind, reason=reason, message=message)
    new["status"]["conditions"] = [c for c in conditions if c["type"] != kind] + [changed]
    return new


def parsed(raw: Manifest) -> TradingAccount:
    """The account as a model."""
    return parse(TradingAccount, raw)


def live_children(raw: Manifest, settings: Settings = SETTINGS) -> list[Manifest]:
    """The children of an account as they stand once they are applied."""
    wanted = build_children(parsed(raw), settings)
    return [stored_child(apply_manifest(None, manifest)) for manifest in wanted]


def stored_child(child: Manifest, *, created: datetime = CREATED) -> Manifest:
    """What the API server and the controllers add to a child."""
    new = copy.deepcopy(child)
    defaults = {"uid": f"uid-of-{new['kind']}", "creationTimestamp": stamp(created)}
    new["metadata"] = defaults | new["metadata"]
    if new["kind"] == "StatefulSet":
        new["metadata"]["generation"] = 1
        new["status"] = {"observedGeneration": 1, "updateRevision": REVISION}
        new["spec"]["persistentVolumeClaimRetentionPolicy"] = {"whenDeleted": "Retain"}
        pod = new["spec"]["template"]["spec"]
        pod |= {"dnsPolicy": "ClusterFirst", "restartPolicy": "Always"}
        pod["containers"][0]["terminationMessagePath"] = "/dev/termination-log"
    return new


def pod_of(
    raw: Manifest,
    state: Manifest | None = None,
    *,
    revision: str = REVISION,
    restarts: int = 0,
    last_words: str | None = None,
    created: datetime = NOW - timedelta(minutes=6),
) -> Manifest:
    """The account's pod with its container in a state; None for one the kubelet has not seen."""
    metadata = parse(ObjectMeta, raw["metadata"])
    pod: Manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{metadata.name}-0",
            "namespace": metadata.namespace,
            "uid": "uid-of-pod",
            "creationTimestamp": stamp(created),
            "labels": {**runner_labels(metadata), REVISION_LABEL: revision},
            "annotations": {MODE_ANNOTATION: raw["spec"]["mode"]},
        },
        "status": {"phase": "Pending"},
    }
    if state is not None:
        container: Manifest = {"name": "runner", "state": state, "restartCount": restarts}
        if last_words is not None:
            container["lastState"] = {"terminated": {"exitCode": 1, "message": last_words}}
        pod["status"]["containerStatuses"] = [container]
    return pod


def running(started: datetime = NOW - timedelta(minutes=5)) -> Manifest:
    """The state of a container that runs."""
    return {"running": {"startedAt": stamp(started)}}


def waiting(reason: str, message: str = "") -> Manifest:
    """The state of a container that does not run yet."""
    return {"waiting": {"reason": reason, "message": message}}
