"""Who may trade an exchange account (KU-26)."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from botoperator.reconcile.admission import Claim, ExchangeAccount, claim_of, holder
from support.accounts import Manifest
from support.operator_cluster import OperatorCluster
from support.operator_objects import (
    CREATED,
    EXCHANGE_UID,
    NOW,
    admitted,
    pod_of,
    reported,
    running,
    stamp,
    stored_account,
    with_condition,
)

_GROUP = ExchangeAccount(exchange="bybit", environment="demo", uid=EXCHANGE_UID)


def _claim(name: str, *, minutes: int = 0, is_admitted: bool = False) -> Claim:
    return Claim(
        group=_GROUP,
        created=stamp(CREATED + timedelta(minutes=minutes)),
        namespace="clients",
        name=name,
        is_admitted=is_admitted,
    )


_OLD, _YOUNG = _claim("old"), _claim("young", minutes=1)
_TWIN = _claim("a-twin-of-old")
_HOLDER = _claim("zoe", minutes=9, is_admitted=True)


@pytest.mark.parametrize(
    ("claims", "first"),
    [
        ((_OLD,), _OLD),
        ((_OLD, _YOUNG), _OLD),
        ((_OLD, _TWIN), _TWIN),
        ((_OLD, _YOUNG, _HOLDER), _HOLDER),
        (
            (_claim("a", minutes=2, is_admitted=True), _HOLDER),
            _claim("a", minutes=2, is_admitted=True),
        ),
    ],
    ids=["alone", "oldest", "by name", "never moved", "two hold it"],
)
def test_the_oldest_wins_unless_somebody_holds_it_in_whatever_order_they_are_seen(
    claims: tuple[Claim, ...], first: Claim
) -> None:
    for order in itertools.permutations(claims):
        assert holder(order, _GROUP) == first


def test_a_claim_on_another_exchange_account_is_no_rival() -> None:
    elsewhere = ExchangeAccount(exchange="bybit", environment="mainnet", uid=EXCHANGE_UID)

    assert holder([_OLD], elsewhere) is None


def _asking(name: str = "case", *, minutes: int = 0, **spec: Any) -> Manifest:
    raw = reported(stored_account(name, **spec))
    raw["metadata"]["creationTimestamp"] = stamp(CREATED + timedelta(minutes=minutes))
    return with_condition(raw, "TradingEnabled", "NotAdmitted", "not admitted yet")


def test_a_claim_is_read_from_the_raw_account() -> None:
    assert claim_of(_asking("old")) == _OLD
    assert claim_of(admitted(_asking("zoe", minutes=9))) == _HOLDER


def test_the_admission_is_the_claim_even_when_the_keys_open_another_account() -> None:
    """Then the runner says AccountChanged; the old account is not free for others."""
    raw = admitted(_asking("old"), uid="other")

    claim = claim_of(raw)

    assert claim is not None
    assert claim.group.uid == "other"


@pytest.mark.parametrize(
    "raw",
    [
        stored_account(),
        _asking(mode="dryRun"),
        {},
        {"spec": None, "status": {"account": {"uid": 7}}},
        {"spec": [], "status": "x", "metadata": 3},
    ],
    ids=["not reported", "dry run", "empty", "uid no text", "nonsense"],
)
def test_who_trades_nothing_claims_nothing(raw: Manifest) -> None:
    assert claim_of(raw) is None


def test_a_dry_run_that_was_admitted_live_holds_on() -> None:
    """Its pod may still be the live one, which waits until it is flat."""
    assert claim_of(admitted(_asking(mode="dryRun"))) is not None


def _cluster(raw: Manifest, *claims: Claim) -> OperatorCluster:
    pods = [pod_of(raw, running())]
    return OperatorCluster(account=raw, pods=pods, claims=claims)


def _leave(cluster: OperatorCluster) -> Manifest | None:
    cluster.settle()
    found: Manifest | None = cluster.account["status"].get("admitted")
    return found


def test_the_only_one_that_asks_gets_leave() -> None:
    assert _leave(_cluster(_asking())) == {"uid": EXCHANGE_UID, "since": stamp(NOW)}


def test_two_that_ask_come_to_the_same_answer_from_either_side() -> None:
    old, young = _asking("old"), _asking("young", minutes=1)
    claims = [claim for raw in (old, young) if (claim := claim_of(raw)) is not None]

    for order in itertools.permutations(claims):
        assert _leave(_cluster(old, *order)) is not None
        assert _leave(_cluster(young, *order)) is None


def test_a_duplicate_is_told_who_trades_the_account() -> None:
    cluster = _cluster(_asking("young", minutes=1), _OLD)

    [plan] = cluster.settle()

    stalled = cluster.condition("Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "DuplicateAccount")
    assert stalled["message"] == (
        "clients/old trades the bybit demo account 1234567; delete one of the two, or give this "
        "one the keys of another account"
    )
    assert cluster.account["status"]["phase"] == "Failed"
    assert cluster.condition("Ready")["reason"] == "NotAdmitted"
    assert [(notice.reason, notice.is_warning) for notice in plan.notices] == [
        ("DuplicateAccount", True)
    ]


def test_an_older_account_that_comes_later_takes_no_admission_away() -> None:
    cluster = _cluster(admitted(_asking("young", minutes=1)), _OLD)

    assert _leave(cluster) == {"uid": EXCHANGE_UID, "since": stamp(CREATED)}
    assert cluster.condition("Stalled")["status"] == "False"


def test_the_next_gets_leave_once_the_holder_is_gone() -> None:
    cluster = _cluster(_asking("young", minutes=1), _OLD)
    cluster.settle()

    cluster.claims = ()
    [plan] = cluster.settle()

    assert _leave(cluster) is not None
    assert cluster.condition("Stalled")["status"] == "False"
    assert "Admitted" in [notice.reason for notice in plan.notices]


def test_of_two_that_hold_it_the_younger_loses_its_leave() -> None:
    """Cannot come about by us; whatever made it, one of them has to stop."""
    older = _claim("old", is_admitted=True)
    cluster = _cluster(stored_account("young"))
    cluster.report(account={"uid": EXCHANGE_UID})
    assert _leave(cluster) is not None
    cluster.account["metadata"]["creationTimestamp"] = stamp(CREATED + timedelta(minutes=1))

    cluster.claims = (older,)

    assert _leave(cluster) is None


def test_an_admission_is_written_against_the_state_that_it_was_decided_on() -> None:
    plan = _cluster(_asking()).plan()

    assert plan.status is not None
    assert plan.status.admits == _GROUP
    assert plan.status.manifest["metadata"]["resourceVersion"] == "100"


def test_no_other_status_write_depends_on_the_state() -> None:
    plan = _cluster(admitted(_asking())).plan()

    assert plan.status is not None
    assert plan.status.admits is None
    assert "resourceVersion" not in plan.status.manifest["metadata"]


def test_an_account_that_is_being_deleted_is_given_no_leave() -> None:
    raw = _asking()
    raw["metadata"]["deletionTimestamp"] = stamp(NOW)

    assert _leave(_cluster(raw)) is None


def test_an_account_that_is_being_deleted_keeps_its_leave_to_the_end() -> None:
    raw = admitted(_asking())
    raw["metadata"]["deletionTimestamp"] = stamp(NOW)

    assert _leave(_cluster(raw)) is not None
