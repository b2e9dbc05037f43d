"""What a feed costs per delivery, beside a bare C ``send()`` loop in the same run.

    python tests/bench/feed_bench.py [SECONDS]

Needs a C compiler (cc). The feed's own server and hub, on uvloop, run in a process on one core and
publish quotes of one symbol; the subscribers are one C epoll loop on another core, the same for
both. The floor sends the same bytes to the same number of sockets with nothing but ``send()``.
Floor and feed take turns, so both see the same noise; compare the ratio. Ages are milliseconds
from the publication to the read, over every pair of message and subscriber. Then: ten readers
among a hundred that stop reading, and the whole way from the exchange's socket through the adapter
and the feed to a runner's event, beside the same way without a feed. Refused subscribers bring
garbage, too much, or a token that opens nothing. Nothing here passes or fails.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from botrunner.service.clock import SystemClock
from support.feed_tokens import Cluster

HERE = Path(__file__).parent
COUNTS = (1, 100, 1000)
RATES = (20, 100)
ROUNDS = 3
REFUSALS = 500
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: feed\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One measurement."""

    cpu_us: float
    """Processor time per delivery, microseconds."""
    ages: tuple[float, float, float]
    """p50, p99, p99.9 in milliseconds."""
    readers: int
    resident_kib: int


