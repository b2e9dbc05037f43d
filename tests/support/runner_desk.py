"""`tradefleet run` as a process of its own, trading at a simulator in this one.

What happened is judged by the simulator's ledger and request log, never by the runner's own word;
the status is read where the status itself is what a test is about.
"""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

import yaml

from botrunner.domain.side import Purpose, Side
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.price_source import PriceStep
from support.pictures import Picture, held, picture_of, resting, settle
from support.program import TRADEFLEET
from support.simulator import RunningSimulator, running_simulator

XRP = "XRPUSDT"
CREATE = "/v5/order/create"
WALLET = "/v5/account/wallet-balance"
WRITES = ("/v5/order/create", "/v5/order/amend", "/v5/order/cancel")
_SIDES = {1: "long", 2: "short"}
_PATIENCE_SECONDS = 180.0
"""More than any pause of the product: its breaker alone holds entries back for 60 s."""
_TICK = threading.Event()
"""Never set: the pause between two looks."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePrice:
    """Bid, ask, last and mark are one price, which only a test moves."""

    price: str = "1.00"
    symbols: tuple[str, ...] = (XRP,)

    def steps(self) -> Iterator[PriceStep]:
        """One step a symbol."""
        value = Decimal(self.price)
        for symbol in self.symbols:
            yield PriceStep(
                symbol=symbol,
                offset=timedelta(0),
                last=value,
                mark=value,
                index=value,
                bid=value,
                ask=value,
            )

    def past(self, symbol: str) -> Iterator[PriceStep]:
        """None."""
        return iter(())


@contextmanager
def grid_simulator(price: str = "1.00", **changes: Any) -> Iterator[RunningSimulator]:
    """The contract of the specification's example: tick 0.0001, step 1, fee 0.02 % throughout."""
    contract = replace(DEFAULT_INSTRUMENTS[XRP], quantity_step=Decimal(1), min_quantity=Decimal(1))
    settings: dict[str, Any] = {
        "instruments": (contract,),
        "source": OnePrice(price=price),
        "maker_fee_rate": Decimal("0.0002"),
        "taker_fee_rate": Decimal("0.0002"),
        "initial_balance": Decimal(10_000),
        "stepping": True,
    }
    with running_simulator(**(settings | changes)) as simulator:
        yield simulator


