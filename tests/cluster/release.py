"""The chart in this clone's cluster: one release, brought to what is asked whatever was there."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cluster import processes, rollout
from cluster.command import run
from cluster.errors import ClusterError
from cluster.flavours import Flavour, standing
from cluster.paths import BIN, KUBECONFIG, REPOSITORY
from cluster.progress import step

NAME = "tradefleet"
NAMESPACE = "tradefleet"
OPERATOR = "tradefleet-operator"
SIMULATOR = "tradefleet-simulator"
EXCHANGE_PORT = 8480
CONTROL_PORT = 8481

_CHART = REPOSITORY / "charts" / "tradefleet"
_PATIENCE_SECONDS = 300
# Every pod of the namespace has to be at this Pod Security level.
_LABELS = {"pod-security.kubernetes.io/enforce": "restricted"}
# A helm that was killed leaves this behind, and every later one refuses to work.
_UNFINISHED = (
    "owner=helm,name=tradefleet,status in (pending-install,pending-upgrade,pending-rollback)"
)
# The kubeconfig decides, not what the shell that runs make has set for another cluster.
_FOREIGN = ("HELM_KUBECONTEXT", "HELM_KUBEAPISERVER", "HELM_KUBETOKEN", "HELM_DRIVER")
_OWN_ACCESS = dict.fromkeys(_FOREIGN, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorAddresses:
    """Where this machine reaches the simulator, past the API server, as `host:port`."""

    exchange: str
    control: str


def install(image: str, *, simulator: Mapping[str, Any] | None = None, **others: Any) -> None:
    """Have the chart in the cluster with IMAGE, a whole reference, and return when it serves.

    SIMULATOR adds to the simulator's values, its control API is always on; OTHERS are further
    values of the chart. Shared feeds are off unless asked for: tests count what an account costs.
    Definitions and roles that somebody applied by other means become the
    release's. Raises ClusterError with what keeps a pod from starting.
    """
    _prepare_namespace()
    _forget_unfinished()
    values = _values(image, simulator or {}) | others
    options = [f"--set-json={name}={json.dumps(value)}" for name, value in values.items()]
    with step(f"installing the chart in the namespace {NAMESPACE}"):
        helm(
            *("upgrade", "--install", NAME, str(_CHART), "--take-ownership", "--reset-values"),
            *options,
            what="install the chart",
        )
        await_serving()


def await_serving() -> None:
    """Return when operator and simulator serve what was installed last.

    Raises ClusterError with the kubelet's or the program's own words when a pod cannot start.
    """
    found = rollout.State(unready=("all of it",), hopeless=())

    def settled() -> bool:
        nonlocal found
        kinds = "deployments,replicasets,pods"
        found = rollout.judge(read(kinds, f"--namespace={NAMESPACE}")["items"])
        return bool(found.hopeless) or not found.unready

    done = processes.until(settled, seconds=_PATIENCE_SECONDS)
    if found.hopeless:
        raise ClusterError("; ".join(found.hopeless))
    if not done:
        raise ClusterError(
            f"waited {_PATIENCE_SECONDS} s in vain for {', '.join(found.unready)}; see:"
            f" kubectl -n {NAMESPACE} describe pods"
        )


def uninstall() -> None:
    """Take the release away, its pods too; definitions and accounts stay."""
    helm("uninstall", NAME, "--ignore-not-found", "--wait", what="uninstall the chart")
    # Helm waits for the Deployments; their pods are the garbage collector's.
    ours = (f"--namespace={NAMESPACE}", f"--selector=app.kubernetes.io/instance={NAME}")
    if not processes.until(lambda: not read("pods", *ours)["items"], seconds=_PATIENCE_SECONDS):
        raise ClusterError(
            f"the pods of the release do not end; see: kubectl -n {NAMESPACE} get pods"
        )


def simulator_addresses() -> SimulatorAddresses:
    """The addresses of the simulator's Service, for this machine.

    They stay good while the API server is down: a Service's rules live in the node.
    """
    ports = (EXCHANGE_PORT, CONTROL_PORT)
    service = read("service", SIMULATOR, f"--namespace={NAMESPACE}")["spec"]
    host = service["clusterIP"]
    if standing() is Flavour.KIND:
        # Services have addresses inside kind's container only; the node has one outside.
        addresses = read("nodes")["items"][0]["status"]["addresses"]
        host = next(one["address"] for one in addresses if one["type"] == "InternalIP")
        open_at = {port["port"]: port["nodePort"] for port in service["ports"]}
        ports = (open_at[EXCHANGE_PORT], open_at[CONTROL_PORT])
    return SimulatorAddresses(exchange=f"{host}:{ports[0]}", control=f"{host}:{ports[1]}")


def simulator_pod() -> str:
    """The uid of the simulator's pod, empty without one: another pod knows no account any more."""
    selector = "--selector=app.kubernetes.io/component=simulator"
    pods = read("pods", f"--namespace={NAMESPACE}", selector)["items"]
    alive = (pod["metadata"] for pod in pods if "deletionTimestamp" not in pod["metadata"])
    return next((metadata["uid"] for metadata in alive), "")


def helm(*arguments: str, what: str) -> str:
    """What helm prints, in the release's namespace; raises ClusterError saying WHAT failed."""
    access = (f"--kubeconfig={KUBECONFIG}", f"--namespace={NAMESPACE}")
    return run(BIN / "helm", *access, *arguments, what=what, env=_OWN_ACCESS)


def kubectl(*arguments: str, what: str, stdin: str = "") -> str:
    """What kubectl prints; raises ClusterError saying WHAT failed."""
    access = (f"--kubeconfig={KUBECONFIG}", "--request-timeout=30s")
    with tempfile.TemporaryFile() as file:
        file.write(stdin.encode())
        file.seek(0)
        return run(BIN / "kubectl", *access, *arguments, what=what, stdin=file)


def read(*arguments: str) -> Any:
    """`kubectl get ARGUMENTS`, decoded."""
    return json.loads(
        kubectl("get", *arguments, "--output=json", what=f"read {' '.join(arguments)}")
    )


def _values(image: str, simulator: Mapping[str, Any]) -> dict[str, Any]:
    repository, _, tag = image.rpartition(":")
    kind = "NodePort" if standing() is Flavour.KIND else "ClusterIP"
    wanted = {"enabled": True, "control": {"enabled": True}, "service": {"type": kind}}
    return {
        "image": {"repository": repository, "tag": tag},
        "simulator": {**wanted, **simulator},
        "feeds": {"enabled": False},
    }


def _prepare_namespace() -> None:
    metadata = {"name": NAMESPACE, "labels": _LABELS}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    kubectl(
        *("apply", "--server-side", "--field-manager=tradefleet-cluster", "--force-conflicts"),
        "--filename=-",
        what=f"make the namespace {NAMESPACE}",
        stdin=json.dumps(manifest),
    )


def _forget_unfinished() -> None:
    what = "clear what an interrupted helm left behind"
    kubectl("delete", "secrets", f"--namespace={NAMESPACE}", f"--selector={_UNFINISHED}", what=what)
