"""How many writes an account's life takes (KU-14), counted in memory; the audit log counts too."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from support.accounts import Manifest
from support.operator_cluster import OperatorCluster, another_operator
from support.operator_objects import (
    EXCHANGE_UID,
    NOW,
    pod_of,
    runner_condition,
    running,
    stamp,
    stored_account,
    waiting,
)

_STARTED = NOW + timedelta(seconds=3)


def _new(**spec: Any) -> OperatorCluster:
    return OperatorCluster(account=stored_account(**spec))


def _said(**reasons: str) -> list[Manifest]:
    kinds = ("CredentialsReady", "MarketDataReady", "Protected", "TradingEnabled")
    return [runner_condition(kind, reason=reasons.get(kind, "AsExpected")) for kind in kinds]


def _runner(at_seconds: float = 5, generation: int = 1) -> Manifest:
    return {
        "pod": "case-0",
        "started": stamp(_STARTED),
        "observedGeneration": generation,
        "lastReport": stamp(NOW + timedelta(seconds=at_seconds)),
    }


_BEGINNING = _said(
    CredentialsReady="NotReported",
    MarketDataReady="PriceStale",
    Protected="NotReported",
    TradingEnabled="StreamLost",
)
_SIGNED_IN = _said(
    MarketDataReady="PriceStale", Protected="NotReported", TradingEnabled="NotAdmitted"
)
_RECOVERING = _said(Protected="NotReported", TradingEnabled="Recovering")

_FILLED = _said(Protected="TakeProfitMissing")


def _start_pod(cluster: OperatorCluster) -> None:
    for state in (None, waiting("ContainerCreating"), running(_STARTED)):
        cluster.pods = [pod_of(cluster.account, state, created=NOW)]
        cluster.pass_time(1)
        cluster.settle()


def _trade(cluster: OperatorCluster) -> OperatorCluster:
    """From nothing to Ready, by every step that a runner takes."""
    cluster.settle()
    _start_pod(cluster)
    cluster.pass_time(2)
    cluster.report(conditions=_BEGINNING, runner=_runner())
    account = {"uid": EXCHANGE_UID, "positions": 0}
    cluster.report(conditions=_SIGNED_IN, runner=_runner(6), account=account)
    cluster.report(conditions=_RECOVERING, runner=_runner(7), account=account)
    cluster.report(conditions=_FILLED, runner=_runner(7.5), account=account)
    cluster.report(conditions=_said(), runner=_runner(8), account=account)
    return cluster


def test_a_new_account_takes_four_applies_and_one_status_write_until_its_pod_exists() -> None:
    cluster = _new()

    cluster.settle()

    assert (cluster.applies, cluster.status_writes) == (4, 1)
    assert cluster.account["status"]["phase"] == "Pending"


def test_the_steps_of_a_starting_pod_are_no_news() -> None:
    cluster = _new()
    cluster.settle()

    _start_pod(cluster)

    assert (cluster.applies, cluster.status_writes) == (4, 1)


def test_at_most_two_more_status_writes_lead_to_ready() -> None:
    cluster = _trade(_new())

    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.account["status"]["phase"] == "Trading"
    assert (cluster.applies, cluster.status_writes) == (4, 3)


def test_leave_to_trade_comes_with_the_first_of_the_two() -> None:
    cluster = _new()
    cluster.settle()
    _start_pod(cluster)

    [plan] = cluster.report(conditions=_SIGNED_IN, runner=_runner(), account={"uid": EXCHANGE_UID})

    assert plan.status is not None
    assert plan.status.manifest["status"]["admitted"]["uid"] == EXCHANGE_UID
    assert cluster.account["status"]["phase"] == "Recovering"


def test_a_dry_run_needs_no_leave_and_one_write() -> None:
    cluster = _new(mode="dryRun")
    cluster.settle()
    _start_pod(cluster)

    cluster.report(conditions=_BEGINNING, runner=_runner())
    cluster.report(conditions=_said(), runner=_runner(6))

    assert cluster.condition("Ready")["status"] == "True"
    assert "admitted" not in cluster.account["status"]
    assert cluster.status_writes == 2


def test_a_resync_and_a_restart_of_the_operator_write_nothing() -> None:
    restarted = another_operator(_trade(_new()))

    restarted.pass_time(60)
    restarted.settle()

    assert (restarted.applies, restarted.status_writes) == (0, 0)


def test_reports_of_a_runner_that_goes_on_trading_write_nothing() -> None:
    cluster = another_operator(_trade(_new()))

    for at_seconds in range(10, 400, 15):
        cluster.pass_time(15)
        account = {"uid": EXCHANGE_UID, "equity": f"{1000 + at_seconds}"}
        cluster.report(conditions=_said(), runner=_runner(at_seconds), account=account)

    assert (cluster.applies, cluster.status_writes) == (0, 0)


@pytest.mark.parametrize("place", ["labels", "annotations"])
def test_a_change_that_changes_nothing_of_ours_writes_nothing(place: str) -> None:
    cluster = another_operator(_trade(_new()))

    cluster.account["metadata"][place] = {"example.org/team": "blue"}
    cluster.account["metadata"]["resourceVersion"] = "200"
    cluster.settle()

    assert (cluster.applies, cluster.status_writes) == (0, 0)


def test_a_live_field_changes_no_child() -> None:
    """KU-13: it reaches the runner by its own watch."""
    cluster = another_operator(_trade(_new()))

    cluster.account["spec"]["strategies"][0]["grid"]["takeProfitPercent"] = 2
    cluster.account["metadata"]["generation"] = 2
    cluster.settle()
    cluster.report(conditions=_said(), runner=_runner(20, generation=2))

    assert (cluster.applies, cluster.status_writes) == (0, 2)
    assert cluster.condition("Ready")["status"] == "True"
    assert cluster.account["status"]["observedGeneration"] == 2


@pytest.mark.parametrize("kind", ["ServiceAccount", "Role", "RoleBinding", "StatefulSet"])
def test_a_deleted_child_comes_back_by_one_apply_and_no_status_write(kind: str) -> None:
    cluster = another_operator(_trade(_new()))

    cluster.children = [child for child in cluster.children if child["kind"] != kind]
    cluster.settle()

    assert (cluster.applies, cluster.status_writes) == (1, 0)
    assert sorted(child["kind"] for child in cluster.children) == [
        "Role",
        "RoleBinding",
        "ServiceAccount",
        "StatefulSet",
    ]


def test_a_role_edited_by_hand_is_repaired_by_one_apply() -> None:
    cluster = another_operator(_trade(_new()))
    [role] = [child for child in cluster.children if child["kind"] == "Role"]
    before = copy.deepcopy(role["rules"])

    role["rules"].append({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]})
    cluster.settle()

    [repaired] = [child for child in cluster.children if child["kind"] == "Role"]
    assert repaired["rules"] == before
    assert (cluster.applies, cluster.status_writes) == (1, 0)
