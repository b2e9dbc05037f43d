"""The rest of a cluster for accounts on a stand-in: StatefulSets get pods, pods get runners.

Each step is an event of its own, in the order and about the size that a real cluster sends them:
what they cost the operator is the point.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from botapi.labels import ACCOUNT_KIND, API_VERSION
from support.accounts import account
from support.operator_objects import runner_condition, waiting
from support.server_side_apply import apply_manifest, fields_v1
from support.stand_in_objects import Manifest, Name, Objects, stamp

RUNNER_MANAGER: Final = "tradefleet-runner"
SYMBOLS: Final = 10
PER_NAMESPACE: Final = 500
"""Of accounts: Kubernetes' own limit is 3,000 pods in one namespace."""

_NAME = re.compile(rb"account-(\d{5})")
_UID = re.compile(rb"(00000000-0000-4000-8000-)(\d{12})")
_REVISION = "6b9f8c7d5"
_SAYS: Final = ("CredentialsReady", "MarketDataReady", "Protected", "TradingEnabled")
_TEMPLATE_DEFAULTS: Final = {
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "serviceAccount": "case",
}
_NODE_SPEC: Final = {
    "nodeName": "node-1",
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "tolerations": [
        {
            "key": f"node.kubernetes.io/{key}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 300,
        }
        for key in ("not-ready", "unreachable")
    ],
}


def new_account(number: int) -> Manifest:
    """An account as a person applies it."""
    name, symbol = f"account-{number:05d}", f"COIN{number % SYMBOLS}USDT"
    grid = {"leverage": 75, "initialMargin": 1, "stepPercent": 1, "takeProfitPercent": 1}
    raw = account(
        name,
        environment="demo",
        mode="live",
        # Everybody's own are called the same: the name is part of what a pod is restarted for, and
        # copies of an account are to be as it is.
        credentials={"secretName": "exchange-keys"},
        strategies=[{"name": "grid", "symbol": symbol, "grid": grid}],
    )
    raw["metadata"]["namespace"] = f"clients-{number // PER_NAMESPACE}"
    return apply_manifest(None, raw, manager="kubectl")


def renamed(count: int) -> Callable[[bytes, int], bytes]:
    """Of anything around ``count`` accounts: the same around the account so many counts later."""

    def rename(text: bytes, times: int) -> bytes:
        text = re.sub(_NAME, lambda name: b"account-%05d" % (int(name[1]) + times * count), text)
        return re.sub(_UID, lambda uid: uid[1] + b"%012d" % (int(uid[2]) + times * 10**9), text)

    return rename