class Program:
    """A process that is spoken to by lines, on one core."""

    def __init__(self, core: int, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        os.sched_setaffinity(self._process.pid, {core})

    def hear(self) -> str:
        """Its next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended with {self._process.wait()}")
        return line

    def say(self, line: str) -> None:
        """Tell it something."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def resident_kib(self) -> int:
        """Memory resident now."""
        with open(f"/proc/{self._process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def cpu_seconds(self) -> float:
        """Processor time used up to now."""
        with open(f"/proc/{self._process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def programs(*made: Program) -> Iterator[None]:
    """End them at the end."""
    try:
        yield
    finally:
        for program in made:
            program.end()


def compiled(folder: str) -> str:
    """The C program."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit("feed_bench: a C compiler is needed for the floor; install gcc")
    program = f"{folder}/fanout"
    command = [compiler, "-O2", "-Wall", "-o", program, str(HERE / "fanout.c")]
    subprocess.run(command, check=True)
    return program


def measure(fanout: str, kind: str, count: int, rate: int, seconds: float, stopped: int = 0) -> Run:
    """One run of the floor or of the feed."""
    cores = sorted(os.sched_getaffinity(0))
    arguments = (str(rate), str(seconds), str(count))
    server = (
        (fanout, "floor") if kind == "floor" else (sys.executable, str(HERE / "feed_server.py"))
    )
    serving = Program(cores[0], *server, *arguments)
    with programs(serving):
        port = json.loads(serving.hear())["port"]
        before = serving.resident_kib()
        reading = Program(cores[-1], fanout, "subscribe", str(port), str(count), str(stopped))
        with programs(reading):
            reading.hear()
            reading.say("from")
            serving.say("go")
            said = json.loads(serving.hear())
            resident = serving.resident_kib() - before
            reading.say("end")
            heard = json.loads(reading.hear())
    return Run(
        cpu_us=said["cpu"] / max(1, said["deliveries"]) * 1e6,
        ages=(heard["p50"], heard["p99"], heard["p999"]),
        readers=heard["readers"],
        resident_kib=resident,
    )


def middle(runs: Sequence[Run]) -> Run:
    """Medians of each figure."""
    ages = [median(run.ages[place] for run in runs) for place in range(3)]
    return Run(
        cpu_us=median(run.cpu_us for run in runs),
        ages=(ages[0], ages[1], ages[2]),
        readers=min(run.readers for run in runs),
        resident_kib=max(run.resident_kib for run in runs),
    )


def in_words(run: Run) -> str:
    """Cost and ages in columns."""
    p50, p99, p999 = run.ages
    return f"{run.cpu_us:8.2f} us  {p50:6.2f} /{p99:7.2f} /{p999:7.2f} ms"


def compare(fanout: str, seconds: float) -> None:
    """Floor and feed, by subscribers and rate."""
    print("subscribers  msg/s   C send(): CPU/delivery, p50/p99/p99.9    feed: the same", end="")
    print(" " * 29 + "ratio  KiB/subscriber")
    for count in COUNTS:
        for rate in RATES:
            pairs = [
                [measure(fanout, kind, count, rate, seconds) for kind in ("floor", "feed")]
                for _ in range(ROUNDS)
            ]
            floor, feed = (middle([pair[place] for pair in pairs]) for place in range(2))
            ratio = median(pair[1].cpu_us / pair[0].cpu_us for pair in pairs)
            memory = f"{feed.resident_kib / count:8.1f}" if count >= 100 else ""
            print(f"{count:11d}  {rate:5d}   {in_words(floor)}  {in_words(feed)}", end="")
            print(f"  x{ratio:4.2f} {memory}", flush=True)


def stop_some(fanout: str, seconds: float) -> None:
    """Ten stopped readers among a hundred."""
    print("\n100 subscribers, 400 msg/s: the healthy ones, and the server's growth in KiB")
    for stopped in (0, 10):
        runs = [measure(fanout, "feed", 100, 400, seconds, stopped) for _ in range(ROUNDS)]
        run = middle(runs)
        print(f"  {stopped:2d} stopped: {in_words(run)}, {run.readers} heard, +{run.resident_kib}")


def refuse_many(folder: str) -> None:
    """What a subscriber costs that is not served, from its connection to its end."""
    cluster, stranger = Cluster(), Cluster()
    now = SystemClock().now().timestamp()
    keys = Path(folder) / "keys.json"
    keys.write_bytes(cluster.key_set())
    hello = {
        "kind": "hello",
        "oldestVersion": 1,
        "newestVersion": 1,
        "exchange": "bybit",
        "environment": "simulated",
        "market": "futures",
        "symbol": "XRPUSDT",
    }
    expired = cluster.token(now, exp=now - 3600)
    payloads = {
        "garbage": b"x" * 200,
        "oversized (60 KB)": b"x" * 60_000,
        "token expired": json.dumps(hello | {"token": expired}).encode(),
        "token forged": json.dumps(hello | {"token": stranger.token(now)}).encode(),
    }
    arguments = ("1", "1", "0", str(keys))
    server = Program(0, sys.executable, str(HERE / "feed_server.py"), *arguments)
    print("\nsubscribers that are refused: processor time of the server for each, microseconds")
    with programs(server):
        port = json.loads(server.hear())["port"]
        for name, payload in payloads.items():
            before = server.cpu_seconds()
            for _ in range(REFUSALS):
                try_to_subscribe(port, payload)
            cost = (server.cpu_seconds() - before) / REFUSALS * 1e6
            print(f"  {name:18s} {cost:6.0f}", flush=True)


def try_to_subscribe(port: int, payload: bytes) -> None:
    """Connect, say this, and read until the server ends it."""
    with socket.create_connection(("127.0.0.1", port)) as line, suppress(ConnectionError):
        line.sendall(UPGRADE)
        line.recv(4096)
        size = len(payload)
        line.sendall(b"\x81\xfe" + size.to_bytes(2) + bytes(4) + payload)
        while line.recv(4096):
            pass


def whole_way(seconds: float) -> None:
    """From the exchange's socket to the runner's event, with the feed and without."""
    print("\nfrom the exchange's socket to a runner's event, 100 msg/s: p50 / p99 / p99.9 ms")
    for route in ("direct", "feed"):
        command = [sys.executable, str(HERE / "feed_whole_way.py"), route, str(seconds)]
        said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        p50, p99, p999 = said["ages"]
        print(f"  {route:6s} {p50:6.2f} /{p99:7.2f} /{p999:7.2f}  ({said['quotes']} quotes)")


def main() -> None:
    """Measure everything and print it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with tempfile.TemporaryDirectory() as folder:
        fanout = compiled(folder)
        compare(fanout, seconds)
        stop_some(fanout, seconds)
        refuse_many(folder)
    whole_way(seconds)


if __name__ == "__main__":
    main()
