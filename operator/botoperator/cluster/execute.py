"""Carries a plan out: the one place where the operator changes the cluster."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from botapi.labels import OPERATOR_MANAGER
from botapi.model import Json
from botoperator.cluster.port import Cluster, ClusterError, UnavailableError
from botoperator.reconcile.plan import Apply, Delete, Notice, Plan
from botoperator.store import Place, cut

_MESSAGE_LIMIT = 1024
"""Of an Event's message (Kubernetes, core/v1 validation)."""


class Shelf(Protocol):
    """Where the answers go, so that the next plan knows what this one did."""

    def put(self, raw: Json) -> None:
        """Take in an object as the API server gave it back."""

    def refresh(self, raw: Json) -> None:
        """The same of one that was known before: if it has gone meanwhile, it stays gone."""

    def drop(self, place: Place, uid: str) -> None:
        """Take out an object that is gone."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a plan."""

    failures: list[ClusterError] = field(default_factory=list)
    """In the order of the plan; the parts after a failure were tried all the same."""
    changed: bool = False
    """Whether the world is another than the one the plan spoke of: children were written, or found
    where none was known, or somebody else wrote before our status did. Plan again."""
    lost: list[ClusterError] = field(default_factory=list)
    """Notices that could not be posted; they are not posted later."""

    @property
    def unavailable(self) -> UnavailableError | None:
        """The failure after which nothing more was tried, if there was one."""
        return next((f for f in self.failures if isinstance(f, UnavailableError)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """Writes what plans say."""

    cluster: Cluster
    shelf: Shelf
    now: Callable[[], datetime]

    async def execute(self, plan: Plan, account: Json) -> Outcome:
        """Try each part of a plan of an account or feed; after no answer at all, the rest waits.

        Where an object that the plan would make turns out to be there, nothing of the plan is done:
        it spoke of a world without it.
        """
        outcome = Outcome()
        if await self._finds_strangers(plan, outcome):
            return outcome
        parts: tuple[Apply | Delete, ...] = (*plan.applies, *plan.deletes)
        for part in parts:
            await self._guard(outcome, part)
        if await self._writes_status(plan, account, outcome):
            for notice in plan.notices:
                await self._announce(outcome, notice, account)
        return outcome

    async def _writes_status(self, plan: Plan, account: Json, outcome: Outcome) -> bool:
        # A notice tells of a transition: while that is not written, the next plan finds it again.
        if outcome.unavailable is not None:
            return False
        if plan.status is None:
            return True
        try:
            answer = await self.cluster.apply_status(plan.status.manifest)
        except ClusterError as error:
            outcome.failures.append(error)
            return False
        self.shelf.refresh(answer)
        # An answer may hold what somebody else wrote after the plan was made. No watch tells of
        # that in time: once the answer is known, their version is an old one.
        ours = plan.status.manifest["status"]
        outcome.changed |= _beside(answer, ours) != _beside(account, ours)
        return True

    async def _finds_strangers(self, plan: Plan, outcome: Outcome) -> bool:
        # Objects without our labels are not watched: a name that seems free may be taken.
        try:
            for part in plan.applies:
                if part.is_new and (found := await self.cluster.get(_place(part.manifest))):
                    self.shelf.put(found)
                    outcome.changed = True
        except ClusterError as error:
            outcome.failures.append(error)
            return True
        return outcome.changed

    async def _guard(self, outcome: Outcome, part: Apply | Delete) -> None:
        if outcome.unavailable is not None:
            return
        try:
            match part:
                case Apply():
                    self.shelf.put(await self.cluster.apply(part.manifest))
                case Delete():
                    await self._delete(part)
            outcome.changed = True
        except ClusterError as error:
            outcome.failures.append(error)

    async def _delete(self, part: Delete) -> None:
        place = Place(part.kind, part.namespace, part.name)
        ending = await self.cluster.delete(place, part.uid)
        if ending is None:
            self.shelf.drop(place, part.uid)
        else:
            self.shelf.refresh(ending)

    async def _announce(self, outcome: Outcome, notice: Notice, account: Json) -> None:
        try:
            await self.cluster.create(event_of(notice, account, self.now()))
        except ClusterError as error:
            outcome.lost.append(error)


def event_of(notice: Notice, account: Json, at: datetime) -> Mapping[str, Any]:
    """The Event that shows a notice in ``kubectl describe`` of the account, or of the feed."""
    metadata = account["metadata"]
    time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "generateName": f"{metadata['name']}.",
            "namespace": metadata["namespace"],
        },
        "involvedObject": {
            "apiVersion": account["apiVersion"],
            "kind": account["kind"],
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": "Warning" if notice.is_warning else "Normal",
        "reason": notice.reason,
        "message": notice.message[:_MESSAGE_LIMIT],
        "source": {"component": OPERATOR_MANAGER},
        "reportingComponent": OPERATOR_MANAGER,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }


def _beside(raw: Json, ours: Json) -> dict[str, Any]:
    """All that a plan reads of an object, without our part of its status."""
    slim = cut(raw)
    for changing in ("resourceVersion", "managedFields"):
        slim["metadata"].pop(changing, None)
    status = slim.get("status") or {}
    slim["status"] = {name: value for name, value in status.items() if name not in ours}
    kinds = [each["type"] for each in ours.get("conditions", ())]
    theirs = [each for each in status.get("conditions") or () if each.get("type") not in kinds]
    return {**slim, "conditions": theirs}


def _place(manifest: Json) -> Place:
    metadata = manifest["metadata"]
    return Place(manifest["kind"], metadata["namespace"], metadata["name"])
