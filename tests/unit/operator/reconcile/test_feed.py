"""One shared feed: there while an account uses it, gone after the time of grace (KU-12)."""

import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from botapi.labels import UNUSED_SINCE_ANNOTATION
from botoperator.reconcile.feed import plan_feed
from botoperator.reconcile.feed_use import FeedIdentity
from botoperator.reconcile.plan import FeedObservation, Plan
from botoperator.resources.metadata import ReleaseOwner
from botoperator.settings import FeedSettings, Settings
from support.accounts import Manifest
from support.operator_objects import NOW, SETTINGS, stamp
from support.server_side_apply import apply_manifest, edit_by_hand

_GRACE = timedelta(seconds=600)
_SETTINGS = replace(SETTINGS, feeds=FeedSettings(grace=_GRACE))
_SOL = FeedIdentity(exchange="bybit", environment="demo", market="futures", symbol="SOLUSDT")
_RELEASE = ReleaseOwner(name="tradefleet-operator", uid="d-1")
_KINDS = ["ServiceAccount", "Role", "RoleBinding", "Service", "Deployment"]


@dataclass(kw_only=True)
class _World:
    """One feed, its users, and an operator that carries its plans out."""

    users: int = 1
    feed: Manifest | None = None
    children: list[Manifest] = field(default_factory=list)
    now: Any = NOW
    listed_at: Any = None
    owner: ReleaseOwner | None = None
    settings: Settings = _SETTINGS
    applies: int = 0
    status_writes: int = 0

    def plan(self) -> Plan:
        seen = FeedObservation(
            identity=_SOL if self.users else None,
            users=self.users,
            feed=self.feed,
            children=tuple(self.children),
            listed_at=self.listed_at,
            owner=self.owner,
        )
        return plan_feed(seen, self.settings, now=self.now)

    def settle(self) -> Plan:
        for _ in range(10):
            plan = self.plan()
            if plan.is_silent:
                return plan
            self._carry_out(plan)
        raise AssertionError(f"the operator never comes to rest: {plan}")

    def pass_time(self, spell: timedelta) -> None:
        self.now += spell

    def become_available(self) -> None:
        self.child("Deployment")["status"] = {"availableReplicas": 1}

    def child(self, kind: str) -> Manifest:
        return next(child for child in self.children if child["kind"] == kind)

    def ready(self) -> tuple[str, str]:
        assert self.feed is not None
        [condition] = self.feed["status"]["conditions"]
        return condition["status"], condition["message"]

    def _carry_out(self, plan: Plan) -> None:
        for apply in plan.applies:
            self._apply(dict(apply.manifest))
        if plan.status is not None:
            assert self.feed is not None
            self.status_writes += 1
            body = {**plan.status.manifest, "metadata": {}}
            self.feed = apply_manifest(self.feed, body, subresource="status")
        if any(delete.kind == "MarketDataFeed" for delete in plan.deletes):
            self.feed, self.children = None, []
        gone = {delete.uid for delete in plan.deletes}
        self.children = [c for c in self.children if c["metadata"]["uid"] not in gone]

    def _apply(self, manifest: Manifest) -> None:
        self.applies += 1
        if manifest["kind"] == "MarketDataFeed":
            self.feed = _stored(apply_manifest(self.feed, manifest))
            return
        same = [c for c in self.children if c["kind"] == manifest["kind"]]
        live = _stored(apply_manifest(same[0] if same else None, manifest))
        self.children = [c for c in self.children if c["kind"] != manifest["kind"]] + [live]


def _stored(live: Manifest) -> Manifest:
    live["metadata"] = {"uid": f"uid-of-{live['kind']}", "generation": 1} | live["metadata"]
    return live


def _serving() -> _World:
    world = _World()
    world.settle()
    world.become_available()
    world.settle()
    return world


