"""What accounts cost the operator: processor time, memory, and writes.

    python tests/bench/operator_bench.py [--full]

Runs `tradefleet-operator run` as a process of its own, with shared feeds as the chart has them,
against an API server in memory with controllers, pods and runners (tests/support/stand_in_*). Needs
nothing but this machine; --full adds 10,000 accounts, which take minutes.

1. Create: all accounts at once, until everything is silent. First with nobody else about: four
   children each and a status. Then with controllers, pods and runners, whose every step is an
   event, until the operator calls each account Ready. Processor time is that of the operator's
   process, all its threads, per account.
2. Restart: SIGTERM, then a new process, until it has looked at every account and watches again.
   10,000 accounts are the 1,000 as they were created, ten times.
3. No-op: an annotation on every account that nobody acts on.
4. Resync: a new process that compares everything every few seconds, twice.

The reference is the processor time that one StatefulSet takes to be decoded from JSON and encoded
again, measured right before each size: on a busy or a slow machine both grow, so compare the
ratio. Nothing here passes or fails.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic, process_time
from typing import Annotated, Any
from urllib.request import urlopen

import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.answering_api import kubeconfig_of
from support.operator_objects import live_children, stored_account

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("tradefleet-operator")
SIZES = (100, 1000)
TIMES = 10
"""So many of the largest size are restarted."""
WATCHES = 12
"""Six kinds around accounts, and six around feeds."""
PATIENCE_SECONDS = 1200.0
SILENT_SECONDS = 2.0
RESYNC_SECONDS = 10
_PAUSE = Event()
"""Never set: waits."""


class Server:
    """operator_server.py, spoken to by lines."""

    def __init__(self) -> None:
        command = [sys.executable, str(HERE / "operator_server.py")]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = str(self._hear()["url"])

    def tell(self, **what: int) -> dict[str, Any]:
        """Have something done, or nothing; gives how things stand."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the server ended with {self._process.wait()}")
        heard: dict[str, Any] = json.loads(line)
        return heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of a process, megabytes."""

    resident: float
    private: float
    peak: float


class Operator:
    """One life of the operator; its log is a file."""

    def __init__(self, server: Server, folder: Path, *flags: str) -> None:
        kubeconfig = kubeconfig_of(server.url, folder)
        self._log = folder / "log"
        command = [
            str(PROGRAM),
            "run",
            f"--kubeconfig={kubeconfig}",
            "--namespace=tradefleet",
            "--runner-image=tradefleet:bench",
            "--probe-host=127.0.0.1",
            "--probe-port=0",
            "--feeds",
            *flags,
        ]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, env=kept)

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far."""
        text = Path(f"/proc/{self._process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> Memory:
        """What it holds now, and the most it has held."""
        rows = _kilobytes(Path(f"/proc/{self._process.pid}/smaps_rollup"))
        peak = _kilobytes(Path(f"/proc/{self._process.pid}/status"))["VmHWM"]
        private = rows["Private_Clean"] + rows["Private_Dirty"]
        return Memory(resident=rows["Rss"] / 1000, private=private / 1000, peak=peak / 1000)

    def metric(self, name: str) -> float:
        """The sum of a metric's series; 0 before it answers."""
        started = re.search(r'"probePort": (\d+)', self._log.read_text()[:2000])
        if started is None:
            return 0.0
        with urlopen(f"http://127.0.0.1:{started[1]}/metrics") as answer:
            text = answer.read().decode()
        found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
        return sum(float(value) for value in found)

    def end(self) -> float:
        """Ask it to end as Kubernetes does; seconds until it has."""
        began = monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE_SECONDS)
        return monotonic() - began

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()


def _kilobytes(path: Path) -> dict[str, int]:
    lines = (line.split() for line in path.read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in lines if line[-1] == "kB"}


@contextmanager
def operating(server: Server, *flags: str) -> Iterator[Operator]:
    """An operator for the length of a block."""
    with tempfile.TemporaryDirectory() as folder:
        operator = Operator(server, Path(folder), *flags)
        try:
            yield operator
        finally:
            operator.kill()


def until(holds: Callable[[], bool], what: str) -> float:
    """Ask again and again; seconds until it held."""
    began = monotonic()
    while not holds():
        if monotonic() - began > PATIENCE_SECONDS:
            raise SystemExit(f"not within {PATIENCE_SECONDS:g} s: {what}")
        _PAUSE.wait(0.2)
    return monotonic() - began


def rest(server: Server, operator: Operator) -> None:
    """Wait until it watches everything, asks for nothing and does next to nothing."""

    def is_silent() -> bool:
        asked, used = server.tell()["asked"], operator.cpu_seconds()
        _PAUSE.wait(SILENT_SECONDS)
        state = server.tell()
        is_idle = operator.cpu_seconds() - used < 0.05 * SILENT_SECONDS
        return is_idle and state["asked"] == asked and state["watches"] == WATCHES

    until(is_silent, "the operator is at rest")


