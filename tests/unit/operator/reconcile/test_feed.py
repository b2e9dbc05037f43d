"""One shared feed: there while an account uses it, gone after the time of grace (KU-12)."""

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from botapi.labels import UNUSED_SINCE_ANNOTATION
from botoperator.reconcile.feed import plan_feed
from botoperator.reconcile.plan import FeedObservation, Plan
from botoperator.settings import FeedSettings
from support.accounts import Manifest
from support.feed_world import (
    CHILD_KINDS,
    FEED_SETTINGS,
    GRACE,
    SOL,
    FeedWorld,
    serving_world,
)
from support.operator_objects import NOW, SETTINGS, stamp
from support.server_side_apply import edit_by_hand


def test_a_feed_that_is_wanted_is_made_before_its_children() -> None:
    world = FeedWorld()

    first = world.plan()
    world.settle()

    assert [apply.manifest["kind"] for apply in first.applies] == ["MarketDataFeed"]
    assert [child["kind"] for child in world.children] == CHILD_KINDS
    assert world.feed is not None
    assert world.feed["spec"] == {
        "exchange": "bybit",
        "environment": "demo",
        "market": "futures",
        "symbol": "SOLUSDT",
        "bookDepth": 50,
        "intervals": ["1"],
        "staleAfterSeconds": 5,
    }


def test_a_new_feed_takes_six_applies_and_two_status_writes_until_it_serves() -> None:
    world = serving_world()

    assert (world.applies, world.status_writes) == (6, 2)
    assert world.ready() == ("True", "")


def test_every_child_goes_with_the_feed() -> None:
    world = serving_world()

    owners = [child["metadata"]["ownerReferences"] for child in world.children]
    assert [owner["uid"] for [owner] in owners] == ["uid-of-MarketDataFeed"] * 5
    assert {child["metadata"]["name"] for child in world.children} == {SOL.name}


def test_a_resync_and_a_restart_write_nothing() -> None:
    world = serving_world()
    world.pass_time(timedelta(days=1))

    assert world.plan().is_silent


def test_a_second_user_is_one_status_write() -> None:
    world = serving_world()
    before = (world.applies, world.status_writes)

    world.users = 2
    world.settle()

    assert (world.applies, world.status_writes) == (before[0], before[1] + 1)
    assert world.feed is not None
    assert world.feed["status"]["users"] == 2


def test_an_unused_feed_stays_for_the_time_of_grace_and_says_since_when() -> None:
    world = serving_world()
    world.users = 0

    plan = world.settle()

    assert world.feed is not None
    assert world.feed["metadata"]["annotations"] == {UNUSED_SINCE_ANNOTATION: stamp(NOW)}
    assert world.feed["status"]["users"] == 0
    assert len(world.children) == 5
    assert plan.requeue_after == GRACE


def test_the_grace_runs_on_over_a_restart_of_the_operator() -> None:
    world = serving_world()
    world.users = 0
    world.settle()

    world.pass_time(timedelta(seconds=400))

    assert world.plan().requeue_after == timedelta(seconds=200)


def test_after_the_grace_a_fresh_list_is_asked_for_and_nothing_is_deleted_without_one() -> None:
    world = serving_world()
    world.users = 0
    world.settle()
    world.listed_at = NOW + GRACE - timedelta(seconds=1)

    world.pass_time(GRACE)

    assert world.plan() == Plan(needs_fresh_list=True)


def test_a_fresh_list_without_a_user_lets_the_feed_go() -> None:
    world = serving_world()
    world.users = 0
    world.settle()
    world.pass_time(GRACE)
    world.listed_at = world.now

    plan = world.plan()
    world.settle()

    [delete] = plan.deletes
    assert (delete.kind, delete.name, delete.uid) == (
        "MarketDataFeed",
        SOL.name,
        "uid-of-MarketDataFeed",
    )
    assert world.feed is None


def test_without_a_grace_the_feed_goes_by_the_next_fresh_list() -> None:
    world = serving_world()
    world.settings = replace(SETTINGS, feeds=FeedSettings(grace=timedelta(0)))
    world.users = 0
    marked = world.plan()
    world.settle()
    asked = world.plan()

    world.listed_at = world.now
    world.settle()

    assert marked.requeue_after == timedelta(0)
    assert asked == Plan(needs_fresh_list=True)
    assert world.feed is None


