"""The built-in cluster: brought up, repaired, taken down, and switched in parts."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from cluster import anchor as anchors
from cluster import (
    api_client,
    binaries,
    cgroups,
    components,
    control_plane,
    credentials,
    leftovers,
    network,
    node,
    packages,
    privileges,
    processes,
    toolchain,
)
from cluster.anchor import Anchor
from cluster.command import run
from cluster.components import Component
from cluster.errors import ClusterError
from cluster.exclusive import machine_lock
from cluster.paths import BIN, CONFIG, LOGS, PIDS, PKI, STATE
from cluster.progress import say, step

_READY_SECONDS = 120
_FOLDERS = (BIN, CONFIG, PKI, PIDS, LOGS, STATE / "kubelet", STATE / "volume-plugins")
_CONDITIONS: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("the node is ready", api_client.node_ready),
    ("Services are reachable", api_client.service_proxy_ready),
    ("names are resolved", api_client.name_service_ready),
    ("pods are admitted", api_client.pods_admitted),
)
_ALL_CONDITIONS = (("the API server is ready", api_client.api_server_ready), *_CONDITIONS)
_IMAGES = ("ctr", "--namespace", "k8s.io", "images")


def up() -> bool:
    """Bring the cluster up, or repair it; False when it was up already."""
    privileges.check()
    with machine_lock():
        leftovers.refuse_foreign()
        if is_ready():
            return False
        leftovers.clear_abandoned()
        _prepare()
        anchor = _ensure_anchor()
        _start_all(anchor)
    return True


def _all() -> tuple[Component, ...]:
    key = toolchain.kubernetes_key()
    return control_plane.components(key) + node.components(key)


def _prepare() -> None:
    packages.require(*packages.NODE_PACKAGES)
    STATE.mkdir(exist_ok=True)
    for folder in _FOLDERS:
        folder.mkdir(exist_ok=True)
    PKI.chmod(0o700)
    binaries.install()
    credentials.create()
    control_plane.write_files()
    node.write_files(toolchain.pause_image(), snapshotter=node.snapshotter_for(STATE))


def _ensure_anchor() -> Anchor:
    anchor = leftovers.own_anchor()
    if anchor is not None and not network.is_connected():
        # Whatever took the link: a node is sooner made anew than mended inside.
        with step("ending the node, which has lost its network"):
            anchors.destroy(anchor)
        anchor = None
    if anchor is None:
        with step("making the node's namespaces and network"):
            leftovers.clear_traces()
            anchor = anchors.create()
            network.connect(anchor)
    cgroups.create()
    return anchor


def _start_all(anchor: Anchor) -> None:
    etcd, api_server, *rest = control_plane.components(toolchain.kubernetes_key())
    containerd, *others = node.components(toolchain.kubernetes_key())
    with step("starting the control plane"):
        for component in (etcd, api_server, containerd):
            components.ensure(component, anchor)
        _await_api_server(etcd, api_server, anchor)
        _let_name_service_read()
    with step("starting the node"):
        await_containerd(anchor)
        for component in (*rest, *others):
            components.ensure(component, anchor)
        for what, holds in _CONDITIONS:
            wait(what, holds, _all())


def _await_api_server(etcd: Component, api_server: Component, anchor: Anchor) -> None:
    def settled() -> bool:
        return api_client.api_server_ready() or components.running(etcd) is None

    processes.until(settled, seconds=_READY_SECONDS)
    if components.running(etcd) is None:
        # It writes without waiting for the disk: a loss of power can cost the data.
        say("the cluster's database did not survive; starting with an empty one")
        shutil.rmtree(control_plane.ETCD_DATA, ignore_errors=True)
        for component in (etcd, api_server):
            components.stop(component)
            components.start(component, anchor)
    wait("the API server is ready", api_client.api_server_ready, (etcd, api_server))


def wait(what: str, holds: Callable[[], bool], needed: tuple[Component, ...]) -> None:
    """Return when HOLDS; raises ClusterError when one of NEEDED ends, or after too long."""

    def died() -> list[Component]:
        return [component for component in needed if components.running(component) is None]

    processes.until(lambda: holds() or bool(died()), seconds=_READY_SECONDS)
    if dead := died():
        raise ClusterError(f"{dead[0].name} ended; see {components.log_of(dead[0])}")
    if not holds():
        raise ClusterError(
            f"waited {_READY_SECONDS} s in vain until {what}; see {LOGS}, or start anew:"
            " make cluster-down cluster-up"
        )


def _let_name_service_read() -> None:
    def applied() -> bool:
        return all(
            api_client.apply(path, manifest) for path, manifest in node.name_service_access()
        )

    wait("the API server accepts changes", applied, ())


def await_containerd(anchor: Anchor) -> None:
    """Return when containerd answers and holds the image that every pod begins with.

    The kubelet ends when it finds no containerd.
    """

    def answers() -> bool:
        try:
            if toolchain.pause_image() not in image_names(anchor):
                load_image(anchor, BIN / "pause.tar")
        except ClusterError:
            return False
        return True

    if not processes.until(answers, seconds=_READY_SECONDS):
        raise ClusterError(f"containerd does not take images; see {LOGS}/containerd.log")


def load_image(anchor: Anchor, path: Path) -> None:
    """Bring the docker-archive PATH into the node."""
    # Read here: the node does not see the whole machine.
    with path.open("rb") as archive:
        snapshotter = f"--snapshotter={node.snapshotter_for(STATE)}"
        what = f"load the image {path.name}"
        run(*anchor.enter(), *_IMAGES, "import", snapshotter, "-", what=what, stdin=archive)


def image_names(anchor: Anchor) -> set[str]:
    """The names of the images that the node holds."""
    listed = run(*anchor.enter(), *_IMAGES, "list", "--quiet", what="list the node's images")
    return {name for name in listed.split() if not name.startswith("sha256:")}


def status() -> Iterator[str]:
    """One line for each component, and one for each thing that a working cluster does."""
    for component in _all():
        process = components.running(component)
        yield f"{component.name:<24} {f'process {process.pid}' if process else 'not running'}"
    for what, holds in _ALL_CONDITIONS:
        yield f"{what:<24} {'yes' if holds() else 'no'}"


def is_ready() -> bool:
    """Whether every component runs as it should and the cluster works."""
    if leftovers.own_anchor() is None or not all(map(components.is_current, _all())):
        return False
    return all(holds() for _, holds in _ALL_CONDITIONS)


def down() -> bool:
    """End this clone's cluster and remove all of it; False when there was nothing."""
    if not STATE.exists() and not anchors.running():
        return False
    privileges.check()
    with machine_lock():
        anchor = leftovers.own_anchor()
        found = anchor is not None or STATE.exists()
        leftovers.clear_abandoned()
        if anchor is not None:
            with step("ending all processes of the cluster"):
                anchors.destroy(anchor)
        if not anchors.running():
            leftovers.clear_traces()
        leftovers.clear_state()
    return found
