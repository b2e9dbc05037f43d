"""One shared feed, its users, and an operator that carries its plans out, in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from botoperator.reconcile.feed import plan_feed
from botoperator.reconcile.feed_use import FeedIdentity
from botoperator.reconcile.plan import FeedObservation, Plan
from botoperator.resources.metadata import ReleaseOwner
from botoperator.settings import FeedSettings, Settings
from support.accounts import Manifest
from support.operator_objects import NOW, SETTINGS
from support.server_side_apply import apply_manifest

GRACE = timedelta(seconds=600)
FEED_SETTINGS = replace(SETTINGS, feeds=FeedSettings(grace=GRACE))
SOL = FeedIdentity(exchange="bybit", environment="demo", market="futures", symbol="SOLUSDT")
RELEASE = ReleaseOwner(name="tradefleet-operator", uid="d-1")
CHILD_KINDS = ["ServiceAccount", "Role", "RoleBinding", "Service", "Deployment"]


@dataclass(kw_only=True)
class FeedWorld:
    """All that there is, and how much was written."""

    users: int = 1
    feed: Manifest | None = None
    children: list[Manifest] = field(default_factory=list)
    now: datetime = NOW
    listed_at: datetime | None = None
    owner: ReleaseOwner | None = None
    settings: Settings = FEED_SETTINGS
    applies: int = 0
    status_writes: int = 0

    def plan(self) -> Plan:
        """What is to be done now."""
        seen = FeedObservation(
            identity=SOL if self.users else None,
            users=self.users,
            feed=self.feed,
            children=tuple(self.children),
            listed_at=self.listed_at,
            owner=self.owner,
        )
        return plan_feed(seen, self.settings, now=self.now)

    def settle(self) -> Plan:
        """Carry plans out until there is nothing to write; the last plan."""
        for _ in range(10):
            plan = self.plan()
            if plan.is_silent:
                return plan
            self._carry_out(plan)
        raise AssertionError(f"the operator never comes to rest: {plan}")

    def pass_time(self, spell: timedelta) -> None:
        """Let it be later."""
        self.now += spell

    def become_available(self) -> None:
        """The pod serves."""
        self.child("Deployment")["status"] = {"availableReplicas": 1}

    def child(self, kind: str) -> Manifest:
        """The child of this kind."""
        return next(child for child in self.children if child["kind"] == kind)

    def ready(self) -> tuple[str, str]:
        """Status and message of the condition Ready."""
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
            self.feed = stored(apply_manifest(self.feed, manifest))
            return
        same = [c for c in self.children if c["kind"] == manifest["kind"]]
        live = stored(apply_manifest(same[0] if same else None, manifest))
        self.children = [c for c in self.children if c["kind"] != manifest["kind"]] + [live]


def stored(live: Manifest) -> Manifest:
    """As the API server keeps it."""
    live["metadata"] = {"uid": f"uid-of-{live['kind']}", "generation": 1} | live["metadata"]
    return live


def serving_world() -> FeedWorld:
    """A feed that serves its one user."""
    world = FeedWorld()
    world.settle()
    world.become_available()
    world.settle()
    return world
