"""What a stop costs in the cluster: from the patch to the last request that could add exposure.

    python tests/bench/stop_bench.py [--stops 100]

It installs the chart in this clone's own cluster (make cluster-up, make image) and makes accounts
in namespaces of its own, which it deletes.

1. Apply: from `kubectl apply` to the first order at the venue, one account after the other.
2. Kill: the pod is killed and both exits are cancelled; from the kill, and from the start of the
   new process, until the venue has received both exits again.
3. Stop: the operator is scaled to 0, prices walk to and fro across the levels so that every
   account keeps placing orders, and each is stopped in turn. Measured from the moment the patch is
   sent until the venue received the last request that could add exposure, and the first cancel.
   The reference is the round trip of that same patch.
4. Memory of the operator and of one runner, resident and private.

Nothing here passes or fails.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Any

import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from botrunner.fleet.kube import KubeAccounts
from botrunner.fleet.port import AccountKey
from botrunner.service.clock import SystemClock
from cluster import processes
from support.fleet_desk import FleetDesk, received_at, until
from support.fleet_scenario import SCENARIO, START_PRICE
from support.grid_life import LIFE
from support.kubectl import KUBECONFIG, Kubectl
from support.person import Person
from support.release import Release, install_release
from support.runner_desk import CREATE

APPLIES = 5
KILLS = 5
ACCOUNTS = 4
STEP_SECONDS = 0.25
WALK = ("1.0000", "0.9930", "0.9880", "0.9960", "1.0040", "1.0110", "1.0060", "0.9990")
"""Prices that fill levels and exits again and again."""
CLOSE_GRID = {"stepPercent": 0.3, "takeProfitPercent": 0.3, "maxLevelsPerSide": 3}
CANCEL = "/v5/order/cancel"
CLOCK = SystemClock()
_PAUSE = threading.Event()
"""Never set: waits."""


def milliseconds(later: datetime, earlier: datetime) -> float:
    """The span between two moments; 0 where the later one came first."""
    return max(0.0, (later - earlier).total_seconds() * 1000)


def tell(what: str, spans: Sequence[float]) -> None:
    """One line of figures."""
    if len(spans) < 2:
        print(f"  {what:<58} {len(spans)} of them")
        return
    cut = quantiles(spans, n=100, method="inclusive")
    figures = f"p50 {cut[49]:7.0f} ms   p99 {cut[98]:7.0f} ms   most {max(spans):7.0f} ms"
    print(f"  {what:<58} {figures}   ({len(spans)})")


@contextmanager
def own_namespace() -> Iterator[Kubectl]:
    """A namespace that is deleted at the end."""
    kubectl = Kubectl()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"generateName": "stop-bench-", "labels": labels}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    create = ("create", "--filename=-", "--output=jsonpath={.metadata.name}")
    name = kubectl.must(*create, stdin=json.dumps(manifest))
    try:
        yield kubectl.within(name)
    finally:
        kubectl.must("delete", "namespace", name, "--wait=false")


# 1. and 2.


def applies(release: Release, kubectl: Kubectl) -> None:
    """From apply to the first order."""
    spans = []
    for number in range(APPLIES):
        desk = FleetDesk(kubectl=kubectl, release=release, name=f"apply{number}")
        desk.start_price()
        began = CLOCK.now()
        desk.apply()
        spans.append(milliseconds(_first_order(desk), began))
        desk.delete()
    tell("kubectl apply to the first order", spans)


def _first_order(desk: FleetDesk) -> datetime:
    return received_at(until(lambda: desk.requests(CREATE), "the first order")[0])


def kills(release: Release, kubectl: Kubectl) -> None:
    """From a kill to both exits."""
    desk = FleetDesk(kubectl=kubectl, release=release, name="killed")
    desk.start_price()
    desk.apply()
    desk.settles(LIFE[0].shows)
    desk.until_ready()
    whole, inside = [], []
    for _ in range(KILLS):
        before, epoch, began = desk.count(), desk.epoch(), CLOCK.now()
        desk.kill_pod()
        Person(desk).cancel_exits()
        exits = _both_exits(desk, before, epoch)
        started = datetime.fromisoformat(desk.status()["runner"]["started"])
        whole.append(milliseconds(exits[-1], began))
        inside.append(milliseconds(exits[-1], started))
        desk.until_ready()
    tell("pod kill to protected, the cluster's own part included", whole)
    tell("start of the new process to protected", inside)
    desk.delete()


def _both_exits(desk: FleetDesk, before: int, epoch: int) -> list[datetime]:
    until(lambda: desk.epoch() > epoch, "a new life")
    return until(lambda: _two_exits(desk, before), "both exits")


def _two_exits(desk: FleetDesk, before: int) -> list[datetime]:
    rows = [row for row in desk.requests(CREATE, after=before) if row["body"]["reduceOnly"]]
    return [received_at(row) for row in rows] if len(rows) >= 2 else []


# 3.


class Walk:
    """Moves the price for as long as it is entered."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._walk, name="walk")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _walk(self) -> None:
        while not self._ended.is_set():
            for price in WALK:
                self._release.command("price", {"symbol": "XRPUSDT", "last": price})
                if self._ended.wait(STEP_SECONDS):
                    return


