"""The operator's world in memory: plans are carried out, writes are counted (KU-14)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from botapi.labels import RUNNER_MANAGER
from botoperator.reconcile.account import plan_account
from botoperator.reconcile.admission import Claim
from botoperator.reconcile.plan import Observation, Plan
from botoperator.settings import Settings
from support.accounts import Manifest
from support.operator_objects import NOW, SETTINGS, stored_child
from support.server_side_apply import apply_manifest


@dataclass(kw_only=True)
class OperatorCluster:
    """One account with its children and its pod."""

    account: Manifest
    children: list[Manifest] = field(default_factory=list)
    pods: list[Manifest] = field(default_factory=list)
    claims: Sequence[Claim] = ()
    settings: Settings = SETTINGS
    now: datetime = NOW
    trouble: str = ""
    applies: int = 0
    status_writes: int = 0

    def plan(self) -> Plan:
        """What the operator would do now."""
        seen = Observation(
            account=self.account,
            children=tuple(self.children),
            pods=tuple(self.pods),
            claims=self.claims,
            trouble=self.trouble,
        )
        return plan_account(seen, self.settings, now=self.now)

    def settle(self) -> list[Plan]:
        """Plan and carry out until there is nothing left to do; the plans that did something."""
        done: list[Plan] = []
        while not (plan := self.plan()).is_silent:
            assert len(done) < 10, f"the operator never comes to rest: {plan}"
            self._carry_out(plan)
            done.append(plan)
        return done

    def report(self, **parts: Any) -> list[Plan]:
        """The runner reports these parts of the status, whole; then the operator acts."""
        manifest = {"metadata": {}, "status": parts}
        self.account = apply_manifest(
            self.account, manifest, manager=RUNNER_MANAGER, subresource="status"
        )
        return self.settle()

    def pass_time(self, seconds: float) -> None:
        """Later."""
        self.now += timedelta(seconds=seconds)

    def condition(self, kind: str) -> Manifest:
        """What the status says."""
        conditions: list[Manifest] = self.account["status"]["conditions"]
        return next(each for each in conditions if each["type"] == kind)

    def _carry_out(self, plan: Plan) -> None:
        for apply in plan.applies:
            self._apply(dict(apply.manifest))
        gone = {delete.uid for delete in plan.deletes}
        self.children = [c for c in self.children if c["metadata"]["uid"] not in gone]
        self.pods = [p for p in self.pods if p["metadata"]["uid"] not in gone]
        if plan.status is not None:
            self.status_writes += 1
            self.account = apply_manifest(
                self.account, {**plan.status.manifest, "metadata": {}}, subresource="status"
            )

    def _apply(self, manifest: Manifest) -> None:
        self.applies += 1
        same = [c for c in self.children if c["kind"] == manifest["kind"]]
        live = apply_manifest(same[0] if same else None, manifest)
        self.children = [c for c in self.children if c["kind"] != manifest["kind"]]
        self.children.append(live if same else stored_child(live, created=self.now))


def another_operator(cluster: OperatorCluster) -> OperatorCluster:
    """The same world before an operator that has just started, with nothing counted."""
    return replace(cluster, applies=0, status_writes=0)
