"""API server, kubelet or operator away for a while, and what an account does meanwhile and after.

Only the built-in cluster has the switches for that.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from botrunner.service.clock import SystemClock
from cluster import switches
from support.audit import CHILDREN, Audit
from support.blockade import counted_attempts, dropped_packets
from support.comeback import Comeback
from support.fleet_desk import FleetDesk, elapse, received_at, restart_operator
from support.grid_life import LIFE
from support.person import Person
from support.release import Release
from support.runner_desk import CREATE

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

MakeDesk = Callable[..., FleetDesk]
OUTAGE_SECONDS = 150
HELD_BACK_SECONDS = 45
"""RI-14 says 30; a silent loss is noticed a few seconds late."""
COUNTED_SECONDS = 30
PROTECTED_WITHIN = timedelta(seconds=10)
NOTICED_SECONDS = 15
"""Silence alone is noticed after 10."""
EXITS_FOLLOW: dict[str, object] = {
    "held": {"long": "225", "short": "75"},
    "long": [],
    "short": [(1, "150", "1.01")],
}


def test_a_stopped_kubelet_changes_nothing_for_the_account(desk: FleetDesk) -> None:
    """KU-11: at most one runner, ever; a container that died meanwhile is started again."""
    desk.apply()
    for moment in LIFE[:2]:
        desk.price(moment.price)
        desk.settles(moment.shows)
    desk.until_ready()
    desk.until_covered()
    before, epoch, pod = desk.count(), desk.epoch(), desk.pod_uid()
    switches.stop_node()
    try:
        desk.kill_container()
        desk.price(LIFE[2].price)
        desk.until(lambda: desk.picture()["shortExit"] == [], "the exit fills without a runner")
        Person(desk).cancel_exits()
        cancelled_at = SystemClock().now()
    finally:
        switches.start_node()
    desk.until(lambda: desk.epoch() > epoch, "a new life has reported")
    desk.settles(LIFE[2].shows)
    desk.until_covered()
    began_at = max(cancelled_at, datetime.fromisoformat(desk.status()["runner"]["started"]))

    assert (desk.pod_uid(), desk.restarts()) == (pod, 1)
    [again] = [row for row in desk.exits_placed(before) if row["body"]["positionIdx"] == 1]
    assert received_at(again) - began_at < PROTECTED_WITHIN
    # The short side reopens with one level; the two above it only move.
    assert len([row for row in desk.adding(before) if row["path"] == CREATE]) <= 3


def test_a_stop_by_the_margin_rate_is_ended_by_its_acknowledgement_alone(
    desk: FleetDesk, release: Release
) -> None:
    """RI-2, RI-10: neither a new pod, a new operator nor a new API server clears the latch."""
    desk.apply()
    desk.settles(LIFE[0].shows)
    desk.until_ready()
    before = desk.count()
    # The rate is far above this: it is reached at the next price.
    desk.patch(risk={"maintenanceMarginRateThreshold": 0.001})
    stop = desk.until_stopped()
    desk.settles({"long": [], "short": [], "longExit": [("75", "1.0105")]})
    assert (stop["cause"], stop["latched"]) == ("margin", True)
    desk.patch(risk={"maintenanceMarginRateThreshold": 90})

    _new_pod(desk)
    assert desk.until_stopped()["id"] == stop["id"]
    restart_operator(release)
    switches.stop_api_server()
    switches.start_api_server()
    _new_pod(desk)
    desk.patch(acknowledgedEmergency="another")
    elapse(3)
    assert desk.until_stopped()["id"] == stop["id"]
    assert desk.adding(before) == []

    desk.patch(acknowledgedEmergency=stop["id"])
    desk.until_resumed()
    desk.settles(LIFE[0].shows)
    desk.until_ready()


def test_without_the_api_server_exits_go_on_and_entries_wait_for_it(make_desk: MakeDesk) -> None:
    """RI-14, KU-16: 150 s; no pod restarts; a stop patched at once after its return acts.

    Carol's packets are dropped, so that only silence tells her; and they are for a moment longer,
    so that her stop is patched meanwhile.
    """
    desks = alice, bob, carol = [make_desk(name=name) for name in ("alice", "bob", "carol")]
    for desk in desks:
        desk.apply()
    for desk in desks:
        desk.settles(LIFE[0].shows)
        desk.until_ready()
    pods = [(desk.pod_uid(), desk.restarts()) for desk in desks]
    counted = [(alice, alice.address()), (carol, carol.address())]
    before, audit, lost_at = alice.count(), Audit(switches.audit_log()), SystemClock().now()
    with dropped_packets(carol.address()):
        elapse(NOTICED_SECONDS)
        _outage(desks, before, counted)
        comeback = Comeback(desk=bob, audit=audit, lost_at=lost_at)
        bob.patch(emergencyStop=True)
        comeback.acts_in_time()
        carol.patch(emergencyStop=True)
        comeback = Comeback(desk=carol, audit=audit, lost_at=lost_at)
    opened_at = SystemClock().now()
    comeback.acts_in_time()
    comeback.was_tried_for(opened_at)
    assert carol.adding(before) == []

    carol.patch(emergencyStop=None)
    for desk in (alice, carol):
        desk.settles(LIFE[1].shows)
        desk.until_ready()
    assert [(desk.pod_uid(), desk.restarts()) for desk in desks] == pods
    # The operator has listed everything anew: no child was written.
    written = {entry.resource for entry in audit.writes(namespace=str(alice.kubectl.namespace))}
    assert not written & {*CHILDREN}


def _outage(desks: list[FleetDesk], before: int, counted: list[tuple[FleetDesk, str]]) -> None:
    """The API server goes for 150 s; exits follow fills, entries wait, and all look for it.

    ``counted``: whose attempts to connect are, and their addresses.
    """
    switches.stop_api_server()
    stopped_at = time.monotonic()
    try:
        elapse(HELD_BACK_SECONDS)
        desks[0].price(LIFE[1].price)
        for desk in desks:
            _follows_exits_only(desk, before)
        _tries_every_second(counted)
        elapse(max(0.0, OUTAGE_SECONDS - (time.monotonic() - stopped_at)))
        assert [desk.adding(before) for desk in desks] == [[]] * len(desks)
    finally:
        switches.start_api_server()


def _tries_every_second(counted: list[tuple[FleetDesk, str]]) -> None:
    """RI-14: as many attempts to connect as seconds have passed, or more."""
    with ExitStack() as counting:
        counts = [counting.enter_context(counted_attempts(address)) for _, address in counted]
        withheld, began_at = [desk.withheld() for desk, _ in counted], time.monotonic()
        elapse(COUNTED_SECONDS)
        tried, passed = [each.count() for each in counts], time.monotonic() - began_at
    for number, waited in zip(tried, withheld, strict=True):
        assert number >= int(passed - waited.so_far().total_seconds())


def _follows_exits_only(desk: FleetDesk, before: int) -> None:
    """The level that filled has its exit; what should rest above it does not."""
    desk.settles(EXITS_FOLLOW)
    desk.until(lambda: _long_exit(desk) == "225", "the exit follows")
    assert desk.adding(before) == []


def _long_exit(desk: FleetDesk) -> str:
    """The quantity of the long side's take-profit; empty where there is none."""
    return desk.exit_orders().get("long", ("", "", ""))[1]


def _new_pod(desk: FleetDesk) -> None:
    """Kill the pod; return when another one has reported."""
    before = desk.epoch()
    desk.kill_pod()
    desk.until(lambda: desk.epoch() > before, "a new life has reported")
