"""The operator on the real API server: what it makes, mends and leaves alone."""

from pathlib import Path

import pytest

from botapi.labels import OPERATOR_MANAGER
from support.account_children import (
    CHILDREN,
    await_settled,
    condition,
    eventually,
    find,
    simulated,
    uid_of,
    versions,
)
from support.kubectl import Kubectl
from support.operator_process import running

pytestmark = pytest.mark.cluster


def namespace(clients: Kubectl) -> str:
    """The namespace of a test."""
    assert clients.namespace is not None
    return clients.namespace


def test_a_new_account_gets_its_children_with_few_writes(
    clients: Kubectl, kubeconfig: Path
) -> None:
    """KU-11, KU-14: an apply for each child, two statuses until the pod exists, two beyond."""
    with running(kubeconfig, namespace(clients)) as operator:
        clients.apply(simulated("alice"))
        await_settled(clients, "alice")

        owners = [find(clients, kind, "alice") for kind in CHILDREN]
        account = uid_of(clients, "tradingaccount", "alice")
        for child in owners:
            assert child is not None
            [owner] = child["metadata"]["ownerReferences"]
            assert (owner["kind"], owner["uid"]) == ("TradingAccount", account)
            managers = {each["manager"] for each in child["metadata"]["managedFields"]}
            assert OPERATOR_MANAGER in managers
        status = 'resource="tradingaccounts/status"'
        requests = operator.metrics("tradefleet_operator_api_requests_total")
        assert sum(n for series, n in requests.items() if "PATCH" in series) <= 4 + 4
        assert sum(n for series, n in requests.items() if status in series) <= 4
        assert operator.end() == 0


def test_a_restart_writes_nothing(clients: Kubectl, kubeconfig: Path) -> None:
    """KU-14."""
    clients.apply(simulated("alice"), simulated("bob"))
    with running(kubeconfig, namespace(clients)) as operator:
        before = {name: await_settled(clients, name) for name in ("alice", "bob")}
        assert operator.end() == 0

    with running(kubeconfig, namespace(clients)) as operator:
        done = "tradefleet_operator_reconciles_total"
        eventually(lambda: operator.metrics(done).get('{result="success"}', 0) >= 2, "two passes")

        assert operator.writes() == 0
        assert {name: versions(clients, name) for name in ("alice", "bob")} == before


def test_an_edit_that_changes_nothing_and_a_relist_write_nothing(
    clients: Kubectl, kubeconfig: Path
) -> None:
    """KU-14: the label is the person's write, and the only one."""
    with running(kubeconfig, namespace(clients), "--relist-seconds=1") as operator:
        clients.apply(simulated("alice"))
        before = await_settled(clients, "alice")
        writes, relists = operator.writes(), "tradefleet_operator_relists_total"
        listed = operator.metrics(relists)['{result="success"}']

        clients.must("label", "tradingaccount", "alice", "team=blue")
        clients.apply(simulated("alice"))
        told = operator.metrics("tradefleet_operator_watch_events_total")
        eventually(lambda: operator.metrics(relists)['{result="success"}'] >= listed + 3, "relists")

        assert operator.writes() == writes
        assert told['{kind="TradingAccount"}'] > 0
        after = versions(clients, "alice")
        assert {kind: after[kind] for kind in CHILDREN} == {kind: before[kind] for kind in CHILDREN}


def test_a_deleted_child_comes_back(clients: Kubectl, kubeconfig: Path) -> None:
    """KU-14."""
    with running(kubeconfig, namespace(clients)):
        clients.apply(simulated("alice"))
        await_settled(clients, "alice")
        before = {kind: uid_of(clients, kind, "alice") for kind in CHILDREN}

        for kind in CHILDREN:
            clients.must("delete", kind, "alice", "--wait=false")

        def are_new() -> bool:
            now = {kind: uid_of(clients, kind, "alice") for kind in CHILDREN}
            return all(now[kind] not in ("", before[kind]) for kind in CHILDREN)

        eventually(are_new, "new children")


def test_a_child_edited_by_hand_is_mended(clients: Kubectl, kubeconfig: Path) -> None:
    """KU-14: a Role too, and a label that the operator finds it by."""
    ours = "app.kubernetes.io/managed-by"
    with running(kubeconfig, namespace(clients)):
        clients.apply(simulated("alice"))
        await_settled(clients, "alice")
        rules = (find(clients, "role", "alice") or {}).get("rules")
        assert rules

        clients.must("patch", "role", "alice", "--type=merge", '--patch={"rules": []}')
        clients.must("scale", "statefulset", "alice", "--replicas=0")
        clients.must("label", "serviceaccount", "alice", f"{ours}=me", "--overwrite")

        def mended() -> bool:
            found = {kind: find(clients, kind, "alice") or {} for kind in CHILDREN}
            now = (
                found["role"].get("rules"),
                found["statefulset"]["spec"]["replicas"],
                found["serviceaccount"]["metadata"]["labels"][ours],
            )
            return now == (rules, 1, OPERATOR_MANAGER)

        eventually(mended, "the children are as before")


def test_somebody_else_s_object_of_the_same_name_is_left_alone(
    clients: Kubectl, kubeconfig: Path
) -> None:
    """An account called default would otherwise take the namespace's ServiceAccount over."""
    with running(kubeconfig, namespace(clients)):
        eventually(lambda: bool(uid_of(clients, "serviceaccount", "default")), "the default one")
        clients.apply(simulated("default"))
        eventually(
            lambda: (
                condition(clients, "default", "Reconciling").get("status") == "True"
                and "default" in condition(clients, "default", "Reconciling")["message"]
            ),
            "the status says who stands in the way",
        )

        found = find(clients, "serviceaccount", "default")
        assert found is not None
        assert "ownerReferences" not in found["metadata"]
        assert OPERATOR_MANAGER not in {
            each["manager"] for each in found["metadata"].get("managedFields", [])
        }


def test_with_an_account_its_children_go(clients: Kubectl, kubeconfig: Path) -> None:
    with running(kubeconfig, namespace(clients)) as operator:
        clients.apply(simulated("alice"))
        await_settled(clients, "alice")

        clients.must("delete", "tradingaccount", "alice", "--timeout=60s")

        eventually(lambda: versions(clients, "alice") == {}, "all children are collected")
        eventually(
            lambda: "tradefleet_operator_accounts 0.0" in operator.probe("/metrics")[1],
            "the account is forgotten",
        )
        assert operator.logged("attemptFailed") == []


def test_an_apply_that_the_server_refuses_is_said_and_healed_by_the_next_change(
    clients: Kubectl, kubeconfig: Path
) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"count/roles.rbac.authorization.k8s.io": "0"}},
    }
    clients.apply(quota)
    eventually(
        lambda: "hard" in (find(clients, "resourcequota", "none") or {}).get("status", {}),
        "the quota holds",
    )
    with running(kubeconfig, namespace(clients)):
        clients.apply(simulated("alice"))
        eventually(
            lambda: "quota" in condition(clients, "alice", "Reconciling").get("message", ""),
            "the status names the quota",
        )

        clients.must("delete", "resourcequota", "none")

        await_settled(clients, "alice")
