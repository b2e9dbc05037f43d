"""What end-to-end tests share: the release, namespaces of their own, and a shared feed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cluster import release as chart
from support.fleet_desk import FleetDesk, until
from support.fleet_scenario import SCENARIO
from support.grid_life import LIFE
from support.kubectl import ROOT, Kubectl
from support.release import Release, install_release
from support.shared_feed import GRACE_SECONDS, SharedFeed

_DEMO = ROOT / "examples" / "account-001.yaml"


@pytest.fixture(scope="session")
def release() -> Release:
    """The chart with the image that was built last and a simulator that stands still."""
    installed = install_release(SCENARIO)
    # What the demo left would be there in every count: its account and the feed it used.
    Kubectl().within("default").must("delete", "--ignore-not-found", f"--filename={_DEMO}")
    feed = SharedFeed(kubectl=Kubectl().within(installed.namespace))
    feed.kubectl.must("delete", "marketdatafeeds", "--all", "--wait=false")
    until(lambda: not feed.names(), "no feed is left of it")
    return installed


@pytest.fixture
def namespace() -> Iterator[Kubectl]:
    """kubectl in a fresh namespace that refuses what is not at the restricted level."""
    yield from _fresh_namespace()


@pytest.fixture
def second_namespace() -> Iterator[Kubectl]:
    """Another one of that kind."""
    yield from _fresh_namespace()


@pytest.fixture
def make_desk(release: Release, namespace: Kubectl) -> Callable[..., FleetDesk]:
    """Makes desks of accounts, in `namespace` unless another is given; their price is 1.00."""

    def make(**fields: Any) -> FleetDesk:
        given: dict[str, Any] = {"kubectl": namespace, "release": release}
        desk = FleetDesk(**given | fields)
        desk.start_price()
        return desk

    return make


@pytest.fixture
def desk(make_desk: Callable[..., FleetDesk]) -> FleetDesk:
    """One account, not applied yet."""
    return make_desk()


@pytest.fixture(scope="module")
def feed(release: Release) -> Iterator[SharedFeed]:
    """Feeds are on; off again afterwards, as the other tests have it, with none left."""
    simulator = {"scenario": SCENARIO}
    on = {"enabled": True, "graceSeconds": GRACE_SECONDS}
    chart.install(release.image, simulator=simulator, feeds=on)
    feed = SharedFeed(kubectl=Kubectl().within(release.namespace))
    yield feed
    try:
        until(lambda: not feed.names(), "no feed is left")
    finally:
        chart.install(release.image, simulator=simulator, feeds={"enabled": False})


@pytest.fixture
def desks(
    feed: SharedFeed,
    make_desk: Callable[..., FleetDesk],
    namespace: Kubectl,
    second_namespace: Kubectl,
) -> list[FleetDesk]:
    """Two accounts of one symbol in two namespaces, trading through one feed."""
    makes = {"alice": namespace, "bob": second_namespace}
    made = [make_desk(name=name, kubectl=kubectl) for name, kubectl in makes.items()]
    for desk in made:
        desk.apply(logLevel="debug")
    for desk in made:
        desk.settles(LIFE[0].shows)
    until(lambda: feed.status().get("subscribers") == len(made), "both are subscribed")
    for desk in made:
        desk.until_reason("MarketDataReady", "AsExpected")
    return made


def _fresh_namespace() -> Iterator[Kubectl]:
    kubectl = Kubectl()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"generateName": "account-test-", "labels": labels}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    created = ("create", "--filename=-", "--output=jsonpath={.metadata.name}")
    name = kubectl.must(*created, stdin=json.dumps(manifest))
    yield kubectl.within(name)
    kubectl.must("delete", "namespace", name, "--wait=false")
