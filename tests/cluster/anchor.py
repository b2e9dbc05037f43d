"""The anchor: the first process of the node, which holds its namespaces.

The node is a set of mount, network and process namespaces of its own. Whatever runs in it ends
with the anchor, at once and by the kernel: no process, mount, bridge or iptables rule can stay
behind, and none of the machine's own is in reach. Its arguments are the machine-wide record of who
runs a cluster here: they cannot outlive it.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cluster import processes
from cluster.errors import ClusterError
from cluster.paths import BIN, LOGS, NODE_ID, REPOSITORY, STATE, in_node

MARK = "tradefleet-cluster-anchor"

# Runs as process 1 of the node, in the state folder. It is entered as "." because its own name may
# lie below a folder that is about to be covered.
_SET_UP = """
set -e
mount --make-rshared /
mount -t proc proc /proc
# The machine's settings are not the node's to change; those of its own network are.
mount --bind /proc/sys /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,ro /proc/sys
mount -t tmpfs -o mode=755 tradefleet /run
mount -t tmpfs -o mode=755 tradefleet /var/lib
mkdir /var/lib/tradefleet /var/lib/kubelet
mount --no-canonicalize --bind . /var/lib/tradefleet
mount --bind /var/lib/tradefleet/kubelet /var/lib/kubelet
mount --bind /var/lib/tradefleet/logs /var/log
# The kubelet insists on these for a machine of its own; it reads them as it wants them to be.
pretend() {
    printf '%s\\n' "$2" > "/run/tradefleet-$(basename "$1")"
    mount --bind "/run/tradefleet-$(basename "$1")" "/proc/sys/$1"
}
pretend vm/overcommit_memory 1
pretend vm/panic_on_oom 0
pretend kernel/panic 10
pretend kernel/panic_on_oops 1
pretend kernel/keys/root_maxkeys 1000000
pretend kernel/keys/root_maxbytes 25000000
exec "$@"
"""
_SPACES = ("--mount", "--net", "--pid")
_START_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A running node: its first process, its identity, and the clone that started it."""

    process: processes.Process
    node_id: str
    clone: Path

    def is_ours(self) -> bool:
        """Whether this clone started it."""
        return self.clone == REPOSITORY

    def is_abandoned(self) -> bool:
        """Whether nobody uses it any more.

        The clone that started it is gone, was laid anew, or has no component running in it.
        """
        state = self.clone / ".cluster"
        try:
            known = (state / "node-id").read_text() == self.node_id
        except OSError:
            return True
        records = (processes.load(path) for path in (state / "pids").glob("*.json"))
        return not (known and any(record is not None and record[0].alive() for record in records))

    def enter(self) -> tuple[str, ...]:
        """What a command is to be preceded by to run inside the node."""
        return ("nsenter", "--target", str(self.process.pid), *_SPACES, "--")


def running() -> list[Anchor]:
    """All nodes on this machine, of whichever clone."""
    return [anchor for pid in processes.all_pids() if (anchor := _anchor_at(pid)) is not None]


def _anchor_at(pid: int) -> Anchor | None:
    arguments = processes.command_line(pid)
    if len(arguments) != 4 or arguments[1] != MARK or not arguments[0].endswith("/pause"):
        return None
    process = processes.find(pid)
    if process is None or not _is_trustworthy(pid):
        return None
    return Anchor(process=process, node_id=arguments[2], clone=Path(arguments[3]))


def _is_trustworthy(pid: int) -> bool:
    """Whether the process was not started by another, lesser user, who could name any clone."""
    try:
        return os.stat(f"/proc/{pid}").st_uid in (0, os.geteuid())
    except OSError:
        return False


def create() -> Anchor:
    """Start the anchor of this clone's node; its folders and binaries must be in place."""
    node_id = secrets.token_hex(8)
    NODE_ID.write_text(node_id)
    script = f'cd "$0"\n{_SET_UP}'
    anchor_command = (in_node(BIN / "pause"), MARK, node_id, str(REPOSITORY))
    outer = processes.spawn(
        # Slave: what the machine unmounts later must not be kept busy by the node.
        ["unshare", *_SPACES, "--fork", "--propagation", "slave"]
        + ["sh", "-c", script, str(STATE), *anchor_command],
        log=LOGS / "anchor.log",
        env={},
    )
    if not processes.until(
        lambda: _created(node_id) is not None or processes.find(outer) is None,
        seconds=_START_SECONDS,
    ):
        raise ClusterError(f"the node's namespaces were not ready in time; see {LOGS}/anchor.log")
    anchor = _created(node_id)
    if anchor is None:
        reason = (LOGS / "anchor.log").read_text(errors="replace").strip().splitlines()[-1:]
        raise ClusterError(f"could not make the node's namespaces: {' '.join(reason)}")
    return anchor


def _created(node_id: str) -> Anchor | None:
    return next((anchor for anchor in running() if anchor.node_id == node_id), None)


def holds(anchor: Anchor, pid: int) -> bool:
    """Whether process PID runs in the node's own process namespace (a pod's has its own)."""
    try:
        spaces = {os.readlink(f"/proc/{number}/ns/pid") for number in (pid, anchor.process.pid)}
    except OSError:
        return False
    return len(spaces) == 1


def destroy(anchor: Anchor) -> None:
    """End the node with everything in it; the kernel lets the anchor go last."""
    anchor.process.kill()
    anchor.process.wait_gone(seconds=60)
