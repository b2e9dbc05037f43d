"""What is done about children: whose they are, and when they are touched (KU-11, KU-14)."""

import copy
from dataclasses import replace

import pytest

from support.accounts import Manifest
from support.operator_cluster import OperatorCluster
from support.operator_objects import (
    NOW,
    SETTINGS,
    admitted,
    live_children,
    pod_of,
    reported,
    running,
    stamp,
    stored_account,
    with_condition,
)

_KINDS = ["ServiceAccount", "Role", "RoleBinding", "StatefulSet"]


def _trading() -> Manifest:
    return admitted(reported(stored_account()))


def _cluster(raw: Manifest | None = None) -> OperatorCluster:
    account = raw or _trading()
    return OperatorCluster(
        account=account, children=live_children(account), pods=[pod_of(account, running())]
    )


def _child(cluster: OperatorCluster, kind: str) -> Manifest:
    return next(child for child in cluster.children if child["kind"] == kind)


def _applied(cluster: OperatorCluster) -> list[tuple[str, bool]]:
    return [(apply.manifest["kind"], apply.is_new) for apply in cluster.plan().applies]


def test_a_new_account_gets_its_rights_before_its_pod() -> None:
    cluster = OperatorCluster(account=stored_account())

    assert _applied(cluster) == [(kind, True) for kind in _KINDS]


def test_nothing_is_applied_where_all_is_as_wanted() -> None:
    assert _applied(_cluster()) == []


def test_a_changed_setting_is_applied_where_it_counts_and_named() -> None:
    cluster = _cluster()
    cluster.settings = replace(SETTINGS, runner_image="example.org/tradefleet:0.2.0")

    [apply] = cluster.plan().applies

    assert (apply.manifest["kind"], apply.is_new) == ("StatefulSet", False)
    assert apply.differs_at == ("spec.template.spec.containers.[name=runner].image",)


@pytest.mark.parametrize("kind", _KINDS)
def test_nothing_is_touched_while_a_stranger_has_the_name(kind: str) -> None:
    """An account called default must not take over the ServiceAccount default."""
    raw = stored_account()
    stranger = {"kind": kind, "metadata": {"name": "case", "uid": "x", "namespace": "clients"}}
    cluster = OperatorCluster(account=raw, children=[stranger])

    [plan] = cluster.settle()

    assert plan.applies == () and plan.deletes == ()
    assert [(notice.reason, notice.is_warning) for notice in plan.notices] == [("NameTaken", True)]
    assert cluster.condition("Reconciling")["message"] == (
        f"the {kind} case of this namespace is not of this account; delete it, or give the "
        "account another name"
    )


def test_of_several_strangers_the_first_is_named_and_told_of_once() -> None:
    metadata = {"name": "case", "uid": "x", "namespace": "clients"}
    strangers = [{"kind": kind, "metadata": metadata} for kind in _KINDS]
    cluster = OperatorCluster(account=stored_account(), children=strangers)

    told = [notice for plan in cluster.settle() for notice in plan.notices]

    assert len(told) == 1
    assert "the ServiceAccount case" in cluster.condition("Reconciling")["message"]


def test_a_child_of_another_controller_is_a_strangers_though_it_has_our_labels() -> None:
    cluster = _cluster()
    [owner] = _child(cluster, "Role")["metadata"]["ownerReferences"]
    owner |= {"kind": "Deployment", "name": "other", "uid": "other"}

    assert cluster.plan().applies == ()
    assert "NameTaken" in [notice.reason for notice in cluster.plan().notices]


def test_what_is_left_of_a_deleted_account_of_the_same_name_is_waited_for() -> None:
    cluster = _cluster()
    [owner] = _child(cluster, "Role")["metadata"]["ownerReferences"]
    owner["uid"] = "uid-of-the-account-before"

    cluster.settle()

    assert cluster.applies == 0
    assert cluster.condition("Reconciling")["message"] == (
        "waits until the Role case of before is gone"
    )


def test_a_child_that_is_being_deleted_is_waited_for() -> None:
    cluster = _cluster()
    _child(cluster, "RoleBinding")["metadata"]["deletionTimestamp"] = stamp(NOW)

    assert cluster.plan().applies == ()


@pytest.mark.parametrize("marks", ["labels", "managedFields"])
def test_a_child_left_without_an_owner_is_ours_by_either_mark(marks: str) -> None:
    """`kubectl delete --cascade=orphan`, then the account again."""
    cluster = _cluster()
    metadata = _child(cluster, "StatefulSet")["metadata"]
    del metadata["ownerReferences"]
    del metadata["labels" if marks == "managedFields" else "managedFields"]

    [apply] = cluster.plan().applies

    assert (apply.manifest["kind"], apply.is_new) == ("StatefulSet", False)


def _bound_elsewhere() -> OperatorCluster:
    cluster = _cluster()
    _child(cluster, "RoleBinding")["roleRef"]["name"] = "other"
    return cluster


def test_a_child_that_cannot_be_changed_back_is_made_anew() -> None:
    cluster = _bound_elsewhere()

    plan = cluster.plan()
    cluster.settle()

    [delete] = plan.deletes
    assert (delete.kind, delete.uid) == ("RoleBinding", "uid-of-RoleBinding")
    assert "ChildReplaced" in [notice.reason for notice in plan.notices]
    assert _child(cluster, "RoleBinding")["roleRef"]["name"] == "case"
    assert cluster.applies == 1


def _selecting_elsewhere(raw: Manifest) -> OperatorCluster:
    cluster = _cluster(raw)
    _child(cluster, "StatefulSet")["spec"]["serviceName"] = "other"
    return cluster


def test_a_stateful_set_is_made_anew_only_when_its_pod_may_go() -> None:
    bare = with_condition(_trading(), "Protected", "TakeProfitMissing")

    waits, goes = _selecting_elsewhere(bare), _selecting_elsewhere(_trading())

    assert waits.plan().deletes == ()
    assert [delete.kind for delete in goes.plan().deletes] == ["StatefulSet"]


def test_the_plan_of_one_state_is_always_the_same() -> None:
    """Level-triggered: neither the order of the objects nor earlier plans matter (KU-10)."""
    cluster = _cluster()
    first = cluster.plan()

    cluster.children.reverse()

    assert cluster.plan() == first
    assert cluster.plan() == first


def test_a_plan_leaves_what_it_was_shown_as_it_was() -> None:
    cluster = _cluster()
    before = copy.deepcopy((cluster.account, cluster.children, cluster.pods))

    cluster.plan()

    assert (cluster.account, cluster.children, cluster.pods) == before
