"""The control group that all pods run below: named by us, in every hierarchy the machine has."""

import os
import time
from pathlib import Path

from cluster.errors import ClusterError

GROUP = "tradefleet"


def create() -> None:
    """Make our group in every hierarchy; the kubelet makes the rest below it."""
    for root in _roots():
        (root / GROUP).mkdir(exist_ok=True)
        _pass_down_controllers(root)


def _pass_down_controllers(root: Path) -> None:
    """In version 2 a group has only those controllers that its parent passes down."""
    available = root / "cgroup.controllers"
    for controller in available.read_text().split() if available.exists() else ():
        try:
            (root / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            continue  # The kubelet names what it misses; what it does not need may stay.


def remove() -> None:
    """Remove our group and all below it; the processes in it must be gone.

    Raises ClusterError when the kernel keeps one for longer than 15 s.
    """
    deadline = time.monotonic() + 15
    while left := [root / GROUP for root in _roots() if not _removed(root / GROUP)]:
        if time.monotonic() > deadline:
            raise ClusterError(f"the control group {left[0]} stays in use; see its cgroup.procs")
        time.sleep(0.05)


def exist() -> bool:
    """Whether any hierarchy has our group."""
    return any((root / GROUP).is_dir() for root in _roots())


def available() -> bool:
    """Whether this machine has control groups that we may make groups in."""
    roots = _roots()
    return bool(roots) and all(os.access(root, os.W_OK) for root in roots)


def _roots() -> list[Path]:
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    found = [Path(mount[1]) for mount in mounts if mount[2] in ("cgroup", "cgroup2")]
    return [root for root in found if root.is_relative_to("/sys/fs/cgroup")]


def _removed(group: Path) -> bool:
    for folder, _, _ in os.walk(group, topdown=False):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            continue
        except OSError:  # Busy: a process in it is still being ended.
            return False
    return True
