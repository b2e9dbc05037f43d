"""One TradingAccount in the cluster, traded by its pod at the release's simulator.

What happened is judged by the simulator's ledger and request log, never by the runner's own word;
the status is read where the status itself is what a test is about.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from botapi.naming import runner_pod_name
from botrunner.domain.ids import decode
from botrunner.domain.side import Purpose, Side
from cluster import processes
from support.fleet_scenario import START_PRICE, XRP
from support.kubectl import Kubectl
from support.pictures import Picture, identity_of, picture_of, resting, settle, text
from support.processor import Withheld
from support.release import Release
from support.runner_desk import CREATE, WRITES

PATIENCE_SECONDS = 180.0
"""So long anything is waited for; nothing is judged by how long it took. After an outage of the API
server Kubernetes itself needs a minute before it makes a pod again."""
_TICK = threading.Event()
"""Never set: the pause between two looks."""
_LOOK_SECONDS = 0.2
T = TypeVar("T")


def until(ask: Callable[[], T | None], what: str, *, seconds: float = PATIENCE_SECONDS) -> T:
    """The first answer that is something; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = ask()
        except OSError:
            answer = None  # The venue is not to be reached just now.
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        _TICK.wait(_LOOK_SECONDS)


def elapse(seconds: float) -> None:
    """Let time pass, where its passing is what a test is about: an outage of a given length."""
    _TICK.wait(seconds)


def restart_operator(release: Release) -> None:
    """`kubectl rollout restart`; returns when the new one serves."""
    kubectl = Kubectl().within(release.namespace)
    name = f"deployment/{release.operator_deployment}"
    kubectl.must("rollout", "restart", name)
    serves = ("rollout", "status", name, "--timeout=5s")
    until(lambda: kubectl.run(*serves).ok, "the new operator serves")


