"""What end-to-end tests share: the release, and namespaces of their own."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.fleet_desk import FleetDesk
from support.fleet_scenario import SCENARIO
from support.kubectl import ROOT, Kubectl
from support.release import Release, install_release

_DEMO = ROOT / "examples" / "account-001.yaml"


@pytest.fixture(scope="session")
def release() -> Release:
    """The chart with the image that was built last and a simulator that stands still."""
    installed = install_release(SCENARIO)
    # What the demo left would be there in every count: its account and the feed it used.
    Kubectl().within(installed.namespace).must("delete", "marketdatafeeds", "--all")
    Kubectl().within("default").must("delete", "--ignore-not-found", f"--filename={_DEMO}")
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


def _fresh_namespace() -> Iterator[Kubectl]:
    kubectl = Kubectl()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"generateName": "account-test-", "labels": labels}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    created = ("create", "--filename=-", "--output=jsonpath={.metadata.name}")
    name = kubectl.must(*created, stdin=json.dumps(manifest))
    yield kubectl.within(name)
    kubectl.must("delete", "namespace", name, "--wait=false")
