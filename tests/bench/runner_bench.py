"""What `tradefleet run` costs: from an event to the order on the wire, memory, and a restart.

    python tests/bench/runner_bench.py [--minutes 1]

1. Latency: a runner trades recorded prices at high speed; measured is the time from the moment a
   frame is handed over by the socket until the last byte of each order that follows from it is
   written. The reference is pybit's own call of the same endpoint in the same process.
2. Memory: resident and private, at rest and after so many minutes of load. The reference is a
   process that has done the imports and nothing else. Use --minutes 10 for the figure to quote.
3. Restart: killed, its state deleted and all its orders cancelled, a runner starts again; measured
   from the start of the process until every position is covered by its take-profit, for 1 and for
   20 symbols, under the venue's limit of 10 orders a second. The references are the time that
   Python and the imports take, and the least that the limit allows.

Nothing here passes or fails.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Annotated, Any

import aiohttp
import typer
import uvloop
from pybit.unified_trading import HTTP

sys.path.insert(0, str(Path(__file__).parents[1]))

from botrunner.cli.run_accounts import Fleet, RunSettings, run_accounts
from botrunner.exchanges.bybit.stream import SocketStream
from botrunner.risk.verdict import Approved
from botrunner.runtime.executor import Executor
from botrunner.runtime.inbox import Inbox
from botrunner.runtime.steps import Steps
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from support.raw_bybit import RawClient
from support.runner_desk import XRP, OnePrice, RunnerDesk
from support.simulator import RunningSimulator, running_simulator

LATENCY_SECONDS = 30.0
REST_SECONDS = 10.0
CALLS = 40
PLACE_LIMIT = 10
"""Orders a second that the venue takes."""
CLOSE_GRID = {"stepPercent": 0.2, "takeProfitPercent": 0.2}
"""Close steps, so that much happens."""
RECORDED = f"""
step: true
speed: 1800
initialBalance: 1000000
instruments: [{{symbol: {XRP}}}]
prices: [{{symbol: {XRP}, recording: "builtin:XRPUSDT-5m"}}]
"""
IMPORTS = "import botrunner.cli.run_accounts, sys; print(flush=True); sys.stdin.read()"
_LINK_ID = re.compile(rb'"orderLinkId": ?"([^"]+)"')
_CLOCK = threading.Event()
"""Never set: waits."""


# 1. Latency


@dataclass(slots=True)
class Stopwatch:
    """Follows a frame through the runner: socket, inbox, engine, executor, socket."""

    frame_at: float | None = None
    arrived: dict[float, float] = field(default_factory=dict)
    cause: float | None = None
    begun: dict[bytes, float] = field(default_factory=dict)
    taken: list[float] = field(default_factory=list)
    first: dict[float, float] = field(default_factory=dict)
    """Of each frame that led to orders, how long its first one took."""

    def attach(self) -> None:
        """Look in at five places of this process."""
        self._around_frames()
        self._around_inbox()
        self._around_steps()
        self._around_orders()
        self._around_sockets()

    def _around_frames(self) -> None:
        original = SocketStream.on_ws_frame

        def on_ws_frame(client: Any, transport: Any, frame: Any) -> None:
            self.frame_at = perf_counter()
            original(client, transport, frame)
            self.frame_at = None

        setattr(SocketStream, "on_ws_frame", on_ws_frame)

    def _around_inbox(self) -> None:
        original = Inbox.put

        def put(inbox: Any, event: Any, arrived: float) -> None:
            if self.frame_at is not None:
                self.arrived[arrived] = self.frame_at
            original(inbox, event, arrived)

        setattr(Inbox, "put", put)

    def _around_steps(self) -> None:
        original = Steps.decide

        def decide(steps: Any, event: Any, arrived: float | None = None) -> None:
            self.cause = self.arrived.pop(arrived, None) if arrived is not None else None
            original(steps, event, arrived)
            self.cause = None

        setattr(Steps, "decide", decide)

    def _around_orders(self) -> None:
        original = Executor.carry_out

        def carry_out(executor: Any, actions: Any) -> Any:
            cause = self.cause
            for action in actions if cause is not None else ():
                if isinstance(action, Approved) and cause is not None:
                    self.begun[action.action.order_id.encode()] = cause
            return original(executor, actions)

        setattr(Executor, "carry_out", carry_out)

    def _around_sockets(self) -> None:
        original = HTTPConnection.send

        def send(connection: Any, data: Any) -> None:
            original(connection, data)
            found = _LINK_ID.search(data) if isinstance(data, bytes) else None
            begun = self.begun.pop(found[1], None) if found else None
            if begun is not None:
                self.taken.append(perf_counter() - begun)
                self.first.setdefault(begun, self.taken[-1])

        setattr(HTTPConnection, "send", send)


def inside(path: Path, state_dir: Path, rest_url: str) -> None:
    """The measured process: runs the file for a while, prints both series in ms as JSON."""
    watch = Stopwatch()
    watch.attach()

    def show(fleet: Fleet) -> None:
        asyncio.get_running_loop().call_later(LATENCY_SECONDS, fleet.end)

    settings = RunSettings(files=(path,), state_dir=state_dir)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_accounts(settings, lambda record: None, show))
    series = {"all": list(watch.taken), "first": list(watch.first.values())}
    print(json.dumps(series | {"pybit": _calls(watch, rest_url)}), flush=True)


def _calls(watch: Stopwatch, rest_url: str) -> list[float]:
    """From the call of ``place_order`` until its last byte is written."""
    watch.taken.clear()
    client = HTTP(api_key="sim-bench", api_secret="sim-bench-secret")
    client.endpoint = rest_url
    client.switch_position_mode(category="linear", symbol=XRP, mode=3)
    for number in range(CALLS):
        link = f"reference-{number}"
        watch.begun[link.encode()] = perf_counter()
        client.place_order(
            category="linear",
            symbol=XRP,
            side="Buy",
            orderType="Limit",
            qty="10",
            price="1.1",
            positionIdx=1,
            orderLinkId=link,
        )
        _CLOCK.wait(1.5 / PLACE_LIMIT)
    return watch.taken


def latency(folder: Path) -> None:
    """Measure and print the first part."""
    with running_simulator(RECORDED) as simulator, _desk(simulator, folder) as desk:
        desk.write()
        arguments = (str(desk.path), str(folder / "state"), simulator.rest_url)
        simulator.command("resume", {})
        done = subprocess.run(
            [sys.executable, __file__, "--inside", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=folder,
        )
    series = json.loads(done.stdout.splitlines()[-1])
    reference = _spread(series["pybit"])[0]
    for title, name in (
        ("frame to its first order's bytes", "first"),
        ("frame to any order's bytes", "all"),
        ("pybit's own call", "pybit"),
    ):
        half, most = _spread(series[name])
        print(
            f"{title:33} p50 {half:6.2f} ms, p99 {most:6.2f} ms ({len(series[name])});"
            f" p50 is {half / reference:5.2f} of pybit's own"
        )


def _spread(seconds: list[float]) -> tuple[float, float]:
    if len(seconds) < 2:
        raise SystemExit("runner_bench: too few orders were sent to say anything")
    parts = quantiles(seconds, n=100, method="inclusive")
    return parts[49] * 1000, parts[98] * 1000


# 2. Memory


def memory(folder: Path, minutes: float) -> None:
    """Measure and print the second part."""
    imports = _imports_alone()
    with running_simulator(RECORDED) as simulator, _desk(simulator, folder) as desk:
        desk.start()
        desk.until_trading()
        assert desk.process is not None
        _CLOCK.wait(REST_SECONDS)
        resting = _weight(desk.process.pid)
        desk.command("resume")
        _CLOCK.wait(minutes * 60)
        loaded = _weight(desk.process.pid)
        fills = len(desk.ledger()["executions"])
    rows = (
        ("imports alone", imports),
        ("at rest, 1 symbol", resting),
        (f"after {minutes:g} min of load, {fills} fills", loaded),
    )
    for title, (resident, private) in rows:
        print(
            f"{title:42} resident {resident:6.1f} MB, private {private:6.1f} MB;"
            f" ratio of resident {resident / imports[0]:.2f}"
        )


def _imports_alone() -> tuple[float, float]:
    process = _idle_process()
    weight = _weight(process.pid)
    process.communicate()
    return weight


def _idle_process() -> "subprocess.Popen[str]":
    """A process that has imported what a runner needs."""
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def _weight(pid: int) -> tuple[float, float]:
    """Resident and private memory, MB of 1024 * 1024 bytes."""
    rows = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    )
    kib = {name: int(text.split()[0]) for name, text in rows.items()}
    return kib["Rss"] / 1024, (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024


# 3. Restart


def restart(folder: Path, count: int) -> None:
    """Measure and print the third part."""
    names = [f"S{number:02}USDT" for number in range(count)]
    contracts = tuple(replace(DEFAULT_INSTRUMENTS[XRP], symbol=name) for name in names)
    settings: dict[str, Any] = {
        "instruments": contracts,
        "source": OnePrice(price="1.00", symbols=tuple(names)),
        "initial_balance": Decimal(1_000_000),
        "stepping": True,
    }
    with running_simulator(**settings) as simulator, _desk(simulator, folder) as desk:
        grid = {"leverage": 75, "initialMargin": 1}
        desk.write(
            strategies=[{"name": name.lower(), "symbol": name, "grid": grid} for name in names]
        )
        desk.start()
        desk.until(lambda: _is_protected(desk, count), "the first protection")
        desk.kill()
        shutil.rmtree(desk.state)
        asyncio.run(_cancel_all(simulator.rest_url, desk.name))
        imports = _seconds_of(lambda: _idle_process().communicate())
        before = desk.count()
        taken = _seconds_of(lambda: _protect(desk, count))
        placed = len(desk.requests("/v5/order/create", after=before))
    least = max(0.0, (2 * count - PLACE_LIMIT) / PLACE_LIMIT)
    print(
        f"restart to protected, {count:2} symbols: {taken:5.2f} s ({placed} placements);"
        f" imports alone {imports:.2f} s, least by the rate limit {least:.1f} s,"
        f" ratio to both {taken / (imports + least):.2f}"
    )


def _protect(desk: RunnerDesk, count: int) -> None:
    desk.start()
    desk.until(lambda: _is_protected(desk, count), "protection after the restart")


def _is_protected(desk: RunnerDesk, count: int) -> bool:
    """Both sides of every symbol are held and wholly covered by reduce-only orders."""
    ledger = desk.ledger()
    covered: dict[tuple[str, int], Decimal] = {}
    for order in ledger["openOrders"]:
        if order["reduceOnly"]:
            key = (order["symbol"], order["positionIdx"])
            covered[key] = covered.get(key, Decimal(0)) + Decimal(order["leavesQuantity"])
    held = {(p["symbol"], p["positionIdx"]): abs(Decimal(p["size"])) for p in ledger["positions"]}
    return len(held) == 2 * count and held == covered


async def _cancel_all(rest_url: str, account: str) -> None:
    async with aiohttp.ClientSession() as session:
        client = RawClient(session, rest_url, account)
        answer = await client.post("/v5/order/cancel-all", category="linear", settleCoin="USDT")
    if answer.code != 0:
        raise SystemExit(f"runner_bench: the venue did not cancel: {answer.body}")


def _seconds_of(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin


@contextmanager
def _desk(simulator: RunningSimulator, folder: Path) -> Iterator[RunnerDesk]:
    folder.mkdir(parents=True, exist_ok=True)
    desk = RunnerDesk(simulator, folder, grid=CLOSE_GRID)
    try:
        yield desk
    finally:
        desk.close()


def main(
    minutes: Annotated[float, typer.Option(help="Length of the load of the memory part.")] = 1.0,
    inner: Annotated[tuple[Path, Path, str] | None, typer.Option("--inside", hidden=True)] = None,
) -> None:
    """Measure and print."""
    if inner is not None:
        inside(*inner)
        return
    with tempfile.TemporaryDirectory() as folder:
        latency(Path(folder) / "latency")
        memory(Path(folder) / "memory", minutes)
        for count in (1, 20):
            restart(Path(folder) / f"restart{count}", count)


if __name__ == "__main__":
    typer.run(main)