def test_a_feed_that_is_wanted_is_made_before_its_children() -> None:
    world = _World()

    first = world.plan()
    world.settle()

    assert [apply.manifest["kind"] for apply in first.applies] == ["MarketDataFeed"]
    assert [child["kind"] for child in world.children] == _KINDS
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
    world = _serving()

    assert (world.applies, world.status_writes) == (6, 2)
    assert world.ready() == ("True", "")


def test_every_child_goes_with_the_feed() -> None:
    world = _serving()

    owners = [child["metadata"]["ownerReferences"] for child in world.children]
    assert [owner["uid"] for [owner] in owners] == ["uid-of-MarketDataFeed"] * 5
    assert {child["metadata"]["name"] for child in world.children} == {_SOL.name}


def test_a_feed_goes_with_the_operators_deployment_and_is_still_the_operators() -> None:
    """KU-21: no controller, or a release of another name would take the feed for a stranger's."""
    world = _World(owner=_RELEASE)
    world.settle()

    assert world.feed is not None
    assert world.feed["metadata"]["ownerReferences"] == [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "tradefleet-operator", "uid": "d-1"}
    ]
    assert len(world.children) == 5


def test_a_feed_of_before_gets_its_owner_by_one_write_and_a_resync_by_none() -> None:
    """KU-14, KU-21."""
    world = _serving()
    before = (world.applies, world.status_writes)
    world.owner = _RELEASE
    world.settle()
    after = (world.applies, world.status_writes)
    world.pass_time(timedelta(days=1))

    assert after == (before[0] + 1, before[1])
    assert world.plan().is_silent


def test_an_owner_that_was_made_anew_takes_the_place_of_the_one_before() -> None:
    """A release that was uninstalled while its objects were orphaned, and installed again."""
    world = _World(owner=_RELEASE)
    world.settle()
    world.owner = replace(_RELEASE, uid="d-2")
    world.settle()

    assert world.feed is not None
    assert [each["uid"] for each in world.feed["metadata"]["ownerReferences"]] == ["d-2"]


def test_an_unused_feed_keeps_its_owner() -> None:
    world = _World(owner=_RELEASE)
    world.settle()
    world.users = 0
    world.settle()

    assert world.feed is not None
    assert [each["uid"] for each in world.feed["metadata"]["ownerReferences"]] == ["d-1"]


def test_a_resync_and_a_restart_write_nothing() -> None:
    world = _serving()
    world.pass_time(timedelta(days=1))

    assert world.plan().is_silent


def test_a_second_user_is_one_status_write() -> None:
    world = _serving()
    before = (world.applies, world.status_writes)

    world.users = 2
    world.settle()

    assert (world.applies, world.status_writes) == (before[0], before[1] + 1)
    assert world.feed is not None
    assert world.feed["status"]["users"] == 2


def test_an_unused_feed_stays_for_the_time_of_grace_and_says_since_when() -> None:
    world = _serving()
    world.users = 0

    plan = world.settle()

    assert world.feed is not None
    assert world.feed["metadata"]["annotations"] == {UNUSED_SINCE_ANNOTATION: stamp(NOW)}
    assert world.feed["status"]["users"] == 0
    assert len(world.children) == 5
    assert plan.requeue_after == _GRACE


def test_the_grace_runs_on_over_a_restart_of_the_operator() -> None:
    world = _serving()
    world.users = 0
    world.settle()

    world.pass_time(timedelta(seconds=400))

    assert world.plan().requeue_after == timedelta(seconds=200)


def test_after_the_grace_a_fresh_list_is_asked_for_and_nothing_is_deleted_without_one() -> None:
    world = _serving()
    world.users = 0
    world.settle()
    world.listed_at = NOW + _GRACE - timedelta(seconds=1)

    world.pass_time(_GRACE)

    assert world.plan() == Plan(needs_fresh_list=True)