def reference_seconds() -> float:
    """Processor time to decode and encode one StatefulSet; the best of several rounds."""
    raw = stored_account()
    text = json.dumps(live_children(raw)[-1])
    rounds, spans = 300, []
    for _ in range(5):
        began = process_time()
        for _ in range(rounds):
            json.dumps(json.loads(text))
        spans.append((process_time() - began) / rounds)
    return min(spans)


def say(what: str, figure: str) -> None:
    """One line of the table."""
    print(f"  {what:<62}{figure}", flush=True)


def create(server: Server, count: int) -> None:
    """From nothing to accounts that trade."""
    reference = reference_seconds()
    with operating(server) as operator:
        rest(server, operator)
        empty, before = operator.memory(), operator.cpu_seconds()
        server.tell(create=count)
        seconds = until(lambda: server.tell()["ready"] == count, "every account is Ready")
        rest(server, operator)
        each = (operator.cpu_seconds() - before) / count
        held = operator.memory()
        writes, stopped = server.tell()["writes"], operator.end()
    say("create to Ready: processor time per account", _ratio(each, reference))
    say("create to Ready: the last one after", f"{seconds:8.1f} s")
    say("create to Ready: writes per account, feeds and Event with it", f"{writes / count:8.2f}")
    say("memory at rest before: resident, private", _both(empty))
    say("memory at rest after: resident, private", _both(held))
    say("at most, resident", f"{held.peak:8.1f} MB")
    say("SIGTERM to the end of the process", f"{stopped:8.2f} s")


def create_still(count: int) -> None:
    """From nothing to children, while nobody else does anything."""
    reference = reference_seconds()
    with serving() as server, operating(server) as operator:
        rest(server, operator)
        before = operator.cpu_seconds()
        server.tell(create=count, still=1)
        until(lambda: server.tell()["statefulSets"] == count, "every account has its children")
        rest(server, operator)
        each = (operator.cpu_seconds() - before) / count
        writes = server.tell()["writes"]
    say("create to children: processor time per account", _ratio(each, reference))
    say("create to children: writes per account, feeds with it", f"{writes / count:8.2f}")


def _ratio(each: float, reference: float) -> str:
    return f"{each * 1e3:8.2f} ms = {each / reference:.0f} of {reference * 1e6:.0f} us"


def _both(memory: Memory) -> str:
    return f"{memory.resident:8.1f} MB {memory.private:8.1f} MB"


def restart(server: Server, count: int) -> None:
    """A new process over accounts that trade, and an edit that changes nothing."""
    before = server.tell()["writes"]
    with operating(server) as operator:

        def has_seen_all() -> bool:
            passes = operator.metric("tradefleet_operator_reconciles_total")
            is_done = operator.metric("tradefleet_operator_queue_depth") == 0
            return passes >= count and is_done and server.tell()["watches"] == WATCHES

        seconds = until(has_seen_all, "every account was looked at")
        used = operator.cpu_seconds()
        rest(server, operator)
        held, writes = operator.memory(), server.tell()["writes"] - before
        say("restart: every account looked at, every watch open", f"{seconds:8.1f} s")
        say("restart: processor time until then", f"{used:8.1f} s")
        say("restart: memory at rest, resident, private", _both(held))
        say("restart: at most, resident", f"{held.peak:8.1f} MB")
        say("restart: writes", f"{writes:8d}")
        used = operator.cpu_seconds()
        server.tell(touch=1)
        rest(server, operator)
        edited = server.tell()["writes"] - before - writes
        each = (operator.cpu_seconds() - used) / count
        say("no-op edit of each: writes", f"{edited:8d}")
        say("no-op edit: processor time per account", f"{each * 1e3:8.2f} ms")


def resync(server: Server, count: int) -> None:
    """Everything compared again, twice."""
    before = server.tell()["writes"]
    name = "tradefleet_operator_reconciles_total"
    with operating(server, f"--relist-seconds={RESYNC_SECONDS}") as operator:
        until(lambda: operator.metric(name) >= 3 * count, "two resyncs after the start")
    say("two resyncs: writes", f"{server.tell()['writes'] - before:8d}")


@contextmanager
def serving() -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server()
    try:
        yield server
    finally:
        server.close()


def main(
    full: Annotated[bool, typer.Option("--full", help="Also 10,000 accounts: minutes.")] = False,
) -> None:
    """Measure and print."""
    for count in SIZES:
        print(f"{count:,} accounts", flush=True)
        create_still(count)
        with serving() as server:
            create(server, count)
            restart(server, count)
            resync(server, count)
            if count == SIZES[-1] and full:
                print(f"{count * TIMES:,} accounts", flush=True)
                server.tell(grow=TIMES - 1)
                restart(server, count * TIMES)
                resync(server, count * TIMES)


if __name__ == "__main__":
    typer.run(main)
