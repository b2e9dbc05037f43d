"""The operator's conditions, phases and reasons, one row each (KU-1, KU-3, KU-18)."""

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from botapi.conditions import OWNERS, REASONS, ConditionType
from botapi.labels import OPERATOR_MANAGER
from support.accounts import Manifest
from support.operator_cluster import OperatorCluster
from support.operator_objects import (
    NOW,
    SETTINGS,
    pod_of,
    running,
    stamp,
    stored_account,
    waiting,
    with_condition,
)
from support.settled_account import said, settled, trading

_STARTING = "the runner is being started"
_A_MINUTE_AGO = NOW - timedelta(seconds=60)


def test_an_account_that_trades() -> None:
    cluster = settled()

    assert {kind: said(cluster, kind) for kind in OWNERS if OWNERS[kind] == OPERATOR_MANAGER} == {
        "Ready": ("True", "AsExpected"),
        "Reconciling": ("False", "AsExpected"),
        "Stalled": ("False", "AsExpected"),
        "RunnerAvailable": ("True", "AsExpected"),
    }
    assert cluster.account["status"]["phase"] == "Trading"
    assert cluster.account["status"]["observedGeneration"] == 1


def test_every_condition_says_which_generation_it_is_about() -> None:
    raw = trading()
    raw["metadata"]["generation"] = 4

    cluster = settled(raw)

    ours = [kind for kind in ConditionType if OWNERS[kind] == OPERATOR_MANAGER]
    assert {cluster.condition(kind)["observedGeneration"] for kind in ours} == {4}


_POD_CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "not scheduled yet": ({"state": None}, "PodPending", _STARTING),
    "being created": ({"state": waiting("ContainerCreating")}, "PodPending", _STARTING),
    "slow to be created": (
        {"state": waiting("ContainerCreating"), "created": _A_MINUTE_AGO},
        "PodPending",
        "after 60 s its node has not started the container; kubectl describe pod case-0 says why",
    ),
    "refused by the kubelet": (
        {"state": waiting("CreateContainerConfigError", "user is root")},
        "PodPending",
        "CreateContainerConfigError: user is root",
    ),
    "no such image": (
        {"state": waiting("ErrImagePull", "not found: example.org/x")},
        "ImagePull",
        "not found: example.org/x",
    ),
    "no such image, waiting": (
        {
            "state": waiting(
                "ImagePullBackOff", 'Back-off pulling image "x": ErrImagePull: not found: x'
            )
        },
        "ImagePull",
        "not found: x",
    ),
    "no such image, no answer seen": (
        {"state": waiting("ImagePullBackOff", "Back-off pulling image x")},
        "ImagePull",
        "Back-off pulling image x",
    ),
    "started at no time that can be read": (
        {"state": {"running": {"startedAt": "yesterday"}}},
        "PodPending",
        _STARTING,
    ),
    "crash loop": (
        {"state": waiting("CrashLoopBackOff", "back-off 40s"), "last_words": "a\n--\nb failed\n"},
        "CrashLoop",
        "the runner keeps ending: a / b failed",
    ),
    "between two crashes": (
        {"state": running(NOW), "restarts": 2, "last_words": "b failed"},
        "CrashLoop",
        "the runner keeps ending: b failed",
    ),
    "started, not heard": ({"state": running(NOW)}, "PodPending", _STARTING),
    "started long ago, not heard": (
        {"state": running(_A_MINUTE_AGO)},
        "NotReported",
        "after 60 s the runner has not reported; kubectl logs case-0 says why",
    ),
}


@pytest.mark.parametrize("name", _POD_CASES)
def test_why_no_runner_is_available(name: str) -> None:
    what, reason, message = _POD_CASES[name]
    raw = stored_account()

    cluster = settled(raw, pod_of(raw, **({"created": NOW} | what)))

    available = cluster.condition("RunnerAvailable")
    assert (available["status"], available["reason"]) == ("False", reason)
    assert available["message"] == message
    assert said(cluster, "Ready") == ("False", reason)


def test_a_pod_that_no_node_takes_is_said_in_the_schedulers_words() -> None:
    raw = stored_account()
    pod = pod_of(raw, created=NOW)
    refusal = {"reason": "Unschedulable", "message": "0/1 nodes are available"}
    pod["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", **refusal}]

    cluster = settled(raw, pod)

    assert cluster.condition("RunnerAvailable")["message"] == (
        "Unschedulable: 0/1 nodes are available"
    )


