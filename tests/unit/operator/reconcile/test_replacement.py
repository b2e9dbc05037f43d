"""When a pod whose template changed may go (KU-13, KU-17)."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from botoperator.reconcile.plan import Observation
from botoperator.reconcile.replacement import is_outdated, may_replace
from botoperator.reconcile.runner_pod import find_pod
from botoperator.reconcile.view import view_of
from support.accounts import Manifest
from support.operator_cluster import OperatorCluster
from support.operator_objects import (
    NOW,
    REVISION,
    admitted,
    live_children,
    pod_of,
    reported,
    running,
    stamp,
    stored_account,
    waiting,
    with_condition,
)

_LONG = {"strategy": "doge", "symbol": "DOGEUSDT", "side": "long", "quantity": "375"}
_HOLDING: dict[str, Any] = {
    "positions": [_LONG],
    "account": {"uid": "1234567", "positions": 1},
}


def _trading(**changes: Any) -> Manifest:
    return admitted(reported(stored_account(), **changes))


def _bare(**changes: Any) -> Manifest:
    raw = _trading(**_HOLDING, **changes)
    return with_condition(raw, "Protected", "TakeProfitMissing")


def _stop(policy: str, *, complete: bool) -> Manifest:
    return {
        "id": "8c2f6d",
        "cause": "person",
        "policy": policy,
        "since": stamp(NOW),
        "complete": complete,
    }


def _stopped_by_spec(raw: Manifest, policy: str) -> Manifest:
    new = copy.deepcopy(raw)
    new["spec"] |= {"emergencyStop": True, "emergency": {"policy": policy}}
    return new


def _may_go(raw: Manifest, pod: Manifest | None = None) -> bool:
    seen = Observation(account=raw, pods=[pod or pod_of(raw, running())])
    view = view_of(seen, NOW)
    assert view.pod is not None
    return may_replace(view, view.pod).may_go


_OLD_REPORT = {
    "pod": "case-0",
    "started": stamp(NOW - timedelta(minutes=5)),
    "lastReport": stamp(NOW - timedelta(minutes=11)),
}


@pytest.mark.parametrize(
    ("raw", "may_go"),
    [
        (_trading(), True),
        (_trading(**_HOLDING), True),
        (_bare(), False),
        (with_condition(_trading(), "Protected", "NotReported"), False),
        (_bare(emergency=_stop("CancelEntries", complete=False)), False),
        (_bare(emergency=_stop("CancelEntries", complete=True)), True),
        (_bare(emergency=_stop("Freeze", complete=True)), True),
        (_trading(**_HOLDING, emergency=_stop("Flatten", complete=False)), False),
        (_trading(emergency=_stop("Flatten", complete=True)), True),
        (_stopped_by_spec(_trading(**_HOLDING), "Flatten"), False),
        (_stopped_by_spec(_trading(**_HOLDING), "CancelEntries"), True),
        (with_condition(_bare(), "CredentialsReady", "SecretMissing"), True),
        (with_condition(_bare(), "TradingEnabled", "NotAdmitted"), True),
        (_trading(**_HOLDING, runner=_OLD_REPORT), False),
    ],
    ids=[
        "flat",
        "every exit rests",
        "an exit is missing",
        "recovering",
        "stop not carried out",
        "stop carried out",
        "frozen",
        "Flatten under way",
        "Flatten complete",
        "Flatten asked for, not reported",
        "stop asked for, protected",
        "no keys",
        "no leave",
        "not heard for long",
    ],
)
def test_by_what_the_runner_reports(raw: Manifest, may_go: bool) -> None:
    assert _may_go(raw) is may_go


@pytest.mark.parametrize(
    "state",
    [
        None,
        waiting("ContainerCreating"),
        waiting("ImagePullBackOff"),
        waiting("CrashLoopBackOff"),
        {"terminated": {"exitCode": 1}},
    ],
    ids=["unseen", "creating", "no image", "crash loop", "ended"],
)
def test_a_pod_whose_container_does_not_run_may_go_whatever_was_reported_before(
    state: Manifest | None,
) -> None:
    raw = _trading(**_HOLDING, emergency=_stop("Flatten", complete=False))

    assert _may_go(raw, pod_of(raw, state))


def test_a_dry_run_may_go_at_any_time() -> None:
    raw = _bare()
    raw["spec"]["mode"] = "dryRun"

    assert _may_go(raw, pod_of(raw, running()))


@pytest.mark.parametrize(
    ("seconds", "is_admitted", "may_go"),
    [(5, False, True), (5, True, False), (59, True, False), (60, True, True)],
)
def test_a_runner_that_was_admitted_before_is_given_a_minute_to_be_heard(
    seconds: int, is_admitted: bool, may_go: bool
) -> None:
    """What stands in the status is of its predecessor; it may trade before it reports."""
    raw = _trading(**_HOLDING) if is_admitted else reported(stored_account(), **_HOLDING)

    pod = pod_of(raw, running(NOW - timedelta(seconds=seconds)))

    assert _may_go(raw, pod) is may_go


@pytest.mark.parametrize(
    ("changes", "may_go"),
    [
        ({"openOrders": 0}, True),
        ({"openOrders": 2}, False),
        ({"openOrders": 0, **_HOLDING}, False),
    ],
    ids=["flat, no order", "an order rests", "holding"],
)
def test_from_live_to_dry_run_only_with_no_order_and_no_position(
    changes: dict[str, Any], may_go: bool
) -> None:
    raw = _trading(**changes)
    pod = pod_of(raw, running())
    raw["spec"]["mode"] = "dryRun"

    assert _may_go(raw, pod) is may_go


def test_a_pod_that_is_ending_is_left_to_end() -> None:
    raw = _trading()
    pod = pod_of(raw, running())
    pod["metadata"]["deletionTimestamp"] = stamp(NOW)

    assert not _may_go(raw, pod)


@pytest.mark.parametrize(
    ("status", "outdated"),
    [
        ({"observedGeneration": 2, "updateRevision": "case-new"}, True),
        ({"observedGeneration": 2, "updateRevision": REVISION}, False),
        ({"observedGeneration": 1, "updateRevision": "case-new"}, False),
        ({"observedGeneration": 2}, False),
        ({}, False),
    ],
    ids=["another", "the same", "controller behind", "no revision", "no status"],
)
def test_a_pod_is_outdated_by_the_controllers_word_about_the_newest_template(
    status: Manifest, outdated: bool
) -> None:
    raw = _trading()
    pod = find_pod([pod_of(raw, running())], "case")
    stateful_set = {"metadata": {"generation": 2}, "status": status}
    assert pod is not None

    assert is_outdated(pod, stateful_set) is outdated


def _changed(raw: Manifest) -> OperatorCluster:
    """An account whose StatefulSet has a template that its pod was not made from."""
    children = live_children(raw)
    [stateful_set] = [child for child in children if child["kind"] == "StatefulSet"]
    stateful_set["status"]["updateRevision"] = "case-new"
    return OperatorCluster(account=raw, children=children, pods=[pod_of(raw, running())])


def test_the_plan_deletes_the_very_pod_that_may_go_and_says_so() -> None:
    cluster = _changed(_trading())

    plan = cluster.plan()

    [delete] = plan.deletes
    assert (delete.kind, delete.name, delete.uid) == ("Pod", "case-0", "uid-of-pod")
    assert "PodReplaced" in [notice.reason for notice in plan.notices]


def test_the_plan_waits_with_a_pod_that_may_not_go_and_says_why() -> None:
    cluster = _changed(_bare())

    cluster.settle()

    reconciling = cluster.condition("Reconciling")
    assert len(cluster.pods) == 1
    assert reconciling["message"] == (
        "to replace the pod: waits until the account is flat or every exit rests"
    )


def test_a_pod_that_is_ending_is_no_news_beside_its_deletion() -> None:
    cluster = _changed(_trading())
    before = cluster.plan()
    cluster.pods[0]["metadata"]["deletionTimestamp"] = stamp(NOW)

    plan = cluster.plan()

    assert plan.deletes == ()
    assert plan.status == before.status


def test_a_pod_that_waits_to_be_heard_is_looked_at_again_in_time() -> None:
    raw = _trading()
    cluster = _changed(raw)
    cluster.pods = [pod_of(raw, running(NOW - timedelta(seconds=20)))]

    plan = cluster.plan()

    assert plan.deletes == ()
    assert plan.requeue_after == timedelta(seconds=40)


def test_a_pod_of_the_newest_template_is_never_deleted() -> None:
    raw = _trading()
    cluster = OperatorCluster(
        account=raw, children=live_children(raw), pods=[pod_of(raw, running())]
    )

    assert cluster.plan().deletes == ()
