"""Which feeds there are for which accounts, as objects: no pod of these ever starts (KU-12).

The accounts are of real environments. Their operator is a process of this test, in namespaces that
the release's own operator may not write in and that allow no pod at all; the image it names is in
no registry.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from botapi.labels import FEED_PLURAL
from support.accounts import account, strategy
from support.kubectl import KUBECONFIG, Kubectl
from support.operator_process import OperatorProcess, running
from support.other_operators import LABEL, keep_out
from support.release import Release
from support.waiting import wait_until

pytestmark = pytest.mark.cluster

PATIENCE_SECONDS = 60.0
CHILDREN = ("serviceaccount", "role", "rolebinding", "deployment", "service")
NO_PODS = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "no-pods"},
    "spec": {"hard": {"pods": "0"}},
}


@pytest.fixture
def namespaces(release: Release) -> Iterator[list[Kubectl]]:
    """Two, without pods and without the release's operator; what was made there is gone after."""
    _refuse_feeds_of_the_release(release)
    made = [_podless_namespace() for _ in range(2)]
    yield made
    for kubectl in made:
        # Feeds may be switched on in the release next, and this is nobody's account.
        kubectl.must("delete", "tradingaccounts", "--all", "--timeout=50s")
        kubectl.must("delete", "namespace", str(kubectl.namespace), "--wait=false")


@pytest.fixture
def operator(namespaces: list[Kubectl]) -> Iterator[OperatorProcess]:
    """It keeps feeds in the first namespace, and accounts in both."""
    home, other = (str(kubectl.namespace) for kubectl in namespaces)
    flags = (
        f"--watch-namespace={other}",
        "--feeds",
        "--feed-grace-seconds=1",
        "--relist-seconds=5",
    )
    with running(KUBECONFIG, home, *flags) as operator:
        yield operator


def test_feeds_are_as_many_as_there_are_symbols_of_an_environment(
    namespaces: list[Kubectl], operator: OperatorProcess
) -> None:
    """KU-12: three on SOL demo are 1, with one on mainnet 2; SOL and DOGE demo, SOL mainnet 3."""
    home, other = namespaces
    sol = [_account(name, "demo", "SOLUSDT") for name in ("one", "two", "three")]
    _apply(home, *sol[:2])
    _apply(other, sol[2])
    _await_feeds(home, {("demo", "SOLUSDT"): 3})

    other.must("delete", "tradingaccount", "three")
    _apply(other, _account("main", "mainnet", "SOLUSDT"))
    _await_feeds(home, {("demo", "SOLUSDT"): 2, ("mainnet", "SOLUSDT"): 1})

    _apply(other, _account("doge", "demo", "DOGEUSDT"))
    wanted = {("demo", "SOLUSDT"): 2, ("demo", "DOGEUSDT"): 1, ("mainnet", "SOLUSDT"): 1}
    _await_feeds(home, wanted)
    for feed in _feeds(home):
        for kind in CHILDREN:
            found = home.must("get", kind, feed["metadata"]["name"], "--output=name")
            assert found.strip()

    other.must("delete", "tradingaccount", "main", "doge")
    _await_feeds(home, {("demo", "SOLUSDT"): 2})
    for kubectl in namespaces:
        assert kubectl.read("pods")["items"] == []
    assert operator.is_alive


def _await_feeds(home: Kubectl, wanted: dict[tuple[str, str], int]) -> None:
    """Wait until just these feeds are there, each with so many users."""

    def are_there() -> bool:
        return _users(home) == wanted

    wait_until(are_there, f"the feeds {wanted}", seconds=PATIENCE_SECONDS)


def _users(home: Kubectl) -> dict[tuple[str, str], int]:
    return {
        (feed["spec"]["environment"], feed["spec"]["symbol"]): feed.get("status", {}).get(
            "users", 0
        )
        for feed in _feeds(home)
    }


def _feeds(home: Kubectl) -> list[dict[str, Any]]:
    return list(home.read(FEED_PLURAL)["items"])


def _account(name: str, environment: str, symbol: str) -> dict[str, Any]:
    return account(name, environment=environment, strategies=[strategy("grid", symbol)])


def _apply(kubectl: Kubectl, *accounts: dict[str, Any]) -> None:
    answer = kubectl.apply(*accounts)
    assert answer.ok, answer.err


def _podless_namespace() -> Kubectl:
    metadata = {"generateName": "feed-objects-", "labels": {LABEL: ""}}
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    created = ("create", "--filename=-", "--output=jsonpath={.metadata.name}")
    kubectl = Kubectl().within(Kubectl().must(*created, stdin=json.dumps(wanted)))
    keep_out(kubectl)
    answer = kubectl.apply(NO_PODS)
    assert answer.ok, answer.err

    def is_enforced() -> bool:
        return "hard" in kubectl.read("resourcequota", "no-pods").get("status", {})

    wait_until(is_enforced, "no pod may be made", seconds=PATIENCE_SECONDS)
    return kubectl


def _refuse_feeds_of_the_release(release: Release) -> None:
    """Its feeds would be of these accounts too, and their pods would start."""
    named = ("deployment", release.operator_deployment)
    found = Kubectl().within(release.namespace).read(*named)
    [container] = found["spec"]["template"]["spec"]["containers"]
    assert "--feeds" not in container["args"]