def test_a_user_that_the_fresh_list_finds_keeps_the_feed() -> None:
    world = serving_world()
    world.users = 0
    world.settle()
    world.pass_time(GRACE)
    world.listed_at, world.users = world.now, 1

    plan = world.settle()

    assert world.feed is not None
    assert "annotations" not in world.feed["metadata"] or not world.feed["metadata"]["annotations"]
    assert plan.requeue_after is None


def test_a_user_that_comes_back_begins_the_grace_anew() -> None:
    world = serving_world()
    for users in (0, 1, 0):
        world.pass_time(timedelta(seconds=500))
        world.users = users
        world.settle()

    assert world.plan().requeue_after == GRACE


def test_a_feed_of_somebody_else_that_nobody_wants_is_left_alone() -> None:
    world = serving_world()
    world.users = 0
    assert world.feed is not None
    del world.feed["metadata"]["labels"], world.feed["metadata"]["managedFields"]
    world.pass_time(GRACE * 2)

    assert world.plan() == Plan()


@pytest.mark.parametrize("kind", CHILD_KINDS)
def test_a_deleted_child_comes_back(kind: str) -> None:
    world = serving_world()
    before = world.applies

    world.children = [child for child in world.children if child["kind"] != kind]
    world.settle()

    assert world.applies == before + 1
    assert sorted(child["kind"] for child in world.children) == sorted(CHILD_KINDS)


def test_a_service_edited_by_hand_is_repaired() -> None:
    world = serving_world()
    service = world.child("Service")
    edited = edit_by_hand(service, ("spec", "ports", 0, "targetPort"), 9)
    world.children = [edited if child is service else child for child in world.children]

    [apply] = world.plan().applies

    assert apply.differs_at == ("spec.ports.[port=8490,protocol=TCP].targetPort",)


def test_no_child_is_made_beside_a_strangers() -> None:
    world = FeedWorld()
    world.settle()
    stranger = {"kind": "ServiceAccount", "metadata": {"name": SOL.name, "uid": "x"}}
    world.children = [stranger]

    plan = world.plan()

    assert plan.applies == ()
    assert plan.status is not None
    [condition] = plan.status.manifest["status"]["conditions"]
    assert "is not of this feed" in condition["message"]


def test_a_feed_that_does_not_start_says_what_the_controller_says() -> None:
    world = FeedWorld()
    world.settle()
    assert world.ready() == ("False", "the feed is being started")

    world.child("Deployment")["status"] = {
        "conditions": [
            {"type": "Progressing", "status": "False", "message": "has timed out progressing."}
        ]
    }
    world.settle()

    assert world.ready()[1].startswith("has timed out progressing.; kubectl describe deployment")


def test_trouble_stands_in_ready() -> None:
    world = serving_world()
    seen = FeedObservation(
        identity=SOL,
        users=1,
        feed=world.feed,
        children=tuple(world.children),
        trouble="quota exceeded",
    )

    plan = plan_feed(seen, FEED_SETTINGS, now=NOW)

    assert plan.status is not None
    [condition] = plan.status.manifest["status"]["conditions"]
    assert (condition["status"], condition["message"]) == ("False", "quota exceeded")


def test_what_the_feed_reports_is_left_alone() -> None:
    world = serving_world()
    assert world.feed is not None
    said = {"type": "MarketDataReady", "status": "True", "reason": "AsExpected"}
    world.feed["status"]["conditions"].append(said)
    world.feed["status"] |= {"subscribers": 3, "upstream": {"state": "connected"}}

    assert world.plan().is_silent


@pytest.mark.parametrize(
    "damage",
    [
        {"status": {"conditions": [{"type": "Ready", "status": "Perhaps"}]}},
        {"status": {"conditions": None}},
        {"status": None},
    ],
)
def test_a_status_that_cannot_be_read_is_written_anew(damage: Manifest) -> None:
    world = serving_world()
    assert world.feed is not None
    world.feed |= copy.deepcopy(damage)

    assert world.plan().status is not None


def test_a_feed_that_is_going_is_waited_for() -> None:
    world = serving_world()
    assert world.feed is not None
    world.feed["metadata"]["deletionTimestamp"] = stamp(NOW)
    world.children = []

    assert world.plan() == Plan()


def test_a_feed_whose_spec_nobody_can_read_is_left_alone_while_unused() -> None:
    world = serving_world()
    assert world.feed is not None
    world.users = 0
    world.feed["spec"]["bookDepth"] = 7

    assert world.plan() == Plan()


def test_where_feeds_are_off_nothing_is_done() -> None:
    seen = FeedObservation(identity=SOL, users=1)

    assert plan_feed(seen, SETTINGS, now=NOW) == Plan()
