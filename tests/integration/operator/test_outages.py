"""The operator while the API server is out of order, and after (KU-16)."""

from pathlib import Path

import pytest

from support.account_children import (
    await_settled,
    eventually,
    find,
    simulated,
    uid_of,
    versions,
)
from support.api_proxy import ApiProxy
from support.kubectl import Kubectl
from support.operator_process import (
    OperatorProcess,
    api_server,
    kubeconfig_through,
    running,
)
from support.tcp_proxy import TcpProxy, Way

pytestmark = pytest.mark.cluster


def namespace(clients: Kubectl) -> str:
    """The namespace of a test."""
    assert clients.namespace is not None
    return clients.namespace


# Who is not let in asks for nothing but to be let in, so there is less to count.
@pytest.mark.parametrize(("status", "refused"), [(503, 12), (429, 12), (403, 12), (401, 3)])
def test_while_everything_is_answered_with_an_error_it_lives_and_then_it_catches_up(
    status: int, refused: int, clients: Kubectl, kubeconfig: Path, proxy: ApiProxy
) -> None:
    """KU-16: every watch of its six kinds has failed several times by then."""
    with running(kubeconfig, namespace(clients)) as operator:
        clients.apply(simulated("alice"))
        before = await_settled(clients, "alice")

        proxy.answer(status)
        clients.must("delete", "role", "alice", "--wait=false")
        clients.apply(simulated("bob"))
        eventually(lambda: proxy.refused >= refused, "requests have failed")
        assert operator.is_alive
        assert operator.probe("/livez")[0] == 200
        proxy.forward()

        await_settled(clients, "bob")
        eventually(lambda: uid_of(clients, "role", "alice") != "", "the Role is back")
        after = versions(clients, "alice")
        assert after["statefulset"] == before["statefulset"]
        assert operator.is_alive
        assert operator.end() == 0


@pytest.mark.parametrize(
    "way",
    [
        Way.REFUSED,
        # Silence is noticed by timeouts only: a minute each.
        pytest.param(Way.DROPPED, marks=pytest.mark.nightly),
        pytest.param(Way.STALLED, marks=pytest.mark.nightly),
    ],
)
def test_while_nothing_is_answered_it_lives_and_then_it_catches_up(
    way: Way, clients: Kubectl, tmp_path: Path
) -> None:
    """KU-16."""
    proxy = TcpProxy(api_server())
    kubeconfig = kubeconfig_through(proxy.url, tmp_path)
    try:
        with running(kubeconfig, namespace(clients), "--relist-seconds=1") as operator:
            clients.apply(simulated("alice"))
            await_settled(clients, "alice")

            proxy.become(way)
            clients.apply(simulated("bob"))
            eventually(lambda: operator.logged("relistFailed") != [], "a list has failed")
            assert operator.probe("/livez")[0] == 200
            proxy.become(Way.OPEN)

            await_settled(clients, "bob")
            assert operator.is_alive
            assert operator.end() == 0
    finally:
        proxy.close()


def test_what_was_deleted_while_no_watch_could_tell_is_found(
    clients: Kubectl, kubeconfig: Path, proxy: ApiProxy
) -> None:
    """KU-16: every watch begins anew with a list, in which the Role is missing."""
    with running(kubeconfig, namespace(clients)) as operator:
        clients.apply(simulated("alice"))
        await_settled(clients, "alice")

        proxy.answer(503)
        clients.must("delete", "role", "alice", "--wait=false")
        proxy.forward(expired_watches=6)

        eventually(lambda: uid_of(clients, "role", "alice") != "", "the Role is back")
        assert operator.logged("lostDeletions") != []
        assert operator.is_alive


def test_an_account_deleted_in_a_gap_is_forgotten_by_the_regular_list(
    clients: Kubectl, kubeconfig: Path, proxy: ApiProxy
) -> None:
    """KU-16: no account is left, so no list of a watch can tell that it began anew."""
    with running(kubeconfig, namespace(clients), "--relist-seconds=2") as operator:
        clients.apply(simulated("alice"))
        await_settled(clients, "alice")

        proxy.answer(503)
        clients.must("delete", "tradingaccount", "alice", "--cascade=foreground", "--timeout=60s")
        proxy.forward(expired_watches=6)

        eventually(
            lambda: "tradefleet_operator_accounts 0.0" in operator.probe("/metrics")[1],
            "the account is forgotten",
        )
        assert find(clients, "statefulset", "alice") is None


def test_it_may_start_before_the_api_server_answers(
    clients: Kubectl, kubeconfig: Path, proxy: ApiProxy
) -> None:
    proxy.answer(503)
    clients.apply(simulated("alice"))
    with OperatorProcess(kubeconfig, namespace(clients)) as operator:
        operator.wait_for("relistFailed")
        assert operator.probe("/readyz")[0] == 503
        assert operator.probe("/livez")[0] == 200
        proxy.forward()

        await_settled(clients, "alice")
        assert operator.probe("/readyz")[0] == 200
