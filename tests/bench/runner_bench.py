"""What `tradefleet run` costs: from an event to the order on the wire, memory, and a restart.

    python tests/bench/runner_bench.py [--seconds 30] [--minutes 1] [--latency-only]

1. Latency: a runner trades recorded prices at high speed; what is measured, and the reference,
   stands in ``order_latency``. Use --seconds 300 for a p99 that is more than the worst of 100.
2. Memory: resident and private, at rest and after so many minutes of load. The reference is a
   process that has done the imports and nothing else. Use --minutes 10 for the figure to quote.
3. Restart: killed, its state deleted and all its orders cancelled, a runner starts again; measured
   from the start of the process until every position is covered by its take-profit, for 1 and for
   20 symbols, under the venue's limit of 10 orders a second. The references are the time that
   Python and the imports take, and the least that the limit allows.

Nothing here passes or fails.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import aiohttp
import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.order_latency import inside, measure
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from support.raw_bybit import RawClient
from support.runner_desk import XRP, OnePrice, RunnerDesk
from support.simulator import RunningSimulator, running_simulator

REST_SECONDS = 10.0
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
_CLOCK = threading.Event()
"""Never set: waits."""


def latency(folder: Path, seconds: float) -> None:
    """Measure and print the first part."""
    with running_simulator(RECORDED) as simulator, _desk(simulator, folder) as desk:
        desk.write()
        simulator.command("resume", {})
        arguments = (str(desk.path), str(folder / "state"), simulator.rest_url, str(seconds))
        measure(Path(__file__), arguments, folder)


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
    seconds: Annotated[float, typer.Option(help="Length of the latency part.")] = 30.0,
    latency_only: Annotated[bool, typer.Option(help="Leave memory and restart out.")] = False,
    inner: Annotated[
        tuple[Path, Path, str, float] | None, typer.Option("--inside", hidden=True)
    ] = None,
) -> None:
    """Measure and print."""
    if inner is not None:
        inside(*inner)
        return
    with tempfile.TemporaryDirectory() as folder:
        latency(Path(folder) / "latency", seconds)
        if latency_only:
            return
        memory(Path(folder) / "memory", minutes)
        for count in (1, 20):
            restart(Path(folder) / f"restart{count}", count)


if __name__ == "__main__":
    typer.run(main)