def test_an_image_that_cannot_be_pulled_is_no_news_at_every_try() -> None:
    raw = stored_account()
    cluster = settled(raw, pod_of(raw, waiting("ErrImagePull", "not found"), created=NOW))
    before = cluster.status_writes

    for reason, message in [("ImagePullBackOff", "Back-off"), ("ErrImagePull", "not found")]:
        cluster.pods = [pod_of(raw, waiting(reason, message), created=NOW)]
        cluster.settle()

    assert cluster.status_writes == before


def test_a_runner_that_was_not_heard_for_eleven_minutes_is_not_available() -> None:
    cluster = settled()
    assert cluster.plan().requeue_after == timedelta(minutes=11, seconds=-5)

    cluster.pass_time(11 * 60)
    cluster.settle()

    assert said(cluster, "RunnerAvailable") == ("False", "ReportTooOld")
    assert cluster.account["status"]["phase"] == "Pending"


def test_a_report_of_the_container_before_does_not_count() -> None:
    raw = trading()

    cluster = settled(raw, pod_of(raw, running(NOW - timedelta(seconds=1))))

    assert said(cluster, "RunnerAvailable") == ("False", "PodPending")


@pytest.mark.parametrize(
    ("step_seconds", "heard_seconds", "available"),
    [(4, 1, "True"), (30, 1, "False"), (30, 61, "True")],
    ids=["small step", "not sure yet", "heard since"],
)
def test_a_clock_that_was_set_back_makes_no_runner_unheard(
    step_seconds: int, heard_seconds: int, available: str
) -> None:
    began = NOW - timedelta(minutes=3)
    runner = {
        "pod": "case-0",
        "observedGeneration": 1,
        "started": stamp(began - timedelta(seconds=step_seconds)),
        "lastReport": stamp(began + timedelta(seconds=heard_seconds)),
    }
    raw = trading(runner=runner)

    cluster = settled(raw, pod_of(raw, running(began)))

    assert cluster.condition("RunnerAvailable")["status"] == available


def test_a_crash_loop_is_stalled_with_the_last_words() -> None:
    """KU-18."""
    raw = stored_account()
    pod = pod_of(raw, waiting("CrashLoopBackOff"), last_words="cannot start", created=NOW)

    cluster = settled(raw, pod)

    assert said(cluster, "Stalled") == ("True", "CrashLoop")
    assert cluster.condition("Stalled")["message"] == "the runner keeps ending: cannot start"
    assert cluster.account["status"]["phase"] == "Failed"


def test_a_specification_that_breaks_its_rules_stalls_and_touches_no_child() -> None:
    """KU-1; the words are those that kubectl would print."""
    raw = trading()
    raw["spec"]["strategies"][0]["grid"]["leverage"] = "much"
    cluster = OperatorCluster(account=raw, pods=[pod_of(raw, running())])

    [plan] = cluster.settle()

    assert plan.applies == () and plan.deletes == ()
    stalled = cluster.condition("Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", "InvalidSpec")
    assert stalled["message"].startswith("spec.strategies[0].grid.leverage: must be a number")
    assert said(cluster, "Ready") == ("False", "NotReported")


def test_an_environment_without_addresses_stalls_and_makes_no_child() -> None:
    raw = stored_account(environment="simulated")
    cluster = OperatorCluster(account=raw, settings=replace(SETTINGS, simulator=None))

    [plan] = cluster.settle()

    assert plan.applies == ()
    assert said(cluster, "Stalled") == ("True", "UnsupportedEnvironment")
    assert "simulator.enabled" in cluster.condition("Ready")["message"]


def test_an_unknown_symbol_stalls_in_the_runners_words() -> None:
    raw = with_condition(trading(), "MarketDataReady", "SymbolUnknown", "XUSDT: unknown")

    cluster = settled(raw)

    assert said(cluster, "Stalled") == ("True", "SymbolUnknown")
    assert cluster.condition("Stalled")["message"] == "XUSDT: unknown"
    assert said(cluster, "Ready") == ("False", "SymbolUnknown")


_JUST_STARTED = {"started": NOW - timedelta(seconds=10)}


def _phase(raw: Manifest) -> str:
    pod = pod_of(raw, running(NOW - timedelta(seconds=20)))
    phase: str = settled(raw, pod).account["status"]["phase"]
    return phase


