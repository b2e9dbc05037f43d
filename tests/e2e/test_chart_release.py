"""The chart on the real cluster: installed on what is there, upgraded, uninstalled.

These tests own the one release; they leave none behind.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from botapi.labels import COMPONENT_LABEL, FEED_COMPONENT
from cluster import release
from cluster.images.image import last_built
from support.kubectl import ROOT, Kubectl
from support.waiting import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

DEFINITION = ROOT / "crds" / "tradingaccounts.tradefleet.dev.yaml"
EXAMPLE = ROOT / "examples" / "account-001.yaml"
OPERATOR = f"system:serviceaccount:{release.NAMESPACE}:{release.OPERATOR}"

OF_THE_RELEASE = "app.kubernetes.io/instance=tradefleet"


def ours() -> Kubectl:
    """kubectl in the release's namespace; made when it is needed, since a cluster is."""
    return Kubectl().within(release.NAMESPACE)


@pytest.fixture(autouse=True)
def no_release() -> Iterator[None]:
    """Before and after each test nothing is installed; definitions may be there."""
    release.uninstall()
    yield
    release.uninstall()


def pods(kubectl: Kubectl) -> dict[str, str]:
    """The uid of each pod by the name of its component."""
    items: list[dict[str, Any]] = kubectl.read("pods")["items"]
    component = "app.kubernetes.io/component"
    return {
        item["metadata"]["labels"][component]: item["metadata"]["uid"]
        for item in items
        if "deletionTimestamp" not in item["metadata"]
    }


def apply_example(kubectl: Kubectl, name: str) -> None:
    """The example as an account of another name: an exchange account belongs to one account."""
    applied = kubectl.must("apply", "--filename=-", stdin=EXAMPLE.read_text().replace("001", name))
    assert f"account-{name}" in applied


def columns_of(definition: dict[str, Any]) -> list[str]:
    """The names of the columns of `kubectl get`."""
    return [each["name"] for each in definition["spec"]["versions"][0]["additionalPrinterColumns"]]


def await_ready(kubectl: Kubectl, name: str) -> None:
    """Until the account trades; fails with what it says instead."""

    def ready() -> bool:
        status = kubectl.read("ta", f"account-{name}").get("status", {})
        return any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in status.get("conditions", [])
        )

    wait_until(ready, f"account-{name} is Ready", seconds=120)


def test_the_release_comes_over_an_older_definition_moves_and_goes(namespace: Kubectl) -> None:
    """KU-21, KU-22: and neither the definitions nor the accounts nor their runners go with it."""
    older = yaml.safe_load(DEFINITION.read_text())
    wanted = columns_of(older)
    del older["spec"]["versions"][0]["additionalPrinterColumns"][-1]
    assert Kubectl().apply_as("somebody", older, flags=("--force-conflicts",)).ok

    release.install(last_built())
    assert columns_of(Kubectl().read("crd", "tradingaccounts.tradefleet.dev")) == wanted
    apply_example(namespace, "chart")
    await_ready(namespace, "chart")
    before, runner = pods(ours()), pods(namespace)
    token = ours().read("secret", "tradefleet-simulator-control")["data"]["token"]

    release.install(last_built(), simulator={"speed": 2})
    after = pods(ours())
    assert after["operator"] == before["operator"]
    assert after["simulator"] != before["simulator"]
    assert ours().read("secret", "tradefleet-simulator-control")["data"]["token"] == token
    assert pods(namespace) == runner

    release.uninstall()
    assert ours().read("deployments", f"--selector={OF_THE_RELEASE}")["items"] == []
    assert namespace.read("ta", "account-chart")["metadata"]["name"] == "account-chart"
    assert pods(namespace) == runner


def test_feeds_go_with_the_release_and_accounts_stay(namespace: Kubectl) -> None:
    """KU-21: what is left of a release trades on, and nothing runs that nobody would remove."""
    release.install(last_built(), feeds={"enabled": True})
    apply_example(namespace, "feeds")
    await_ready(namespace, "feeds")
    wait_until(lambda: "feed" in pods(ours()), "the feed's pod is there", seconds=120)
    runner = pods(namespace)

    release.uninstall()
    wait_until(lambda: not ours().read("marketdatafeeds")["items"], "no feed is left", seconds=180)
    wait_until(lambda: "feed" not in pods(ours()), "the feed's pod has gone", seconds=180)
    of_feeds = f"--selector={COMPONENT_LABEL}={FEED_COMPONENT}"
    kinds = "deployments,services,serviceaccounts,roles,rolebindings"
    wait_until(lambda: not ours().read(kinds, of_feeds)["items"], "nor of its own", seconds=180)
    assert namespace.read("ta", "account-feeds")["metadata"]["name"] == "account-feeds"
    assert pods(namespace) == runner


def test_the_operator_of_named_namespaces_serves_them_with_roles_alone(namespace: Kubectl) -> None:
    """KU-21: an account elsewhere is not its business, and it could not read it."""
    name = namespace.namespace
    release.install(last_built(), watchNamespaces=[name])

    assert Kubectl().read("clusterroles", f"--selector={OF_THE_RELEASE}")["items"] == []
    assert not may("list", "tradingaccounts.tradefleet.dev", "--all-namespaces")
    assert may("list", "tradingaccounts.tradefleet.dev", f"--namespace={name}")
    apply_example(namespace, "named")
    await_ready(namespace, "named")


def test_the_operator_cannot_read_a_secret_anywhere() -> None:
    """KU-11."""
    release.install(last_built())

    assert may("list", "tradingaccounts.tradefleet.dev", "--all-namespaces")
    for verb in ("get", "list", "watch", "create", "patch", "delete"):
        assert not may(verb, "secrets", "--all-namespaces")
        assert not may(verb, "secrets", f"--namespace={release.NAMESPACE}")


def may(verb: str, resource: str, where: str) -> bool:
    """Whether the operator's ServiceAccount may; the API server answers."""
    answer = Kubectl().run("auth", "can-i", verb, resource, where, f"--as={OPERATOR}")
    assert answer.out.strip() in ("yes", "no"), answer.err
    return answer.out.strip() == "yes"
