"""Every version of a namespace's accounts, with the API server's own time of each.

A test that polls sees some versions, and late ones on a slow machine. A watch has them all, and
each says when it was written: so what is measured does not depend on how fast the test is.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from cluster import processes
from support.fleet_desk import FleetDesk
from support.kubectl import Kubectl
from support.processor import Withheld, waited_since_birth

Version = dict[str, Any]
_PATIENCE_SECONDS = 60.0


class Versions:
    """Collects until it is closed."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._seen: list[Version] = []
        self._operator = Withheld(_operator_pids())
        shown = ("--watch", "--output=json", "--show-managed-fields")
        self._watch = kubectl.begin("get", "tradingaccounts", *shown)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def first(self, desk: FleetDesk, holds: Callable[[Version], bool], what: str) -> Version:
        """The first version of the desk's account for which something holds; waits for it."""

        def found() -> Version | None:
            own = (each for each in tuple(self._seen) if each["metadata"]["name"] == desk.name)
            return next((each for each in own if holds(each)), None)

        return desk.until(found, what)

    def named(self, desk: FleetDesk, kind: str, reason: str, generation: int = 0) -> Version:
        """The first one in which a condition has a reason, of a generation or a later one."""

        def holds(version: Version) -> bool:
            condition = condition_of(version, kind)
            is_it = version["metadata"]["generation"] >= generation
            return is_it and condition.get("reason") == reason

        return self.first(desk, holds, f"{kind} {reason}")

    def edited(self, desk: FleetDesk, generation: int) -> datetime:
        """When the specification became that of a generation."""
        version = self.first(
            desk, lambda each: each["metadata"]["generation"] >= generation, "the edit"
        )
        return written_at(version)

    def patience(self, desk: FleetDesk, promised: timedelta) -> timedelta:
        """What was promised, and the time in which operator and runner were not allowed to run."""
        return promised + self._operator.so_far() + waited_since_birth(desk.processes())

    def close(self) -> None:
        """End the watch."""
        self._watch.terminate()
        self._watch.wait(_PATIENCE_SECONDS)
        self._reader.join(_PATIENCE_SECONDS)
        assert self._watch.stdout is not None
        self._watch.stdout.close()

    def _read(self) -> None:
        assert self._watch.stdout is not None
        lines: list[str] = []
        for line in self._watch.stdout:
            lines.append(line)
            if line.startswith("}"):  # kubectl indents everything within an object.
                self._seen.append(json.loads("".join(lines)))
                lines.clear()


def _operator_pids() -> list[int]:
    """The release's operator, and others of its kind."""
    return [pid for pid in processes.all_pids() if _is_operator(processes.command_line(pid))]


def _is_operator(command: list[str]) -> bool:
    return "run" in command and any("tradefleet-operator" in part for part in command)


@contextmanager
def versions_of(kubectl: Kubectl) -> Iterator[Versions]:
    """Every version from now on, and the present ones."""
    versions = Versions(kubectl)
    try:
        yield versions
    finally:
        versions.close()


def condition_of(version: Version, kind: str) -> dict[str, Any]:
    """A condition; empty where it is not there."""
    conditions = version.get("status", {}).get("conditions", ())
    return next((dict(each) for each in conditions if each["type"] == kind), {})


def written_at(version: Version) -> datetime:
    """When the API server took this version, in whole seconds: the newest of all its writes."""
    metadata = version["metadata"]
    writes = [entry["time"] for entry in metadata.get("managedFields", ()) if "time" in entry]
    return max(map(datetime.fromisoformat, [*writes, metadata["creationTimestamp"]]))


def could_be_said_at(version: Version) -> datetime:
    """From when on somebody was there to say it: the account's creation, or the runner's start."""
    created = datetime.fromisoformat(version["metadata"]["creationTimestamp"])
    started = version.get("status", {}).get("runner", {}).get("started")
    return max(created, datetime.fromisoformat(started)) if started else created
