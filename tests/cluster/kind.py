"""The cluster of kind, where a Docker daemon answers."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from cluster import processes, toolchain
from cluster.cache import cache_root, content_hash
from cluster.command import run
from cluster.errors import ClusterError
from cluster.flavours import KIND_NAME
from cluster.paths import BIN, KUBECONFIG, REPOSITORY, STATE
from cluster.progress import say, step

# Its own name per clone: clones do not disturb each other.
NAME = f"tradefleet-{content_hash(str(REPOSITORY))[:8]}"
_NODE = f"{NAME}-control-plane"
_RESTART_SECONDS = 60


def up() -> bool:
    """Bring the cluster up, or repair it; False when it was up already."""
    if KIND_NAME.exists() and _ready():
        return False
    _clear_abandoned()
    BIN.mkdir(parents=True, exist_ok=True)
    _place_clients()
    if not _restarted():
        _create()
    return True


def down() -> bool:
    """Delete this clone's cluster; False when there was nothing."""
    found = STATE.exists()
    if KIND_NAME.exists() or _record(NAME).exists():
        with step(f"deleting the kind cluster {NAME}"):
            _delete(NAME)
    shutil.rmtree(STATE, ignore_errors=True)
    return found


def status() -> Iterator[str]:
    """One line: its name, and whether its API server is ready."""
    yield f"kind cluster {NAME}: {'ready' if _ready() else 'not ready'}"


def is_ready() -> bool:
    """Whether the API server is ready."""
    return _ready()


def load_image(path: Path) -> None:
    """Bring the image archive PATH into the node."""
    kind = toolchain.kind()
    run(kind, "load", "image-archive", path, "--name", NAME, what=f"load {path.name} into kind")


def image_names() -> set[str]:
    """The names of the images that the node holds."""
    what = "list the images of the kind node"
    listed = json.loads(run("docker", "exec", _NODE, "crictl", "images", "-o", "json", what=what))
    return {name for image in listed["images"] for name in image.get("repoTags") or []}


def _ready() -> bool:
    try:
        run(BIN / "kubectl", *_ACCESS, "get", "--raw", "/readyz", what="ask the API server")
    except (ClusterError, FileNotFoundError):
        return False
    return True


_ACCESS = (f"--kubeconfig={KUBECONFIG}", "--request-timeout=3s")


def _place_clients() -> None:
    for name, build in (("kubectl", toolchain.kubectl), ("helm", toolchain.helm)):
        found = shutil.which(name)
        link = BIN / name
        link.unlink(missing_ok=True)
        link.symlink_to(found or build())


def _restarted() -> bool:
    """Whether a node of ours that was stopped, as by a reboot, serves again."""
    if not KIND_NAME.exists() or not KUBECONFIG.exists():
        return False
    try:
        with step(f"starting the node of the kind cluster {NAME}"):
            run("docker", "start", _NODE, what=f"start the container {_NODE}")
    except ClusterError as error:
        say(f"{error}; making the cluster anew")
        return False
    return processes.until(_ready, seconds=_RESTART_SECONDS)


def _create() -> None:
    kind = toolchain.kind()
    KIND_NAME.write_text(NAME)
    record = _record(NAME)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(str(REPOSITORY))
    _kind_delete(NAME)
    with step(f"creating the kind cluster {NAME} (its node's image is pulled once)"):
        where = ("--name", NAME, "--kubeconfig", KUBECONFIG, "--wait", "180s")
        run(kind, "create", "cluster", *where, what=f"create the kind cluster {NAME}")


def _clear_abandoned() -> None:
    for record in _record(NAME).parent.glob("tradefleet-*"):
        if not Path(record.read_text()).is_dir():
            with step(f"deleting the kind cluster {record.name}, whose clone is gone"):
                _delete(record.name)


def _delete(name: str) -> None:
    _kind_delete(name)
    _record(name).unlink(missing_ok=True)


def _kind_delete(name: str) -> None:
    # Without --kubeconfig kind would clean the user's own one.
    target = ("--name", name, "--kubeconfig", KUBECONFIG)
    run(toolchain.kind(), "delete", "cluster", *target, what=f"delete the kind cluster {name}")


def _record(name: str) -> Path:
    """Who runs the kind cluster NAME: kind itself does not know about clones."""
    return cache_root() / "kind-clusters" / name
