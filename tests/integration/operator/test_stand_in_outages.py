"""The operator and an API server that fails in ways that a real one cannot be asked for (KU-16)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.answering_api import kubeconfig_of
from support.operator_process import PATIENCE_SECONDS, OperatorProcess
from support.stand_in_api import StandInThread, standing_in
from support.stand_in_objects import Manifest, Objects
from support.stand_in_world import World, new_account
from support.waiting import wait_until

CLIENTS = "clients-0"
ALICE, BOB = (CLIENTS, "account-00000"), (CLIENTS, "account-00001")
CHILDREN = ("ServiceAccount", "Role", "RoleBinding", "StatefulSet")


class Cluster:
    """Objects, a world that starts runners, and the server between them and the operator."""

    def __init__(self, server: StandInThread, objects: Objects) -> None:
        self.server, self.objects = server, objects
        self.world = World(objects, step_seconds=0.01)

    def put(self, number: int) -> None:
        """A person applies an account."""
        self.server.do(lambda: self.objects.put(new_account(number)))

    def find(self, kind: str, name: tuple[str, str]) -> Manifest | None:
        """One object."""
        return self.server.do(lambda: self.objects.find(kind, name))

    def until_ready(self, count: int) -> None:
        """Wait until so many accounts are Ready."""
        wait_until(
            lambda: self.server.do(lambda: self.world.ready) == count,
            f"{count} accounts are Ready",
            seconds=PATIENCE_SECONDS,
        )

    def until_watched(self) -> None:
        """Wait until all kinds are watched."""
        wait_until(
            lambda: self.server.do(self.objects.watches) == 6,
            "six kinds are watched",
            seconds=PATIENCE_SECONDS,
        )

    def until_back(self, kind: str, name: tuple[str, str]) -> None:
        """Wait until an object is there."""
        wait_until(
            lambda: self.find(kind, name) is not None,
            f"the {kind} is back",
            seconds=PATIENCE_SECONDS,
        )

    def counts(self) -> list[int]:
        """How many children there are, by kind."""
        return self.server.do(lambda: [self.objects.count(kind) for kind in CHILDREN])

    def refused(self, status: int) -> int:
        """How many requests were answered with a status."""
        asked = self.server.do(lambda: dict(self.server.api.asked))
        return sum(count for (_, _, code), count in asked.items() if code == status)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    objects = Objects()
    with standing_in(objects) as server:
        yield Cluster(server, objects)


@pytest.fixture
def operator(cluster: Cluster, tmp_path: Path) -> Iterator[OperatorProcess]:
    """An operator that watches, and the account of alice trading."""
    kubeconfig = kubeconfig_of(cluster.server.url, tmp_path)
    with OperatorProcess(kubeconfig, CLIENTS) as operator:
        cluster.until_watched()
        cluster.put(0)
        cluster.until_ready(1)
        yield operator


@pytest.mark.parametrize(("status", "retry_after"), [(503, 0), (429, 1)])
def test_after_a_while_of_errors_it_has_caught_up_and_rewrote_nothing(
    status: int, retry_after: int, cluster: Cluster, operator: OperatorProcess
) -> None:
    """KU-16."""
    before = cluster.find("StatefulSet", ALICE)
    api = cluster.server.api

    cluster.server.do(lambda: api.answer(status, retry_after=retry_after))
    cluster.server.do(lambda: cluster.objects.delete("Role", ALICE))
    cluster.put(1)
    wait_until(lambda: cluster.refused(status) >= 8, "requests fail", seconds=PATIENCE_SECONDS)
    assert operator.probe("/livez")[0] == 200
    cluster.server.do(api.let_through)

    cluster.until_ready(2)
    cluster.until_back("Role", ALICE)
    after = cluster.find("StatefulSet", ALICE)
    assert before is not None
    assert after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert cluster.counts() == [2, 2, 2, 2]
    assert operator.end() == 0


def test_what_went_while_every_watch_was_too_old_is_found_and_not_made_again(
    cluster: Cluster, operator: OperatorProcess
) -> None:
    """KU-16: 410, with an account and a child deleted in the gap."""
    cluster.put(1)
    cluster.until_ready(2)
    objects, api = cluster.objects, cluster.server.api

    def gap() -> None:
        api.cut()
        objects.delete("TradingAccount", BOB)
        objects.delete("Role", ALICE)
        objects.forget()

    cluster.server.do(gap)

    cluster.until_back("Role", ALICE)
    wait_until(
        lambda: "tradefleet_operator_accounts 1.0" in operator.probe("/metrics")[1],
        "the account is forgotten",
        seconds=PATIENCE_SECONDS,
    )
    assert cluster.find("StatefulSet", BOB) is None
    assert cluster.counts() == [1, 1, 1, 1]
    operator.wait_for("lostDeletions")
    assert operator.end() == 0