class World:
    """Carries every new StatefulSet to a runner that trades."""

    def __init__(self, objects: Objects, *, step_seconds: float) -> None:
        """Wait so long between the steps of one pod."""
        self._objects = objects
        self._step_seconds = step_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: dict[Name, asyncio.Event] = {}
        self.stands_still = False
        """Whether nobody but the operator does anything."""
        self.ready = 0
        """Accounts that the operator calls Ready."""
        self._ready: set[Name] = set()
        objects.changed = self._changed

    def _changed(self, raw: Manifest) -> None:
        metadata = raw["metadata"]
        name = (metadata.get("namespace", ""), metadata["name"])
        if raw["kind"] == "StatefulSet" and "status" not in raw and not self.stands_still:
            task = asyncio.get_running_loop().create_task(self._start(name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif raw["kind"] == ACCOUNT_KIND:
            self._account_changed(name, raw.get("status") or {})

    def _account_changed(self, name: Name, status: Manifest) -> None:
        if "admitted" in status and name in self._waiting:
            self._waiting[name].set()
        kinds = {each["type"]: each["status"] for each in status.get("conditions", ())}
        if kinds.get("Ready") == "True":
            self._ready.add(name)
        else:
            self._ready.discard(name)
        self.ready = len(self._ready)

    async def _start(self, name: Name) -> None:
        objects, pod = self._objects, (name[0], f"{name[1]}-0")
        self._waiting[name] = admitted = asyncio.Event()
        objects.edit("StatefulSet", name, _taken_up)
        stateful_set = objects.find("StatefulSet", name)
        assert stateful_set is not None
        await asyncio.sleep(self._step_seconds)
        objects.put(_pod(stateful_set, pod))
        objects.edit("StatefulSet", name, _counted("replicas", "currentReplicas"))
        for change in (_bound, _seen, _running):
            await asyncio.sleep(self._step_seconds)
            objects.edit("Pod", pod, change)
        await asyncio.sleep(self._step_seconds)
        self._report(name, is_admitted=False)
        objects.edit("Pod", pod, _ready)
        objects.edit("StatefulSet", name, _counted("readyReplicas", "availableReplicas"))
        await admitted.wait()
        del self._waiting[name]
        self._report(name, is_admitted=True)

    def _report(self, name: Name, *, is_admitted: bool) -> None:
        raw = self._objects.find(ACCOUNT_KIND, name)
        assert raw is not None
        status = _status(raw, is_admitted=is_admitted)
        wanted = {
            "apiVersion": API_VERSION,
            "kind": ACCOUNT_KIND,
            "metadata": {"namespace": name[0], "name": name[1]},
            "status": status,
        }
        self._objects.apply(wanted, name, manager=RUNNER_MANAGER, subresource="status")


def _taken_up(raw: Manifest) -> None:
    """What defaulting and the controller add to a StatefulSet."""
    revision = f"{raw['metadata']['name']}-{_REVISION}"
    raw["spec"] |= {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain"}}
    raw["spec"]["template"]["spec"] |= _TEMPLATE_DEFAULTS
    raw["spec"]["template"]["spec"]["containers"][0] |= {
        "terminationMessagePath": "/dev/termination-log"
    }
    raw["status"] = {
        "observedGeneration": raw["metadata"]["generation"] + 1,
        "collisionCount": 0,
        "replicas": 0,
        "currentRevision": revision,
        "updateRevision": revision,
    }
    _manage(raw, "kube-controller-manager", {"status": raw["status"]})


def _counted(*fields: str) -> Callable[[Manifest], None]:
    def change(raw: Manifest) -> None:
        raw["status"] |= dict.fromkeys(fields, 1)
        _manage(raw, "kube-controller-manager", {"status": raw["status"]})

    return change


def _pod(stateful_set: Manifest, name: Name) -> Manifest:
    template, owner = stateful_set["spec"]["template"], stateful_set["metadata"]
    metadata = {
        "namespace": name[0],
        "name": name[1],
        "generateName": f"{owner['name']}-",
        "labels": {
            **template["metadata"]["labels"],
            "apps.kubernetes.io/pod-index": "0",
            "controller-revision-hash": stateful_set["status"]["updateRevision"],
            "statefulset.kubernetes.io/pod-name": name[1],
        },
        "annotations": dict(template["metadata"]["annotations"]),
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "StatefulSet",
                "name": owner["name"],
                "uid": owner["uid"],
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    spec = template["spec"] | {"hostname": name[1]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    pod["status"] = {"phase": "Pending", "qosClass": "Burstable"}
    _manage(pod, "kube-controller-manager", {"metadata": metadata, "spec": spec})
    return pod


def _bound(raw: Manifest) -> None:
    raw["spec"] |= _NODE_SPEC
    raw["status"]["conditions"] = [_pod_condition("PodScheduled")]


def _seen(raw: Manifest) -> None:
    _say(raw, waiting("ContainerCreating"))


def _running(raw: Manifest) -> None:
    raw["status"] |= {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}]}
    _say(raw, {"running": {"startedAt": stamp()}})


def _ready(raw: Manifest) -> None:
    raw["status"]["containerStatuses"][0]["ready"] = True
    raw["status"]["conditions"] += [_pod_condition("ContainersReady")]


def _say(raw: Manifest, state: Manifest) -> None:
    container = raw["spec"]["containers"][0]
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "PodScheduled")
    raw["status"] |= {
        "conditions": [_pod_condition(kind) for kind in kinds],
        "hostIP": "10.0.0.1",
        "hostIPs": [{"ip": "10.0.0.1"}],
        "startTime": stamp(),
        "containerStatuses": [
            {
                "name": "runner",
                "image": container["image"],
                "imageID": f"{container['image']}@sha256:{'0' * 64}",
                "lastState": {},
                "ready": False,
                "restartCount": 0,
                "started": False,
                "state": state,
                "volumeMounts": container["volumeMounts"],
            }
        ],
    }
    _manage(raw, "kubelet", {"status": raw["status"]})


def _pod_condition(kind: str) -> Manifest:
    when = {"lastProbeTime": None, "lastTransitionTime": stamp()}
    return {"type": kind, "status": "True", "observedGeneration": 1} | when


def _manage(raw: Manifest, manager: str, fields: Manifest) -> None:
    """An entry of another manager, of the size that it has."""
    entries = raw["metadata"].setdefault("managedFields", [])
    entries[:] = [each for each in entries if each["manager"] != manager]
    entries.append(
        {
            "apiVersion": raw["apiVersion"],
            "fieldsType": "FieldsV1",
            "fieldsV1": fields_v1(fields),
            "manager": manager,
            "operation": "Update",
            "time": stamp(),
        }
    )


def _status(raw: Manifest, *, is_admitted: bool) -> Manifest:
    name, generation = raw["metadata"]["name"], raw["metadata"]["generation"]
    reason = {} if is_admitted else {"Protected": "NotReported", "TradingEnabled": "NotAdmitted"}
    side = {"filled": 0, "resting": 1}
    strategy = {"name": "grid", "state": "Trading", "levels": {"long": side, "short": side}}
    return {
        "conditions": [
            runner_condition(kind, reason=reason.get(kind, "AsExpected"), generation=generation)
            for kind in _SAYS
        ],
        "account": {"uid": f"uid-of-{name}", "equity": "1000.25", "positions": 2},
        "openOrders": 4,
        "strategies": [strategy] if is_admitted else [],
        "runner": {
            "pod": f"{name}-0",
            "version": "0.1.0",
            "epoch": 1,
            "observedGeneration": generation,
            "started": stamp(),
            # A runner's heartbeats are not part of this world: none is missed for an hour.
            "lastReport": stamp(timedelta(hours=1)),
        },
    }


def touch(raw: Manifest) -> None:
    """An edit that changes nothing that is acted on."""
    raw["metadata"].setdefault("annotations", {})["example.org/looked-at"] = stamp()
