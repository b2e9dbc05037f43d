"""Admission over whole fleets, in whatever order things happen: one trades, and goes on (KU-26)."""

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from botoperator.reconcile.admission import Claim, claim_of
from support.operator_cluster import OperatorCluster
from support.operator_objects import CREATED, pod_of, running, stamp, stored_account

_NAMES = ["anna", "bert", "cleo", "dora"]
_UIDS = ["1", "2"]


@dataclass(kw_only=True)
class _Fleet:
    """Accounts that come, report and go, before an operator that looks at one at a time."""

    clusters: dict[str, OperatorCluster] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)

    def create(self, name: str, age: int) -> None:
        if name not in self.clusters:
            raw = stored_account(name)
            raw["metadata"]["creationTimestamp"] = stamp(CREATED + timedelta(minutes=age))
            self.clusters[name] = OperatorCluster(account=raw, pods=[pod_of(raw, running())])

    def delete(self, name: str) -> None:
        self.clusters.pop(name, None)
        self.holders = {uid: holder for uid, holder in self.holders.items() if holder != name}

    def report(self, name: str, uid: str) -> None:
        if name in self.clusters:
            status = self.clusters[name].account.setdefault("status", {})
            status.setdefault("account", {"uid": uid})

    def look_at(self, name: str) -> None:
        if name in self.clusters:
            self.clusters[name].claims = self.claims()
            self.clusters[name].settle()
            self._hold_rules()

    def claims(self) -> list[Claim]:
        raws = (cluster.account for cluster in self.clusters.values())
        return [claim for raw in raws if (claim := claim_of(raw)) is not None]

    def admitted(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, cluster in self.clusters.items():
            leave = cluster.account.get("status", {}).get("admitted")
            if leave is not None:
                found.setdefault(leave["uid"], []).append(name)
        return found

    def _hold_rules(self) -> None:
        admitted = self.admitted()
        assert all(len(names) == 1 for names in admitted.values())
        for uid, holder in self.holders.items():
            assert admitted[uid] == [holder]
        self.holders = {uid: names[0] for uid, names in admitted.items()}


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.sampled_from(_NAMES), st.integers(0, 3)),
        st.tuples(st.just("report"), st.sampled_from(_NAMES), st.sampled_from(_UIDS)),
        st.tuples(st.just("look_at"), st.sampled_from(_NAMES)),
        st.tuples(st.just("delete"), st.sampled_from(_NAMES)),
    ),
    max_size=30,
)


@given(_STEPS, st.permutations(_NAMES))
def test_never_two_trade_and_in_the_end_one_does(
    steps: list[tuple[object, ...]], last_round: list[str]
) -> None:
    fleet = _Fleet()
    for name, *arguments in steps:
        getattr(fleet, str(name))(*arguments)

    for name in last_round:
        fleet.look_at(name)

    asked_for = {claim.group.uid for claim in fleet.claims()}
    assert fleet.admitted().keys() == asked_for


@given(st.permutations(_NAMES), st.permutations(_NAMES), st.lists(st.integers(0, 2), min_size=4))
def test_among_those_that_ask_before_anybody_is_admitted_the_oldest_wins(
    reports: list[str], looks: list[str], ages: list[int]
) -> None:
    fleet = _Fleet()
    for name, age in zip(_NAMES, ages, strict=False):
        fleet.create(name, age)
    for name in reports:
        fleet.report(name, "1")

    for name in looks:
        fleet.look_at(name)

    oldest = min(_NAMES, key=lambda name: (ages[_NAMES.index(name)], name))
    assert fleet.admitted() == {"1": [oldest]}
