"""Parts of the built-in cluster switched off and on, for tests of outages."""

from pathlib import Path

from cluster import anchor as anchors
from cluster import (
    api_client,
    components,
    control_plane,
    leftovers,
    local,
    node,
    processes,
    toolchain,
)
from cluster.anchor import Anchor
from cluster.cgroups import GROUP
from cluster.components import Component
from cluster.errors import ClusterError
from cluster.exclusive import machine_lock
from cluster.paths import AUDIT_LOG

_CONTROLLERS = ("kube-controller-manager", "kube-scheduler")


def stop_api_server() -> None:
    """End the API server as by a crash; everything else goes on without it."""
    with machine_lock():
        _own_anchor()
        components.stop(_api_server(), at_once=True)


def start_api_server() -> None:
    """Start the API server and return when it is ready; nothing happens when it runs."""
    with machine_lock():
        anchor = _own_anchor()
        was_away = components.running(_api_server()) is None
        renewed = _controllers() if was_away else ()
        for controller in renewed:
            components.stop(controller, at_once=True)
        components.ensure(_api_server(), anchor)
        local.wait("the API server is ready", api_client.api_server_ready, (_api_server(),))
        for controller in renewed:
            components.ensure(controller, anchor)


def stop_node(*, runtime: bool = False) -> None:
    """End the kubelet, while its pods go on; with RUNTIME the pods too, as by a loss of power."""
    with machine_lock():
        anchor = _own_anchor()
        containerd, kubelet = _node_components()
        components.stop(kubelet, at_once=True)
        if runtime:
            components.stop(containerd, at_once=True)
            _end_pods(anchor)


def start_node() -> None:
    """Start what `stop_node` ended and return when the node is ready."""
    with machine_lock():
        anchor = _own_anchor()
        containerd, kubelet = _node_components()
        components.ensure(containerd, anchor)
        local.await_containerd(anchor)
        components.ensure(kubelet, anchor)
        local.wait("the node is ready", api_client.node_ready, _node_components())


def audit_log() -> Path:
    """The API server's audit log: one JSON object a line, audit.k8s.io/v1, level Metadata."""
    _own_anchor()
    return AUDIT_LOG


def _end_pods(anchor: Anchor) -> None:
    def ended() -> bool:
        left = [process for process in map(processes.find, _pod_pids(anchor)) if process]
        for process in left:
            process.kill()
        return not left

    if not processes.until(ended, seconds=30):
        raise ClusterError("some processes of pods do not end; start anew: make cluster-down")


def _pod_pids(anchor: Anchor) -> list[int]:
    """Every process of a pod, and those that containerd left to watch over them."""
    return [pid for pid in processes.all_pids() if _in_a_pod(pid) or _is_shim(pid, anchor)]


def _in_a_pod(pid: int) -> bool:
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False
    return f":/{GROUP}/" in groups


def _is_shim(pid: int, anchor: Anchor) -> bool:
    program = processes.command_line(pid)[:1]
    return bool(program) and "containerd-shim" in program[0] and anchors.holds(anchor, pid)


def _controllers() -> tuple[Component, ...]:
    """What an API server that comes back must not find running.

    Controllers that missed it look for it more and more seldom, up to minutes, and first of all
    take a node for lost that could not report meanwhile: its pods then get no connections.
    """
    parts = control_plane.components(toolchain.kubernetes_key())
    return tuple(part for part in parts if part.name in _CONTROLLERS)


def _api_server() -> Component:
    return control_plane.api_server(toolchain.kubernetes_key())


def _node_components() -> tuple[Component, Component]:
    containerd, kubelet, *_ = node.components(toolchain.kubernetes_key())
    return containerd, kubelet


def _own_anchor() -> Anchor:
    anchor = leftovers.own_anchor()
    if anchor is None:
        raise ClusterError(
            "only the built-in cluster has switches, and it is not up:"
            " make CLUSTER=local cluster-up"
        )
    return anchor
