"""Processes that outlive the command which started them.

Rule 1: a process is its number, its start and the machine's boot; a reused number is another one.
Rule 2: only processes that were identified this way are ever signalled.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cluster.errors import ClusterError
from cluster.files import write
from cluster.packages import SEARCH_PATH

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of this boot; start_ticks are clock ticks since the boot."""

    pid: int
    start_ticks: int
    boot_id: str

    def alive(self) -> bool:
        """Whether exactly this process still runs; one that only waits to be reaped does not."""
        return find(self.pid) == self

    def kill(self) -> None:
        """End the process at once; nothing happens when it is gone already."""
        self._signal(signal.SIGKILL)

    def terminate(self, *, grace_seconds: float) -> None:
        """Ask the process to end, and end it when it has not within GRACE_SECONDS."""
        self._signal(signal.SIGTERM)
        if not until(lambda: not self.alive(), seconds=grace_seconds):
            self.kill()
        self.wait_gone()

    def wait_gone(self, *, seconds: float = 30) -> None:
        """Return when the process has ended; raises ClusterError when it does not."""
        if not until(lambda: not self.alive(), seconds=seconds):
            raise ClusterError(
                f"process {self.pid} does not end even when killed (it waits for a disk or a"
                " network that does not answer); a restart of the machine ends it"
            )

    def _signal(self, number: signal.Signals) -> None:
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether CONDITION came true within SECONDS."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def boot_id() -> str:
    """What is new with every start of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def find(pid: int) -> Process | None:
    """The process that has the number PID now, unless it has ended."""
    fields = _stat_fields(pid)
    # Field 3 of proc(5) is the state, Z and X are dead; field 22 is the start.
    if fields is None or fields[0] in ("Z", "X"):
        return None
    return Process(pid=pid, start_ticks=int(fields[19]), boot_id=boot_id())


def children(pid: int) -> list[int]:
    """The numbers of the living children of process PID."""
    return [child for child in all_pids() if _parent(child) == pid]


def all_pids() -> list[int]:
    """The numbers of all processes that this process can see."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def command_line(pid: int) -> list[str]:
    """The arguments of process PID; empty when it has ended."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(part) for part in raw.split(b"\0")[:-1]]


def _parent(pid: int) -> int | None:
    fields = _stat_fields(pid)
    return None if fields is None or fields[0] == "Z" else int(fields[1])


def _stat_fields(pid: int) -> list[str] | None:
    """Fields of proc(5)'s stat from the third on; the second may itself hold spaces."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def save(process: Process, path: Path, **more: str) -> None:
    """Write PROCESS, and MORE about it, to PATH; the file is whole or the one before."""
    write(path, json.dumps({**asdict(process), **more}))


def load(path: Path) -> tuple[Process, dict[str, str]] | None:
    """What `save` wrote to PATH; None when there is nothing readable."""
    try:
        stored = json.loads(path.read_text())
        process = Process(
            pid=stored.pop("pid"),
            start_ticks=stored.pop("start_ticks"),
            boot_id=stored.pop("boot_id"),
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return process, stored


def spawn(
    command: Sequence[str], *, log: Path, inherit: int | None = None, env: Mapping[str, str]
) -> int:
    """Start COMMAND so that it outlives us, and return its number.

    It gets a session of its own, reads nothing, and writes only to LOG: no pipe of ours stays open
    through it. INHERIT is one file descriptor that it keeps.
    """
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, nothing, 0)]
        actions += [(os.POSIX_SPAWN_DUP2, output, number) for number in (1, 2)]
        if inherit is not None:
            os.set_inheritable(inherit, True)
        full = {"PATH": SEARCH_PATH, **env}
        return os.posix_spawnp(command[0], list(command), full, file_actions=actions, setsid=True)
    except OSError as error:
        raise ClusterError(f"could not start {command[0]}: {error.strerror}") from error
    finally:
        os.close(output)
        os.close(nothing)