@pytest.mark.parametrize(
    ("raw", "phase"),
    [
        (with_condition(trading(**_JUST_STARTED), "Protected", "NotReported"), "Recovering"),
        (with_condition(trading(**_JUST_STARTED), "MarketDataReady", "PriceStale"), "Recovering"),
        (with_condition(trading(**_JUST_STARTED), "TradingEnabled", "RiskLimit"), "Recovering"),
        (
            with_condition(trading(**_JUST_STARTED), "CredentialsReady", "SecretMissing"),
            "Pending",
        ),
        (
            trading(strategies=[{"name": "doge", "state": "Starved"}], **_JUST_STARTED),
            "Starved",
        ),
        (with_condition(trading(**_JUST_STARTED), "TradingEnabled", "Suspended"), "Suspended"),
        (trading(**_JUST_STARTED), "Trading"),
    ],
    ids=["recovering", "no price yet", "held back", "no keys", "starved", "suspended", "trading"],
)
def test_the_phase_of_a_runner_that_reports(raw: Manifest, phase: str) -> None:
    assert _phase(raw) == phase


def test_an_account_that_is_being_deleted_says_so_once_and_changes_no_child() -> None:
    raw = trading()
    raw["metadata"]["deletionTimestamp"] = stamp(NOW)
    cluster = OperatorCluster(account=raw, pods=[pod_of(raw, running())])

    [plan] = cluster.settle()
    cluster.pods = []
    later = cluster.settle()

    assert plan.applies == () and plan.deletes == () and later == []
    assert cluster.account["status"]["phase"] == "Deleting"


def test_what_cannot_be_carried_out_stands_in_reconciling() -> None:
    cluster = settled(trouble="the StatefulSet case was refused: quota exceeded")

    reconciling = cluster.condition("Reconciling")
    assert (reconciling["status"], reconciling["reason"]) == ("True", "Progressing")
    assert "quota exceeded" in reconciling["message"]


def test_a_refusal_that_stands_already_is_no_news_of_another_change() -> None:
    """OB-7: however long its words are."""
    cluster = settled()
    cluster.trouble = "quota exceeded" + 2000 * "!"
    first = [notice.reason for plan in cluster.settle() for notice in plan.notices]
    cluster.account = with_condition(cluster.account, "TradingEnabled", "RiskLimit")
    plans = cluster.settle()

    assert first == ["WriteRefused"]
    assert [plan.status is not None for plan in plans] == [True]
    assert [notice for plan in plans for notice in plan.notices] == []


def test_the_time_of_a_transition_is_kept_until_the_status_changes() -> None:
    cluster = settled()
    began = cluster.condition("Ready")["lastTransitionTime"]

    cluster.pass_time(30)
    cluster.account = with_condition(cluster.account, "TradingEnabled", "RiskLimit")
    cluster.settle()

    assert cluster.condition("Ready")["lastTransitionTime"] == stamp(NOW + timedelta(seconds=30))
    assert cluster.condition("Stalled")["lastTransitionTime"] == began


def test_our_part_of_the_status_edited_by_hand_is_set_back() -> None:
    cluster = settled()
    before = copy.deepcopy(cluster.account["status"])

    cluster.account["status"]["phase"] = "Stopped"
    for condition in cluster.account["status"]["conditions"]:
        if condition["type"] == "Ready":
            condition["message"] = "edited"
    cluster.settle()

    assert cluster.account["status"] == before


def test_a_status_that_no_version_can_read_keeps_nothing_from_being_planned() -> None:
    raw = stored_account()
    raw["status"] = {"conditions": "nonsense", "runner": {"started": 7}, "phase": "Moon"}
    cluster = OperatorCluster(account=raw)

    plan = cluster.plan()

    assert len(plan.applies) == 4
    assert plan.status is not None


def test_a_status_that_is_no_object_keeps_nothing_from_being_said() -> None:
    raw = stored_account()
    raw["status"] = "nonsense"

    plan = OperatorCluster(account=raw).plan()

    assert plan.status is not None
    assert plan.status.manifest["status"]["phase"] == "Failed"


def test_a_report_of_another_pod_does_not_count() -> None:
    raw = trading()
    raw["status"]["runner"]["pod"] = "case-of-somebody-0"

    assert said(settled(raw), "RunnerAvailable") == ("False", "NotReported")


def test_every_reason_that_is_said_stands_in_the_table() -> None:
    """KU-25: make_condition refuses another, so each case above holds this; here the union."""
    said = {("RunnerAvailable", reason) for _, reason, _ in _POD_CASES.values()}

    assert said <= {(kind.value, reason.value) for kind in REASONS for reason in REASONS[kind]}
    assert len({reason for _, reason in said}) == 4


def test_bad_news_is_told_once() -> None:
    raw = stored_account()
    pods = [pod_of(raw, waiting("CrashLoopBackOff"), last_words="cannot start", created=NOW)]
    cluster = OperatorCluster(account=raw, pods=pods)

    told = [notice for plan in cluster.settle() for notice in plan.notices]

    assert [(notice.reason, notice.is_warning) for notice in told] == [("CrashLoop", True)]