@dataclass(slots=True, kw_only=True)
class FleetDesk:
    """One account, its Secret, its pod, and its side of the exchange."""

    kubectl: Kubectl
    """In the account's namespace."""
    release: Release
    name: str = "alice"
    venue_account: str = ""
    """The account at the exchange; default: one that no other test has."""
    symbol: str = XRP
    spec: dict[str, Any] = field(default_factory=dict)
    """Fields of the spec in place of the usual ones."""
    grid: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Namespaces have names that nothing else ever had."""
        self.venue_account = self.venue_account or f"{self.kubectl.namespace}-{self.name}"

    # What is applied

    def manifest(self, **spec: Any) -> dict[str, Any]:
        """The account; ``spec`` replaces fields from now on, None takes one out."""
        self.spec |= spec
        wanted = self._usual() | self.spec
        return {
            "apiVersion": "tradefleet.dev/v1alpha1",
            "kind": "TradingAccount",
            "metadata": {"name": self.name, "labels": self.labels},
            "spec": {name: value for name, value in wanted.items() if value is not None},
        }

    def secret(self, **changes: str) -> dict[str, Any]:
        """The keys; ``changes`` replace them, an empty text leaves one out."""
        key = f"sim-{self.venue_account}"
        data = {"apiKey": key, "apiSecret": f"{key}-secret"} | changes
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{self.name}-keys"},
            "stringData": {name: value for name, value in data.items() if value},
        }

    def strategy(self, name: str = "xrp", symbol: str = "", **grid: Any) -> dict[str, Any]:
        """A grid as it stands in the list."""
        usual = {"leverage": 75, "initialMargin": 1, "entryTimeoutSeconds": 2} | self.grid
        return {"name": name, "symbol": symbol or self.symbol, "grid": usual | grid}

    def apply(self, **spec: Any) -> None:
        """`kubectl apply -f` of a file with both."""
        answer = self.kubectl.apply(self.secret(), self.manifest(**spec))
        assert answer.ok, answer.err

    def apply_account(self, **spec: Any) -> None:
        """`kubectl apply -f` of a file with the account alone."""
        answer = self.kubectl.apply(self.manifest(**spec))
        assert answer.ok, answer.err

    def apply_secret(self, **changes: str) -> None:
        """Make or change the keys."""
        answer = self.kubectl.apply(self.secret(**changes))
        assert answer.ok, answer.err

    def patch(self, **spec: Any) -> None:
        """`kubectl patch --type=merge` of the spec."""
        body = json.dumps({"spec": spec})
        self.kubectl.must("patch", "tradingaccount", self.name, "--type=merge", "-p", body)

    def delete(self) -> None:
        """`kubectl delete`; returns when the account is gone."""
        self.kubectl.must("delete", "tradingaccount", self.name, "--timeout=50s")

    def _usual(self) -> dict[str, Any]:
        return {
            "exchange": "bybit",
            "environment": "simulated",
            "credentials": {"secretName": f"{self.name}-keys"},
            # Prices stand still until the test moves them.
            "risk": {"maxPriceAgeSeconds": 300},
            "reconcileSeconds": 10,
            "reportIntervalSeconds": 1,
            "strategies": [self.strategy()],
        }

    # What the cluster shows

    def stored(self) -> dict[str, Any]:
        """The TradingAccount."""
        found: dict[str, Any] = self.kubectl.read("tradingaccount", self.name)
        return found

    def status(self) -> dict[str, Any]:
        """Its status; empty before the first report."""
        return dict(self.stored().get("status", {}))

    def condition(self, kind: str) -> dict[str, Any]:
        """One condition; empty before it is reported."""
        conditions = self.status().get("conditions", ())
        return next((dict(c) for c in conditions if c["type"] == kind), {})

    def emergency(self) -> dict[str, Any]:
        """The stop of the status; empty without one."""
        return dict(self.status().get("emergency", {}))

    def until(self, ask: Callable[[], T | None], what: str, seconds: float = 0) -> T:
        """Wait; a failure tells how the account stands."""
        try:
            return until(ask, what, seconds=seconds or PATIENCE_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{self.name}: {error}; {self.summary()}") from None

    def until_ready(self) -> None:
        """`kubectl wait --for=condition=Ready`, with both generations observed."""
        self.until(lambda: self.condition("Ready").get("status") == "True", "Ready")

    def until_reason(self, kind: str, reason: str) -> dict[str, Any]:
        """Wait until a condition has a reason; the condition."""

        def ask() -> dict[str, Any] | None:
            condition = self.condition(kind)
            return condition if condition.get("reason") == reason else None

        return self.until(ask, f"{kind} {reason}")

    def until_stopped(self) -> dict[str, Any]:
        """Wait until a stop is carried out; the stop."""
        return self.until(
            lambda: stop if (stop := self.emergency()).get("complete") else None, "the stop is done"
        )

    def until_resumed(self) -> None:
        """Wait until no stop is reported."""
        self.until(lambda: not self.emergency(), "no stop holds")

    def epoch(self) -> int:
        """The number of the runner's life; 0 before the first report."""
        return int(self.status().get("runner", {}).get("epoch", 0))

    def pod(self) -> dict[str, Any]:
        """The runner's pod; empty where there is none."""
        answer = self.kubectl.run("get", "pod", runner_pod_name(self.name), "--output=json")
        return dict(json.loads(answer.out)) if answer.ok else {}

    def pod_uid(self) -> str:
        """Identity of the present pod."""
        return str(self.pod().get("metadata", {}).get("uid", ""))

    def restarts(self) -> int:
        """How often the pod's container was started again."""
        statuses = self.pod().get("status", {}).get("containerStatuses", ())
        return sum(int(status["restartCount"]) for status in statuses)

    def address(self) -> str:
        """The pod's IP."""
        return str(self.pod()["status"]["podIP"])

    def created_at(self) -> datetime:
        """When the API server took the account, in whole seconds."""
        return datetime.fromisoformat(self.stored()["metadata"]["creationTimestamp"])

    def generation(self) -> int:
        """Of the specification, as it stands."""
        return int(self.stored()["metadata"]["generation"])

    def records(self, event: str) -> list[dict[str, Any]]:
        """What the runner's present container has logged of one kind, in order."""
        lines = self.kubectl.must("logs", runner_pod_name(self.name)).splitlines()
        read = (json.loads(line) for line in lines if line.startswith("{") and line.endswith("}"))
        return [record for record in read if record.get("event") == event]

    def summary(self) -> str:
        """Everything that tells why something is not as it should be."""
        found = self.kubectl.run("get", "tradingaccount", self.name, "--output=json")
        status = json.loads(found.out).get("status", {}) if found.ok else found.err
        pods = self.kubectl.run("get", "pods", "--output=wide").out
        logs = self.kubectl.run("logs", runner_pod_name(self.name), "--tail=15").out
        return f"status {json.dumps(status)}\npods\n{pods}\nlog\n{logs}"

    # What happens to its processes

    def kill_pod(self) -> None:
        """The pod is gone at once, as with its node: no SIGTERM is waited for."""
        name = runner_pod_name(self.name)
        self.kubectl.must("delete", "pod", name, "--grace-period=0", "--force", "--wait=false")

    def kill_container(self) -> None:
        """kill -9 of the runner's process."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[int]:
        """The runner's processes as this machine numbers them."""
        marks = ["--namespace", str(self.kubectl.namespace), "--account", self.name]
        return [
            pid
            for pid in processes.all_pids()
            if "runner" in (line := processes.command_line(pid))
            and " ".join(marks) in " ".join(line)
        ]

    def withheld(self, *others: int) -> Withheld:
        """From now on: how long the runner, the venue and others were not allowed to run."""
        venue = [pid for pid in processes.all_pids() if _is_venue(processes.command_line(pid))]
        return Withheld([*self.processes(), *venue, *others])

    # The exchange

    def price(self, price: str, *, mark: str | None = None) -> None:
        """Move bid, ask, last and mark of this account's symbol to one price."""
        body = {"symbol": self.symbol, "last": price, "mark": mark or price}
        self.release.command("price", body)

    def start_price(self) -> None:
        """1.00: fresh, and no spread."""
        self.price(START_PRICE)

    def set_balance(self, usdt: str) -> None:
        """Before the first call: open the account with this balance."""
        self.release.command("money", {"account": self.venue_account, "amount": "-10000"})
        self.release.command("money", {"account": self.venue_account, "amount": usdt})

    def ledger(self) -> dict[str, Any]:
        """The account as the venue keeps it; empty before its first call."""
        accounts = self.release.ask("state")["accounts"]
        if self.venue_account not in accounts:
            return {"openOrders": [], "positions": [], "executions": []}
        found: dict[str, Any] = self.release.ask("ledger", account=self.venue_account)
        return found

    def requests(self, *paths: str, after: int = 0) -> list[dict[str, Any]]:
        """What the venue received from this account, on these paths."""
        log = self.release.ask("requests", account=self.venue_account, after=after)
        return [row for row in log["requests"] if not paths or row["path"] in paths]

    def writes(self, after: int) -> list[dict[str, Any]]:
        """Every order request received after a number of the log."""
        return self.requests(*WRITES, after=after)

    def adding(self, after: int) -> list[dict[str, Any]]:
        """Of those, the ones that could add exposure."""
        return [row for row in self.writes(after) if _adds(row)]

    def exits_placed(self, after: int) -> list[dict[str, Any]]:
        """Of those, new take-profits."""
        placed = self.requests(CREATE, after=after)
        return [row for row in placed if row["body"]["reduceOnly"]]

    def cancels(self, after: int) -> list[dict[str, Any]]:
        """Of those, the ones that take an order away."""
        return [row for row in self.writes(after) if row["path"].endswith("cancel")]

    def count(self) -> int:
        """How many requests the venue has received in all."""
        return int(self.release.ask("requests", limit=1)["count"])

    def resting(self, side: Side, purpose: Purpose = Purpose.ENTRY) -> list[tuple[int, str, str]]:
        """Level, quantity and price of what rests, by level."""
        return resting(self.ledger(), side, purpose, self.symbol)

    def exit_orders(self) -> dict[str, tuple[str, str, str]]:
        """Of each side's take-profit: the venue's id, quantity and price."""
        found = {}
        for order in self.ledger()["openOrders"]:
            identity = identity_of(order)
            if order["symbol"] == self.symbol and identity is not None:
                if identity.purpose is Purpose.TAKE_PROFIT:
                    row = (str(order["orderId"]), text(order["quantity"]), text(order["price"]))
                    found[identity.side.value] = row
        return found

    def until_covered(self) -> None:
        """Wait until exits rest for all that is held: none is on its way any more."""
        self.until(self._is_covered, "exits for what is held")

    def _is_covered(self) -> bool:
        held = self.picture()["held"]
        return held == {side: row[1] for side, row in self.exit_orders().items()}

    def picture(self) -> dict[str, object]:
        """Everything of the symbol that rests and is held."""
        return picture_of(self.ledger(), self.symbol)

    def settles(self, expected: Picture) -> None:
        """Wait until the venue shows exactly this: see ``picture``."""
        settle(expected, self.picture, self.until)


def _is_venue(command: list[str]) -> bool:
    return "simulator" in command and "--control-port=8481" in command


def _adds(row: Mapping[str, Any]) -> bool:
    body = row["body"]
    if row["path"] == CREATE:
        return not body["reduceOnly"]
    identity = decode(str(body.get("orderLinkId") or ""))
    moved = str(row["path"]).endswith("amend")
    return moved and (identity is None or identity.purpose is Purpose.ENTRY)


def received_at(row: Mapping[str, Any]) -> datetime:
    """When the venue had read a request."""
    return datetime.fromisoformat(row["at"])
