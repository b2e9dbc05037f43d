"""What end-to-end tests share: the release, and namespaces of their own."""

import json
from collections.abc import Iterator

import pytest

from support.fleet_scenario import SCENARIO
from support.kubectl import ROOT, Kubectl
from support.release import Release, install_release

_DEMO = ROOT / "examples" / "account-001.yaml"


@pytest.fixture(scope="session")
def release() -> Release:
    """The chart with the image that was built last and a simulator that stands still."""
    installed = install_release(SCENARIO)
    # The demo's account would be there in every count.
    Kubectl().within("default").must("delete", "--ignore-not-found", f"--filename={_DEMO}")
    return installed


@pytest.fixture
def namespace() -> Iterator[Kubectl]:
    """kubectl in a fresh namespace that refuses what is not at the restricted level."""
    kubectl = Kubectl()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"generateName": "account-test-", "labels": labels}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    created = ("create", "--filename=-", "--output=jsonpath={.metadata.name}")
    name = kubectl.must(*created, stdin=json.dumps(manifest))
    yield kubectl.within(name)
    kubectl.must("delete", "namespace", name, "--wait=false")
