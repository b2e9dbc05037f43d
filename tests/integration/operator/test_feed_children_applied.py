"""A shared feed and its children on a real API server: taken as they are, and then left alone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from botapi.labels import FEED_CRD, OPERATOR_MANAGER
from botoperator.reconcile.feed import plan_feed
from botoperator.reconcile.feed_use import FeedIdentity
from botoperator.reconcile.plan import FeedObservation, Plan
from botoperator.resources.metadata import ReleaseOwner
from botoperator.settings import FeedSettings, Settings
from support.accounts import Manifest
from support.kubectl import ROOT, Kubectl
from support.waiting import wait_until

pytestmark = pytest.mark.cluster

_KINDS = "serviceaccounts,roles,rolebindings,services,deployments"
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_FEED = FeedIdentity(exchange="bybit", environment="simulated", market="futures", symbol="XRPUSDT")


@pytest.fixture(scope="module")
def namespace(kubectl: Kubectl) -> Iterator[Kubectl]:
    """A namespace that takes pods of the restricted level only, in which no operator looks."""
    definition = yaml.safe_load((ROOT / "crds" / f"{FEED_CRD}.yaml").read_text())
    answer = kubectl.apply_as("tradefleet-tests", definition, flags=("--force-conflicts",))
    assert answer.ok, answer.err
    kubectl.must("wait", "--for=condition=Established", "--timeout=30s", f"crd/{FEED_CRD}")
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"generateName": "feed-children-", "labels": labels}
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    made = kubectl.must("create", "--filename=-", "--output=name", stdin=json.dumps(wanted))
    name = made.strip().removeprefix("namespace/")
    yield kubectl.within(name)
    kubectl.must("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def settings(namespace: Kubectl) -> Settings:
    """An operator of this namespace, whose image no registry has."""
    assert namespace.namespace is not None
    return Settings(
        namespace=namespace.namespace,
        runner_image="localhost/tradefleet-of-no-registry:0",
        simulator="http://tradefleet-simulator.tradefleet.svc:8480",
        feeds=FeedSettings(),
    )


def _plan(
    kubectl: Kubectl,
    settings: Settings,
    *,
    users: int = 1,
    children: bool = True,
    owner: ReleaseOwner | None = None,
) -> Plan:
    feeds = kubectl.read("marketdatafeeds", "--show-managed-fields")["items"]
    listed = kubectl.read(_KINDS, "--show-managed-fields")["items"] if children else []
    seen = FeedObservation(
        identity=_FEED if users else None,
        users=users,
        feed=feeds[0] if feeds else None,
        children=[child for child in listed if child["metadata"]["name"] == _FEED.name],
        owner=owner,
    )
    return plan_feed(seen, settings, now=_NOW)


def _carry_out(kubectl: Kubectl, plan: Plan) -> None:
    applied: list[tuple[Any, tuple[str, ...]]] = [(each.manifest, ()) for each in plan.applies]
    if plan.status is not None:
        applied.append((plan.status.manifest, ("--subresource=status",)))
    for manifest, flags in applied:
        answer = kubectl.apply_as(OPERATOR_MANAGER, manifest, flags=("--force-conflicts", *flags))
        assert answer.ok, answer.err


@pytest.fixture
def settled(namespace: Kubectl, settings: Settings) -> Kubectl:
    """The namespace with the feed and its children as they should be."""
    for _ in range(3):
        plan = _plan(namespace, settings)
        if plan.is_silent:
            return namespace
        _carry_out(namespace, plan)
    raise AssertionError(f"the operator never comes to rest: {plan}")


def test_what_was_applied_needs_no_second_apply_and_no_second_status(
    settled: Kubectl, settings: Settings
) -> None:
    plan = _plan(settled, settings)

    assert plan.is_silent
    assert len(settled.read(_KINDS)["items"]) >= 5


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("service", {"spec": {"ports": [{"port": 8490, "targetPort": 1}]}}),
        ("service", {"spec": {"selector": {"tradefleet.dev/feed": "other"}}}),
        ("deployment", {"spec": {"replicas": 2}}),
        ("role", {"rules": []}),
    ],
)
def test_a_child_edited_by_hand_is_found_and_repaired(
    settled: Kubectl, settings: Settings, kind: str, patch: Manifest
) -> None:
    settled.must("patch", kind, _FEED.name, f"--patch={json.dumps(patch)}")

    plan = _plan(settled, settings)
    _carry_out(settled, plan)

    assert len(plan.applies) == 1
    assert _plan(settled, settings).applies == ()


def test_the_mark_of_an_unused_feed_comes_and_goes(settled: Kubectl, settings: Settings) -> None:
    """The grace runs from what stands there, whoever restarts."""

    def marks() -> dict[str, str]:
        found = settled.read("marketdatafeed", _FEED.name)["metadata"].get("annotations", {})
        return {name: value for name, value in found.items() if "unused-since" in name}

    _carry_out(settled, _plan(settled, settings, users=0))
    assert marks() == {"tradefleet.dev/unused-since": "2026-06-01T00:00:00Z"}
    assert not _plan(settled, settings, users=0).applies

    _carry_out(settled, _plan(settled, settings))
    assert marks() == {}


def test_the_restricted_level_admits_the_pod(settled: Kubectl) -> None:
    """KU-20."""

    def pods() -> list[str]:
        return [pod["metadata"]["name"] for pod in settled.read("pods")["items"]]

    wait_until(
        lambda: any(name.startswith(_FEED.name) for name in pods()),
        "the pod is admitted",
        seconds=60,
    )


def test_a_feed_reads_itself_and_reports_on_itself_only(settled: Kubectl) -> None:
    user = f"--as=system:serviceaccount:{settled.namespace}:{_FEED.name}"

    def may(verb: str, resource: str, *flags: str) -> bool:
        return settled.run("auth", "can-i", verb, resource, user, *flags).out.strip() == "yes"

    own = f"marketdatafeeds/{_FEED.name}"
    assert may("get", own)
    assert may("patch", own, "--subresource=status")
    assert not may("patch", own)
    assert not may("get", "marketdatafeeds/other")
    assert not may("patch", "marketdatafeeds/other", "--subresource=status")
    assert not may("list", "marketdatafeeds")
    assert not may("get", "secrets")
    assert not may("get", "tradingaccounts")


def test_a_feed_goes_with_the_deployment_of_the_operator(
    settled: Kubectl, settings: Settings
) -> None:
    """KU-21: one write gives it that owner, and the garbage collector does the rest."""
    labels = {"app": "operator-of-a-test"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "none", "image": "localhost/none:0"}]},
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "operator-of-a-test"},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }
    settled.must("create", "--filename=-", stdin=json.dumps(deployment))
    uid = settled.read("deployment", "operator-of-a-test")["metadata"]["uid"]
    owner = ReleaseOwner(name="operator-of-a-test", uid=uid)
    first = _plan(settled, settings, owner=owner)
    _carry_out(settled, first)
    second = _plan(settled, settings, owner=owner)
    settled.must("delete", "deployment", "operator-of-a-test", "--wait=false")
    wait_until(
        lambda: not settled.read("marketdatafeeds")["items"], "the feed is gone", seconds=180
    )
    wait_until(
        lambda: (
            not [
                each
                for each in settled.read(_KINDS)["items"]
                if each["metadata"]["name"] == _FEED.name
            ]
        ),
        "its children are gone",
        seconds=180,
    )

    assert [apply.manifest["kind"] for apply in first.applies] == ["MarketDataFeed"]
    assert second.is_silent
