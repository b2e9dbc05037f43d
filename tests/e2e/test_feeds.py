"""Shared feeds in the cluster: one for all runners of a symbol, and nobody depends on it (KU-12).

Trading is judged by the exchange's ledger: with the feed, without it and with it again the same
levels come at the same prices.
"""

import os
import signal

import pytest

from support.fleet_desk import FleetDesk, elapse, until
from support.grid_life import LIFE
from support.shared_feed import (
    BY_FEED,
    GRACE_SECONDS,
    NAME,
    WITHOUT_FEED,
    Loss,
    SharedFeed,
    go_on,
    live,
)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

CHILDREN = f"deployment/{NAME} service/{NAME} serviceaccount/{NAME} role/{NAME} rolebinding/{NAME}"


def test_two_accounts_in_two_namespaces_share_one_feed(
    feed: SharedFeed, desks: list[FleetDesk]
) -> None:
    """KU-12, MD-1: one object, one pod, two users; the whole example is traded through it."""
    for number in range(1, len(LIFE)):
        live(desks, number)
    status = feed.status()

    assert feed.names() == [NAME]
    assert [pod["metadata"]["name"] for pod in feed.pods()] == [status["pod"]]
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
    feed: SharedFeed, desks: list[FleetDesk]
) -> None:
    """MD-6: its pod goes at once, as with its node; prices come from wherever they can first."""
    before, killed, loss = feed.status()["pod"], set(feed.processes()), Loss(feed, desks)
    feed.kubectl.must("delete", "pod", before, "--grace-period=0", "--force", "--wait=false")
    until(lambda: not killed & set(feed.processes()), "its processes are gone")
    loss.begins()
    loss.is_made_good()
    live(desks, 1)

    def is_back() -> bool:
        status = feed.status()
        return status.get("pod") != before and status.get("subscribers") == len(desks)

    until(is_back, "both are subscribed to the next pod")
    go_on(desks, *BY_FEED)
    live(desks, 2)


def test_runners_trade_on_without_a_feed_that_is_frozen_and_come_back_when_it_wakes(
    feed: SharedFeed, desks: list[FleetDesk]
) -> None:
    """MD-6: SIGSTOP; every connection stands, and nothing comes."""
    frozen, loss = feed.processes(), Loss(feed, desks)
    assert frozen
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        loss.begins()
        loss.is_borne()
        go_on(desks, *WITHOUT_FEED)
        live(desks, 1)
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    go_on(desks, *BY_FEED)
    live(desks, 2)


def test_a_feed_goes_when_its_last_user_is_gone_and_not_before(
    feed: SharedFeed, desks: list[FleetDesk]
) -> None:
    """KU-12: after the grace; its children go with it."""
    first, last = desks
    first.delete()
    until(lambda: feed.status().get("users") == 1, "one user is left")
    elapse(GRACE_SECONDS + 5)
    between = feed.names()
    last.delete()
    until(lambda: feed.status().get("users") == 0 or not feed.names(), "nobody uses it")
    until(lambda: not feed.names(), "the feed is gone")
    children = ("get", *CHILDREN.split(), "--ignore-not-found", "--output=name")
    until(lambda: not feed.kubectl.must(*children).strip(), "no child is left")

    assert between == [NAME]