def test_a_fresh_list_without_a_user_lets_the_feed_go() -> None:
    world = _serving()
    world.users = 0
    world.settle()
    world.pass_time(_GRACE)
    world.listed_at = world.now

    plan = world.plan()
    world.settle()

    [delete] = plan.deletes
    assert (delete.kind, delete.name, delete.uid) == (
        "MarketDataFeed",
        _SOL.name,
        "uid-of-MarketDataFeed",
    )
    assert world.feed is None


def test_without_a_grace_the_feed_goes_by_the_next_fresh_list() -> None:
    world = _serving()
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
    world = _serving()
    world.users = 0
    world.settle()
    world.pass_time(_GRACE)
    world.listed_at, world.users = world.now, 1

    plan = world.settle()

    assert world.feed is not None
    assert "annotations" not in world.feed["metadata"] or not world.feed["metadata"]["annotations"]
    assert plan.requeue_after is None


def test_a_user_that_comes_back_begins_the_grace_anew() -> None:
    world = _serving()
    for users in (0, 1, 0):
        world.pass_time(timedelta(seconds=500))
        world.users = users
        world.settle()

    assert world.plan().requeue_after == _GRACE


def test_a_feed_of_somebody_else_that_nobody_wants_is_left_alone() -> None:
    world = _serving()
    world.users = 0
    assert world.feed is not None
    del world.feed["metadata"]["labels"], world.feed["metadata"]["managedFields"]
    world.pass_time(_GRACE * 2)

    assert world.plan() == Plan()


@pytest.mark.parametrize("kind", _KINDS)
def test_a_deleted_child_comes_back(kind: str) -> None:
    world = _serving()
    before = world.applies

    world.children = [child for child in world.children if child["kind"] != kind]
    world.settle()

    assert world.applies == before + 1
    assert sorted(child["kind"] for child in world.children) == sorted(_KINDS)


def test_a_service_edited_by_hand_is_repaired() -> None:
    world = _serving()
    service = world.child("Service")
    edited = edit_by_hand(service, ("spec", "ports", 0, "targetPort"), 9)
    world.children = [edited if child is service else child for child in world.children]

    [apply] = world.plan().applies

    assert apply.differs_at == ("spec.ports.[port=8490,protocol=TCP].targetPort",)


def test_no_child_is_made_beside_a_strangers() -> None:
    world = _World()
    world.settle()
    stranger = {"kind": "ServiceAccount", "metadata": {"name": _SOL.name, "uid": "x"}}
    world.children = [stranger]

    plan = world.plan()

    assert plan.applies == ()
    assert plan.status is not None
    [condition] = plan.status.manifest["status"]["conditions"]
    assert "is not of this feed" in condition["message"]


def test_a_feed_that_does_not_start_says_what_the_controller_says() -> None:
    world = _World()
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
    world = _serving()
    seen = FeedObservation(
        identity=_SOL,
        users=1,
        feed=world.feed,
        children=tuple(world.children),
        trouble="quota exceeded",
    )

    plan = plan_feed(seen, _SETTINGS, now=NOW)

    assert plan.status is not None
    [condition] = plan.status.manifest["status"]["conditions"]
    assert (condition["status"], condition["message"]) == ("False", "quota exceeded")


def test_what_the_feed_reports_is_left_alone() -> None:
    world = _serving()
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
    world = _serving()
    assert world.feed is not None
    world.feed |= copy.deepcopy(damage)

    assert world.plan().status is not None


def test_a_feed_that_is_going_is_waited_for() -> None:
    world = _serving()
    assert world.feed is not None
    world.feed["metadata"]["deletionTimestamp"] = stamp(NOW)
    world.children = []

    assert world.plan() == Plan()


def test_a_feed_whose_spec_nobody_can_read_is_left_alone_while_unused() -> None:
    world = _serving()
    assert world.feed is not None
    world.users = 0
    world.feed["spec"]["bookDepth"] = 7

    assert world.plan() == Plan()


def test_where_feeds_are_off_nothing_is_done() -> None:
    seen = FeedObservation(identity=_SOL, users=1)

    assert plan_feed(seen, SETTINGS, now=NOW) == Plan()
