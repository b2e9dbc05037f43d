"""From a frame of the venue to the order that follows from it, stage by stage, in one process.

A part of ``runner_bench``. Measured is the time from the moment a frame is handed over by the
socket until all bytes of each order are handed to the kernel, which takes another 0.1 ms at most.
When that returns is not measured: the thread that writes may wait for the interpreter by then.

Of each frame that led to orders the first order counts, and each of its stages: ``frame to step``
(decoding, and waiting for the events before it), ``step`` (the engine), ``step to thread`` (on the
loop, and until the thread that sends has the interpreter), ``thread to bytes`` (pybit signs it).
The reference is pybit's own call of the same endpoint in the same process.
"""

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import uvloop
from pybit.unified_trading import HTTP

from botrunner.cli.run_accounts import Fleet, RunSettings, run_accounts
from botrunner.exchanges.bybit.rest import Rest
from botrunner.exchanges.bybit.stream import SocketStream
from botrunner.risk.verdict import Approved
from botrunner.runtime.executor import Executor
from botrunner.runtime.inbox import Inbox
from botrunner.runtime.steps import Steps
from support.runner_desk import XRP

STAGES = ("frame", "step", "actions", "thread", "bytes")
"""The marks that an order passes."""
_TITLES = ("frame to step", "step", "step to thread", "thread to bytes")
_CALLS = 40
_CALL_SECONDS = 0.15
_LINK_ID = re.compile(rb'"orderLinkId": ?"([^"]+)"')
_CLOCK = threading.Event()
"""Never set: waits."""
Marks = dict[str, float]
"""When an order passed its stages."""


@dataclass(slots=True)
class Stopwatch:
    """Follows a frame through the runner: socket, inbox, engine, executor, thread, socket."""

    frame_at: float | None = None
    arrived: dict[float, float] = field(default_factory=dict)
    cause: Marks | None = None
    orders: dict[str, Marks] = field(default_factory=dict)
    """By client order id."""

    def attach(self) -> None:
        """Look in at six places of this process."""
        self._around_frames()
        self._around_inbox()
        self._around_steps()
        self._around_orders()
        self._around_threads()
        self._around_sockets()

    def mark(self, order_id: str, stage: str) -> None:
        """An order that is followed passes a stage; the first time counts."""
        if order_id in self.orders:
            self.orders[order_id].setdefault(stage, perf_counter())

    def whole(self) -> list[Marks]:
        """The orders that went all the way."""
        return [marks for marks in self.orders.values() if "bytes" in marks]

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
            frame = self.arrived.pop(arrived, None) if arrived is not None else None
            self.cause = None if frame is None else {"frame": frame, "step": perf_counter()}
            original(steps, event, arrived)
            self.cause = None

        setattr(Steps, "decide", decide)

    def _around_orders(self) -> None:
        original = Executor.carry_out

        def carry_out(executor: Any, actions: Any) -> Any:
            now = perf_counter()
            for action in actions if self.cause is not None else ():
                if isinstance(action, Approved) and self.cause is not None:
                    self.orders[action.action.order_id] = {**self.cause, "actions": now}
            return original(executor, actions)

        setattr(Executor, "carry_out", carry_out)

    def _around_threads(self) -> None:
        original = Rest._send

        def send(rest: Any, request: Any, *others: Any) -> Any:
            self.mark(str(request.params.get("orderLinkId")), "thread")
            return original(rest, request, *others)

        setattr(Rest, "_send", send)

    def _around_sockets(self) -> None:
        original = HTTPConnection.send

        def send(connection: Any, data: Any) -> None:
            found = _LINK_ID.search(data) if isinstance(data, bytes) else None
            if found:
                self.mark(found[1].decode(), "bytes")
            original(connection, data)

        setattr(HTTPConnection, "send", send)


def inside(path: Path, state_dir: Path, rest_url: str, seconds: float) -> None:
    """The measured process: runs the file for a while, prints the marks of its orders as JSON."""
    watch = Stopwatch()
    watch.attach()

    def show(fleet: Fleet) -> None:
        asyncio.get_running_loop().call_later(seconds, fleet.end)

    settings = RunSettings(files=(path,), state_dir=state_dir)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_accounts(settings, lambda record: None, show))
    orders = watch.whole()
    print(json.dumps({"orders": orders, "pybit": _calls(watch, rest_url)}), flush=True)


def _calls(watch: Stopwatch, rest_url: str) -> list[float]:
    """From the call of ``place_order`` until its bytes are handed over, seconds."""
    client = HTTP(api_key="sim-bench", api_secret="sim-bench-secret")
    client.endpoint = rest_url
    client.switch_position_mode(category="linear", symbol=XRP, mode=3)
    taken = []
    for number in range(_CALLS):
        link = f"reference-{number}"
        watch.orders[link] = {"frame": perf_counter()}
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
        marks = watch.orders[link]
        taken.append(marks["bytes"] - marks["frame"])
        _CLOCK.wait(_CALL_SECONDS)
    return taken


def measure(program: Path, arguments: tuple[str, ...], folder: Path) -> None:
    """Have PROGRAM run ``inside`` as a process of its own, and print what came of it."""
    command = [sys.executable, str(program), "--inside", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=folder)
    series = json.loads(done.stdout.splitlines()[-1])
    orders: list[Marks] = series["orders"]
    first: dict[float, Marks] = {}
    for marks in sorted(orders, key=lambda marks: marks["bytes"]):
        first.setdefault(marks["frame"], marks)
    _print(orders, list(first.values()), series["pybit"])


def _print(orders: list[Marks], first: list[Marks], pybit: list[float]) -> None:
    reference = _spread(pybit)[0]
    rows = {
        "frame to its first order's bytes": _between(first, "frame", "bytes"),
        **{
            f"  {title}": _between(first, begin, end)
            for title, begin, end in zip(_TITLES, STAGES, STAGES[1:], strict=False)
        },
        "frame to any order's bytes": _between(orders, "frame", "bytes"),
        "pybit's own call": pybit,
    }
    for title, seconds in rows.items():
        half, most = _spread(seconds)
        print(
            f"{title:33} p50 {half:6.2f} ms, p99 {most:6.2f} ms ({len(seconds)});"
            f" p50 is {half / reference:5.2f} of pybit's own"
        )


def _between(orders: Iterable[Marks], begin: str, end: str) -> list[float]:
    return [marks[end] - marks[begin] for marks in orders]


def _spread(seconds: list[float]) -> tuple[float, float]:
    """The middle and the 99th percentile, in ms."""
    if len(seconds) < 2:
        raise SystemExit("runner_bench: too few orders were sent to say anything")
    parts = quantiles(seconds, n=100, method="inclusive")
    return parts[49] * 1000, parts[98] * 1000
