"""Shared feeds in the cluster: one for all runners of a symbol, and nobody depends on it (KU-12).

Trading is judged by the exchange's ledger: with the feed, without it and with it again the same
levels come at the same prices.
"""

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from botapi.feeds import feed_name
from botapi.labels import FEED_COMPONENT, FEED_PLURAL
from cluster import processes
from cluster import release as chart
from support.fleet_desk import FleetDesk, elapse, until
from support.fleet_scenario import SCENARIO, XRP
from support.grid_life import LIFE
from support.kubectl import Kubectl
from support.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

GRACE_SECONDS = 20
NAME = feed_name("bybit", "simulated", "futures", XRP)
CHILDREN = f"deployment/{NAME} service/{NAME} serviceaccount/{NAME} role/{NAME} rolebinding/{NAME}"
MakeDesk = Callable[..., FleetDesk]


@pytest.fixture(scope="module")
def feeds(release: Release) -> Iterator[Kubectl]:
    """kubectl where the feeds are; off again afterwards, as the other tests have it, none left."""
    simulator = {"scenario": SCENARIO}
    on = {"enabled": True, "graceSeconds": GRACE_SECONDS}
    chart.install(release.image, simulator=simulator, feeds=on)
    kubectl = Kubectl().within(release.namespace)
    yield kubectl
    until(lambda: not _names(kubectl), "no feed is left")
    chart.install(release.image, simulator=simulator, feeds={"enabled": False})


@pytest.fixture
def desks(
    feeds: Kubectl, make_desk: MakeDesk, namespace: Kubectl, second_namespace: Kubectl
) -> list[FleetDesk]:
    """Two accounts of one symbol in two namespaces, trading through one feed."""
    made = [make_desk(name="alice"), make_desk(name="bob", kubectl=second_namespace)]
    for desk in made:
        desk.apply()
    for desk in made:
        desk.settles(LIFE[0].shows)
    until(lambda: _status(feeds).get("subscribers") == len(made), "both are subscribed")
    return made


def _names(kubectl: Kubectl) -> list[str]:
    return [feed["metadata"]["name"] for feed in kubectl.read(FEED_PLURAL)["items"]]


def _status(kubectl: Kubectl) -> dict[str, Any]:
    """Of the symbol's feed; empty while there is none."""
    found = {feed["metadata"]["name"]: feed for feed in kubectl.read(FEED_PLURAL)["items"]}
    return dict(found.get(NAME, {}).get("status", {}))


def _live(desks: list[FleetDesk], number: int) -> None:
    """The price moves, and both accounts do what the example says."""
    desks[0].price(LIFE[number].price)
    for desk in desks:
        desk.settles(LIFE[number].shows)


def _go_on(desks: list[FleetDesk], reason: str) -> None:
    for desk in desks:
        desk.until_reason("MarketDataReady", reason)
        assert desk.condition("MarketDataReady")["status"] == "True"


def _feed_processes() -> list[int]:
    """The feed's processes as this machine numbers them."""
    marks = f"feed --exchange bybit --environment simulated --market futures --symbol {XRP} "
    return [
        pid for pid in processes.all_pids() if marks in " ".join(processes.command_line(pid)) + " "
    ]


def test_two_accounts_in_two_namespaces_share_one_feed(
    feeds: Kubectl, desks: list[FleetDesk]
) -> None:
    """KU-12, MD-1: one object, one pod, two users; the whole example is traded through it."""
    for number in range(1, len(LIFE)):
        _live(desks, number)
    status = _status(feeds)
    pods = feeds.read("pods", f"--selector=app.kubernetes.io/component={FEED_COMPONENT}")["items"]

    assert _names(feeds) == [NAME]
    assert [pod["metadata"]["name"] for pod in pods] == [status["pod"]]
    assert (status["users"], status["subscribers"]) == (2, 2)
    assert status["upstream"]["source"] == "stream"
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Ready": "True",
        "MarketDataReady": "True",
    }
    for desk in desks:
        assert desk.condition("MarketDataReady")["reason"] == "AsExpected"
        assert desk.restarts() == 0


def test_runners_trade_on_without_a_feed_that_was_killed_and_come_back_to_the_next(
    feeds: Kubectl, desks: list[FleetDesk]
) -> None:
    """MD-6: its pod goes at once, as with its node."""
    before = _status(feeds)["pod"]
    feeds.must("delete", "pod", before, "--grace-period=0", "--force", "--wait=false")
    _live(desks, 1)

    def is_back() -> bool:
        status = _status(feeds)
        return status.get("pod") != before and status.get("subscribers") == len(desks)

    until(is_back, "both are subscribed to the next pod")
    _go_on(desks, "AsExpected")
    _live(desks, 2)


def test_runners_trade_on_without_a_feed_that_is_frozen_and_come_back_when_it_wakes(
    feeds: Kubectl, desks: list[FleetDesk]
) -> None:
    """MD-6: SIGSTOP; every connection stands, and nothing comes."""
    frozen = _feed_processes()
    assert frozen
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        _go_on(desks, "FeedLost")
        _live(desks, 1)
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    _go_on(desks, "AsExpected")
    _live(desks, 2)


def test_a_feed_goes_when_its_last_user_is_gone_and_not_before(
    feeds: Kubectl, desks: list[FleetDesk]
) -> None:
    """KU-12: after the grace; its children go with it."""
    first, last = desks
    first.delete()
    until(lambda: _status(feeds).get("users") == 1, "one user is left")
    elapse(GRACE_SECONDS + 5)
    between = _names(feeds)
    last.delete()
    until(lambda: _status(feeds).get("users") == 0 or not _names(feeds), "nobody uses it")
    until(lambda: not _names(feeds), "the feed is gone")
    children = ("get", *CHILDREN.split(), "--ignore-not-found", "--output=name")
    until(lambda: not feeds.must(*children).strip(), "no child is left")

    assert between == [NAME]
