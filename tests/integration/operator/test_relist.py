"""The regular comparison with the API server, which alone finds what no watch has told of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.account_children import (
    CHILDREN,
    await_settled,
    eventually,
    simulated,
    uid_of,
    versions,
)
from support.api_proxy import ApiProxy
from support.kubectl import Kubectl
from support.operator_process import OperatorProcess, running

pytestmark = pytest.mark.cluster


@pytest.fixture
def operator(clients: Kubectl, kubeconfig: Path, proxy: ApiProxy) -> Iterator[OperatorProcess]:
    """One with the account alice at rest, whose watches go on but tell of no deletion.

    It compares every 4 s what it compares every 600 s unless told otherwise. The list that it makes
    because its watches have begun is behind it.
    """
    proxy.keeps_deletions = True
    with running(kubeconfig, str(clients.namespace), "--relist-seconds=4") as operator:
        clients.apply(simulated("alice"))
        await_settled(clients, "alice")
        relists = "tradefleet_operator_relists_total"
        eventually(
            lambda: operator.metrics(relists).get('{result="success"}', 0) >= 3, "a regular list"
        )
        yield operator


def lost(operator: OperatorProcess) -> int:
    """How many deletions only a comparison has found."""
    return sum(int(line["found"]) for line in operator.logged("lostDeletions"))


def test_children_whose_deletion_no_watch_told_of_come_back_with_the_next_list(
    clients: Kubectl, proxy: ApiProxy, operator: OperatorProcess
) -> None:
    """KU-14, KU-16."""
    before = {kind: uid_of(clients, kind, "alice") for kind in CHILDREN}
    for kind in CHILDREN:
        clients.must("delete", kind, "alice", "--cascade=orphan", "--wait=false")

    def are_new() -> bool:
        now = {kind: uid_of(clients, kind, "alice") for kind in CHILDREN}
        return all(now[kind] not in ("", before[kind]) for kind in CHILDREN)

    eventually(are_new, "new children")
    eventually(lambda: lost(operator) >= len(CHILDREN), "the list has found them missing")
    assert proxy.kept >= len(CHILDREN)


def test_an_account_whose_deletion_no_watch_told_of_is_forgotten_with_the_next_list(
    clients: Kubectl, proxy: ApiProxy, operator: OperatorProcess
) -> None:
    """KU-16."""
    clients.must("delete", "tradingaccount", "alice", "--timeout=60s")

    eventually(
        lambda: "tradefleet_operator_accounts 0.0" in operator.probe("/metrics")[1],
        "the account is forgotten",
    )
    eventually(lambda: versions(clients, "alice") == {}, "all children are collected")
    eventually(lambda: lost(operator) > 0, "the list has found it missing")
    assert proxy.kept > 0