@dataclass(slots=True)
class RunnerDesk:
    """One account, its file, its runner's process and its simulator."""

    simulator: RunningSimulator
    folder: Path
    name: str = "alice"
    spec: dict[str, Any] = field(default_factory=dict)
    grid: dict[str, Any] = field(default_factory=dict)
    state_dir: str = "state"
    process: subprocess.Popen[str] | None = None
    sink: Any = None
    last_epoch: int = 0
    """Of the life before this one."""

    # The file

    @property
    def path(self) -> Path:
        """The account's file."""
        return self.folder / f"{self.name}.yaml"

    @property
    def state(self) -> Path:
        """The account's state folder."""
        apart = "dry-run" if self.spec.get("mode") == "dryRun" else ""
        return self.folder / self.state_dir / self.name / apart

    def write(self, **spec: Any) -> None:
        """Write the file: the Secret and the account, with changed fields of the spec."""
        self.spec |= spec
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "keys"},
            "stringData": {"apiKey": f"sim-{self.name}", "apiSecret": f"sim-{self.name}-secret"},
        }
        account = {
            "apiVersion": "tradefleet.dev/v1alpha1",
            "kind": "TradingAccount",
            "metadata": {"name": self.name},
            "spec": self.whole_spec,
        }
        draft = self.path.with_suffix(".new")
        draft.write_text(yaml.safe_dump_all([secret, account], sort_keys=False))
        draft.replace(self.path)

    @property
    def whole_spec(self) -> dict[str, Any]:
        """The specification as the file has it."""
        return self._defaults() | self.spec

    def _defaults(self) -> dict[str, Any]:
        grid = {"leverage": 75, "initialMargin": 1, "entryTimeoutSeconds": 2} | self.grid
        return {
            "exchange": "bybit",
            "environment": "simulated",
            "credentials": {"secretName": "keys"},
            "endpoints": {
                "rest": self.simulator.rest_url,
                "publicStream": self.simulator.public_url,
                "privateStream": self.simulator.private_url,
            },
            "risk": {"maxPriceAgeSeconds": 300},
            "reconcileSeconds": 10,
            "strategies": [{"name": "xrp", "symbol": XRP, "grid": grid}],
        }

    # The process

    def start(self, *arguments: str) -> None:
        """Start `tradefleet run`; returns at once. The first start writes the file."""
        if not self.path.exists() and not self.state.exists():
            self.write()
        self.last_epoch = self.epoch()
        self.sink = (self.folder / "out.jsonl").open("a")
        command = [*TRADEFLEET, "run", "-f", str(self.path), "-o", "json"]
        self.process = subprocess.Popen(
            [*command, "--state-dir", str(self.folder / self.state_dir), *arguments],
            stdout=self.sink,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
        )

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM; how it ended."""
        return self._end(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Any other signal."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def wait(self) -> int:
        """Wait until the process ends by itself; how it ended."""
        assert self.process is not None
        code = self.process.wait(_PATIENCE_SECONDS)
        self.sink.close()
        self.process = None
        return code

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        return self.wait()

    def close(self) -> None:
        """Whatever still runs ends."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()

    def output(self) -> str:
        """Everything all lives said."""
        return (self.folder / "out.jsonl").read_text()

    def records(self) -> list[dict[str, Any]]:
        """Every record that all lives logged so far; one that is being written is left out."""
        lines = self.output().splitlines(keepends=True)
        whole = [line for line in lines if line.startswith("{") and line.endswith("\n")]
        return [json.loads(line) for line in whole]

    # The simulator

    def command(self, command: str, /, **body: object) -> Any:
        """A call of the control API."""
        return self.simulator.command(command, body)

    def price(self, price: str) -> None:
        """Move bid, ask, last and mark to one price."""
        self.command("price", symbol=XRP, last=price)

    def ledger(self) -> dict[str, Any]:
        """The account as the venue keeps it."""
        return self.read(f"ledger?account={self.name}")

    def requests(self, *paths: str, after: int = 0) -> list[dict[str, Any]]:
        """What the venue received from this account, on these paths."""
        log = self.read(f"requests?account={self.name}&after={after}")
        return [row for row in log["requests"] if not paths or row["path"] in paths]

    def count(self) -> int:
        """How many requests the venue has received in all."""
        return int(self.read("requests?limit=1")["count"])

    def read(self, what: str) -> dict[str, Any]:
        """What the control API tells."""
        with urlopen(f"{self.simulator.control_url}/{what}", timeout=60) as answer:
            read: dict[str, Any] = json.loads(answer.read())
        return read

    # What rests and what is held

    def resting(self, side: Side, purpose: Purpose = Purpose.ENTRY) -> list[tuple[int, str, str]]:
        """Level, quantity and price of what rests, by level."""
        return resting(self.ledger(), side, purpose)

    def exits(self, side: Side) -> list[tuple[str, str]]:
        """Quantity and price of a side's take-profits."""
        return [row[1:] for row in self.resting(side, Purpose.TAKE_PROFIT)]

    def resting_ids(self) -> list[str]:
        """Ids of everything that rests."""
        return [str(order["linkId"]) for order in self.ledger()["openOrders"]]

    def exits_rest(self) -> bool:
        """Whether both sides have a take-profit."""
        return bool(self.exits(Side.LONG) and self.exits(Side.SHORT))

    def until_covered(self) -> None:
        """Wait until exits rest for all that is held: none is on its way any more."""

        def covers() -> bool:
            exits = {side.value: self.exits(side) for side in (Side.LONG, Side.SHORT)}
            return self.held() == {side: rows[0][0] for side, rows in exits.items() if rows}

        self.until(covers, "exits for what is held")

    def held(self) -> dict[str, str]:
        """Quantity by side, flat ones left out."""
        return held(self.ledger())

    def settles(self, expected: Picture) -> None:
        """Wait until the venue shows exactly this: see ``picture``."""
        settle(expected, self.picture, self.until)

    def picture(self) -> dict[str, object]:
        """Everything that rests and is held."""
        return picture_of(self.ledger())

    def until(self, ask: Callable[[], T | None], what: str = "the condition") -> T:
        """The first answer that is something; fails the test when there is none in time."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = ask()
            except OSError:
                answer = None  # Not there yet.
            if answer:
                return answer
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"the runner ended: {self.output()[-3000:]}")
            assert time.monotonic() < deadline, f"never came: {what}"
            _TICK.wait(0.02)

    # The status

    def status(self) -> dict[str, Any]:
        """``status.yaml``; empty before the first report."""
        path = self.state / "status.yaml"
        read = yaml.safe_load(path.read_text()) if path.exists() else None
        return dict(read["status"]) if read else {}

    def condition(self, kind: str) -> dict[str, Any]:
        """One condition of the status; empty before it is reported."""
        conditions = self.status().get("conditions", ())
        return next((c for c in conditions if c["type"] == kind), {})

    def until_trading(self) -> None:
        """Wait until this life of the runner says that trading is enabled."""

        def trades() -> bool:
            lives = self.epoch() != self.last_epoch
            return lives and self.condition("TradingEnabled").get("status") == "True"

        self.until(trades, "trading")

    def epoch(self) -> int:
        """The epoch of the status; 0 before the first report."""
        return int(self.status().get("runner", {}).get("epoch", 0))

    def until_stopped(self) -> dict[str, Any]:
        """Wait until a stop is carried out; the stop."""
        return self.until(
            lambda: stop if (stop := self.emergency()).get("complete") else None, "the stop is done"
        )

    def adding(self, after: int) -> list[dict[str, Any]]:
        """Placements that could add exposure, received after a number of the log."""
        return [row for row in self.requests(CREATE, after=after) if not row["body"]["reduceOnly"]]

    def emergency(self) -> dict[str, Any]:
        """The stop of the status; empty without one."""
        return dict(self.status().get("emergency", {}))