def stops(release: Release, kubectl: Kubectl, count: int) -> None:
    """Stop one busy account after the other, and let it go again."""
    desks = [
        FleetDesk(kubectl=kubectl, release=release, name=f"busy{number}", grid=CLOSE_GRID)
        for number in range(ACCOUNTS)
    ]
    desks[0].price(START_PRICE)
    for desk in desks:
        desk.apply(streams={"privateLatchSeconds": 600}, risk={"maxPriceAgeSeconds": 60})
    for desk in desks:
        desk.until_ready()
    accounts = KubeAccounts(KUBECONFIG, None)
    last, first, trips = [], [], []
    with without_operator(release), Walk(release):
        for number in range(count):
            desk = desks[number % ACCOUNTS]
            key = AccountKey(namespace=str(kubectl.namespace), name=desk.name)
            _keeps_adding(accounts, key, desk)
            before, began = desk.count(), CLOCK.now()
            accounts.patch(key, {"spec": {"emergencyStop": True}})
            trips.append(milliseconds(CLOCK.now(), began))
            desk.until_stopped()
            adding = [at for row in desk.adding(before) if (at := received_at(row)) > began]
            rows = desk.requests(CANCEL, after=before)
            following = [at for row in rows if (at := received_at(row)) > began]
            last.append(milliseconds(max(adding, default=began), began))
            first += [milliseconds(min(following), began)] if following else []
            accounts.patch(key, {"spec": {"emergencyStop": None}})
            desk.until_resumed()
    tell("patch to the last request that could add exposure", last)
    tell("patch to the first cancel", first)
    tell("reference: the patch's own round trip", trips)
    busy = sum(span > 0 for span in last)
    print(f"  of {count} stops {busy} met a request that could add exposure on its way")


def _keeps_adding(accounts: KubeAccounts, key: AccountKey, desk: FleetDesk) -> None:
    """Wait until it has placed something just now: a stop of an idle account shows nothing.

    Where the prices were too much for a runner and it stopped by itself, that is acknowledged.
    """
    before = desk.count()

    def adds() -> bool:
        own = desk.emergency()
        if own.get("latched"):
            accounts.patch(key, {"spec": {"acknowledgedEmergency": own["id"]}})
        return bool(desk.adding(before))

    until(adds, f"{desk.name} places orders")


@contextmanager
def without_operator(release: Release) -> Iterator[None]:
    """Scaled to 0, and back."""
    kubectl = Kubectl().within(release.namespace)
    name = f"deployment/{release.operator_deployment}"
    kubectl.must("scale", name, "--replicas=0")
    try:
        yield
    finally:
        kubectl.must("scale", name, "--replicas=1")


# 4.


def memory(release: Release, kubectl: Kubectl) -> None:
    """Resident and private megabytes."""
    desk = FleetDesk(kubectl=kubectl, release=release, name="resting")
    desk.start_price()
    desk.apply()
    desk.until_ready()
    _PAUSE.wait(10)
    for pid in desk.processes():
        print(f"  a runner with one symbol, at rest{'':<25} {_memory(pid)}")
    for pid in processes.all_pids():
        line = processes.command_line(pid)
        if any(part.endswith("tradefleet-operator") for part in line) and "run" in line:
            print(f"  the operator{'':<46} {_memory(pid)}")
    desk.delete()


def _memory(pid: int) -> str:
    rows: dict[str, Any] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, _ = line.split(maxsplit=2)
        rows[name.rstrip(":")] = int(value) / 1000
    private = rows["Private_Clean"] + rows["Private_Dirty"]
    return f"resident {rows['Rss']:6.1f} MB   private {private:6.1f} MB"


def main(
    stops_wanted: Annotated[int, typer.Option("--stops", help="How many stops.", min=4)] = 100,
) -> None:
    """Measure and print."""
    os.environ.pop("KUBECONFIG", None)
    release = install_release(SCENARIO)
    with own_namespace() as kubectl:
        applies(release, kubectl)
        kills(release, kubectl)
        memory(release, kubectl)
        stops(release, kubectl, stops_wanted)


if __name__ == "__main__":
    typer.run(main)
