"""The door to the API server: what is sent, and what each answer means."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from botapi.labels import ACCOUNT_LABEL, MANAGED_BY_LABEL, OPERATOR_MANAGER
from botoperator.cluster.kinds import ACCOUNTS, STATEFUL_SET
from botoperator.cluster.kube import Access, KubeCluster
from botoperator.cluster.port import (
    ClusterError,
    RejectedError,
    RetryableError,
    UnavailableError,
)
from botoperator.meters import ApiMeters
from botoperator.store import Place
from support.answering_api import answering, kubeconfig_of
from support.desk_cluster import thing

ALICE = Place("Role", "clients", "alice")
ROLE_PATH = "/apis/rbac.authorization.k8s.io/v1/namespaces/clients/roles/alice"
OK = (200, {"kind": "Role", "metadata": {"name": "alice"}})


class Desk:
    """The door, and what it tells of each request."""

    def __init__(self, kubeconfig: Path | None) -> None:
        self.metrics = CollectorRegistry()
        self.told: list[str] = []
        self.cluster = KubeCluster(
            Access(kubeconfig),
            agent="tradefleet-operator/test",
            meters=ApiMeters(self.metrics),
            line=self.told.append,
        )

    def count(self, verb: str, resource: str, code: str) -> float:
        """How many requests of a kind were counted."""
        labels = {"verb": verb, "resource": resource, "code": code}
        value = self.metrics.get_sample_value("tradefleet_operator_api_requests_total", labels)
        return value or 0.0


def failure(message: str, **details: Any) -> dict[str, Any]:
    """An error as the API server words it."""
    return {"kind": "Status", "status": "Failure", "message": message, "details": details}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RejectedError),
        (401, UnavailableError),
        (403, RetryableError),
        (404, RetryableError),
        (409, RetryableError),
        (410, RetryableError),
        (422, RejectedError),
        (429, UnavailableError),
        (500, UnavailableError),
        (503, UnavailableError),
        (504, UnavailableError),
    ],
)
async def test_each_status_is_the_error_that_says_what_can_be_done(
    status: int, error: type[ClusterError], tmp_path: Path
) -> None:
    async with answering((status, failure("because", retryAfterSeconds=3))) as api:
        desk = Desk(kubeconfig_of(api.url, tmp_path))
        async with desk.cluster:
            with pytest.raises(ClusterError) as raised:
                await desk.cluster.apply(thing("Role", "alice"))

    assert type(raised.value) is error
    assert raised.value.status == status
    assert "because" in str(raised.value)
    assert "PATCH" in str(raised.value)
    assert bool(desk.told[-1]) == (error is UnavailableError)
    assert desk.count("PATCH", "roles", str(status)) == 1
    if error is not RejectedError:
        assert raised.value.retry_after == 3


async def test_where_nobody_listens_the_api_server_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    desk = Desk(kubeconfig_of(f"http://127.0.0.1:{port}", tmp_path))

    async with desk.cluster:
        with pytest.raises(UnavailableError, match="does not answer"):
            await desk.cluster.get(ALICE)

    assert "does not answer" in desk.told[-1]
    assert desk.count("GET", "roles", "unreachable") == 1


@pytest.mark.parametrize("text", ["<html>a proxy's page</html>", "", "[1, 2"])
async def test_an_answer_that_is_no_json_is_no_answer(text: str, tmp_path: Path) -> None:
    async with answering((200, text)) as api:
        desk = Desk(kubeconfig_of(api.url, tmp_path))
        async with desk.cluster:
            with pytest.raises(UnavailableError):
                await desk.cluster.get(ALICE)


async def test_an_apply_is_server_side_ours_and_by_force(tmp_path: Path) -> None:
    """KU-14."""
    async with answering(OK) as api:
        desk = Desk(kubeconfig_of(api.url, tmp_path))
        async with desk.cluster:
            answer = await desk.cluster.apply(thing("Role", "alice"))
            await desk.cluster.apply_status({**thing("TradingAccount", "alice"), "status": {}})

    applied, status = api.asked
    assert answer == OK[1]
    assert (applied.method, applied.path) == ("PATCH", ROLE_PATH)
    assert applied.query == {"fieldManager": OPERATOR_MANAGER, "force": "true"}
    assert applied.headers["Content-Type"] == "application/apply-patch+yaml"
    assert applied.headers["User-Agent"] == "tradefleet-operator/test"
    assert applied.body == thing("Role", "alice")
    assert status.path.endswith("/tradingaccounts/alice/status")
    assert desk.count("PATCH", "tradingaccounts/status", "200") == 1
    assert desk.told == ["", ""]


async def test_a_deletion_names_the_one_object_it_is_about(tmp_path: Path) -> None:
    async with answering((200, {"kind": "Status", "status": "Success"})) as api:
        desk = Desk(kubeconfig_of(api.url, tmp_path))
        async with desk.cluster:
            assert await desk.cluster.delete(ALICE, "the-uid") is None

    [asked] = api.asked
    assert (asked.method, asked.path) == ("DELETE", ROLE_PATH)
    assert asked.body["preconditions"] == {"uid": "the-uid"}


@pytest.mark.parametrize("status", [404, 409])
async def test_what_is_gone_or_another_by_now_counts_as_deleted(
    status: int, tmp_path: Path
) -> None:
    async with answering((status, failure("gone"))) as api:
        async with Desk(kubeconfig_of(api.url, tmp_path)).cluster as cluster:
            assert await cluster.delete(ALICE, "the-uid") is None


async def test_a_pod_that_takes_its_time_to_end_is_given_back(tmp_path: Path) -> None:
    pod = {"kind": "Pod", "metadata": {"name": "a", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    async with answering((200, pod)) as api:
        async with Desk(kubeconfig_of(api.url, tmp_path)).cluster as cluster:
            assert await cluster.delete(Place("Pod", "clients", "a"), "x") == pod


async def test_an_object_that_is_not_there_is_none(tmp_path: Path) -> None:
    async with answering((404, failure("not found"))) as api:
        async with Desk(kubeconfig_of(api.url, tmp_path)).cluster as cluster:
            assert await cluster.get(ALICE) is None


async def test_a_list_is_read_page_by_page_and_each_item_says_what_it_is(tmp_path: Path) -> None:
    pages = [
        {"metadata": {"resourceVersion": "7", "continue": "more"}, "items": [{"spec": 1}]},
        {"metadata": {"resourceVersion": "7"}, "items": [{"spec": 2}]},
    ]
    async with answering(*((200, page) for page in pages)) as api:
        async with Desk(kubeconfig_of(api.url, tmp_path)).cluster as cluster:
            found = [page async for page in cluster.pages(STATEFUL_SET, "clients")]

    about = {"apiVersion": "apps/v1", "kind": "StatefulSet"}
    assert [list(page.items) for page in found] == [
        [about | {"spec": 1}],
        [about | {"spec": 2}],
    ]
    assert {page.version for page in found} == {7}
    assert [asked.query.get("continue") for asked in api.asked] == [None, "more"]
    assert {asked.query["limit"] for asked in api.asked} == {"100"}


async def test_children_are_listed_by_their_label_and_accounts_all(tmp_path: Path) -> None:
    async with answering((200, {"metadata": {}, "items": None})) as api:
        async with Desk(kubeconfig_of(api.url, tmp_path)).cluster as cluster:
            for kind in ACCOUNTS.kinds:
                assert [page async for page in cluster.pages(kind, None)] != []

    selectors = [asked.query.get("labelSelector") for asked in api.asked]
    assert selectors == [None, *[f"{ACCOUNT_LABEL},{MANAGED_BY_LABEL}={OPERATOR_MANAGER}"] * 5]
    assert api.asked[0].path == "/apis/tradefleet.dev/v1alpha1/tradingaccounts"


async def test_after_a_refused_token_the_one_on_disk_is_used(tmp_path: Path) -> None:
    """KU-16: projected tokens are replaced while the operator runs."""
    async with answering((401, failure("Unauthorized")), OK) as api:
        async with Desk(kubeconfig_of(api.url, tmp_path)).cluster as cluster:
            with pytest.raises(UnavailableError):
                await cluster.get(ALICE)
            (tmp_path / "token").write_text("second")
            assert await cluster.get(ALICE) == OK[1]

    tokens = [asked.headers["Authorization"] for asked in api.asked]
    assert tokens == ["Bearer first", "Bearer second"]


async def test_without_any_access_it_says_so_and_may_be_asked_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "nowhere")
    async with desk.cluster:
        for _ in range(2):
            with pytest.raises(UnavailableError, match="no access to a cluster"):
                await desk.cluster.get(ALICE)


async def test_the_proxy_of_a_kubeconfig_is_gone_through(tmp_path: Path) -> None:
    kubeconfig = kubeconfig_of("http://cluster.invalid:8080", tmp_path)
    async with answering(OK) as proxy:
        server = "server: http://cluster.invalid:8080"
        text = kubeconfig.read_text().replace(server, f"{server}\n    proxy-url: {proxy.url}")
        kubeconfig.write_text(text)
        async with Desk(kubeconfig).cluster as cluster:
            assert await cluster.get(ALICE) == OK[1]

    [asked] = proxy.asked
    assert asked.headers["Host"] == "cluster.invalid:8080"


async def test_requests_at_once_share_their_connections(tmp_path: Path) -> None:
    """Two sessions would be two sets of connections, and one of them never closed."""
    async with answering(*[OK] * 20) as api:
        async with Desk(kubeconfig_of(api.url, tmp_path)).cluster as cluster:
            answers = await asyncio.gather(*(cluster.get(ALICE) for _ in range(20)))

    assert answers == [OK[1]] * 20
