"""A component of the cluster: one process of the node, started, found again and stopped."""

from dataclasses import dataclass
from pathlib import Path

from cluster import credentials, processes
from cluster.anchor import Anchor
from cluster.cache import content_hash
from cluster.errors import ClusterError
from cluster.paths import LOGS, PIDS

_START_SECONDS = 10
_STOP_SECONDS = 5
_LOG_BYTES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What to run inside the node; with other arguments or files it is another component."""

    name: str
    command: tuple[str, ...]
    # Tells one build of the program from another; empty for a program of the machine.
    binary_key: str = ""
    files: tuple[Path, ...] = ()
    # The API server is also reached at the machine's loopback: it inherits the socket.
    faces_machine: bool = False

    def fingerprint(self) -> str:
        """What changes with the arguments and with the content of the files."""
        return content_hash(
            self.binary_key, *self.command, *(path for path in self.files if path.exists())
        )


def running(component: Component) -> processes.Process | None:
    """The component's process if it lives."""
    stored = processes.load(_pid_file(component.name))
    return stored[0] if stored is not None and stored[0].alive() else None


def is_current(component: Component) -> bool:
    """Whether it lives, and was started with what it would be started with now."""
    stored = processes.load(_pid_file(component.name))
    if stored is None or stored[1].get("fingerprint") != component.fingerprint():
        return False
    return stored[0].alive()


def ensure(component: Component, anchor: Anchor) -> bool:
    """Start COMPONENT unless it is running as it should; whether it had to be started."""
    if is_current(component):
        return False
    stop(component)
    start(component, anchor)
    return True


def start(component: Component, anchor: Anchor) -> None:
    """Start COMPONENT in the node; raises ClusterError when it ends at once."""
    log = log_of(component)
    _shorten(log)
    command = [*anchor.enter(), *component.command]
    if component.faces_machine:
        with credentials.listen_for_api_server() as listener:
            number = listener.fileno()
            env = {"TRADEFLEET_LISTENER_FD": str(number)}
            outer = processes.spawn(command, log=log, inherit=number, env=env)
    else:
        outer = processes.spawn(command, log=log, env={})
    process = _entered(outer)
    if process is None:
        raise ClusterError(f"{component.name} did not start; see {log}")
    processes.save(process, _pid_file(component.name), fingerprint=component.fingerprint())


def _entered(outer: int) -> processes.Process | None:
    """The child that nsenter, which has the number OUTER, makes inside the node."""
    processes.until(
        lambda: bool(processes.children(outer)) or processes.find(outer) is None,
        seconds=_START_SECONDS,
    )
    inside = processes.children(outer)
    return processes.find(inside[0]) if inside else None


def stop(component: Component, *, at_once: bool = False) -> None:
    """End the component's process if it lives; AT_ONCE as by a crash."""
    process = running(component)
    if process is not None:
        process.terminate(grace_seconds=0 if at_once else _STOP_SECONDS)
    _pid_file(component.name).unlink(missing_ok=True)


def log_of(component: Component) -> Path:
    """Where the component's output goes."""
    return LOGS / f"{component.name}.log"


def _pid_file(name: str) -> Path:
    return PIDS / f"{name}.json"


def _shorten(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
