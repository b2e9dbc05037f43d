"""Fixtures of the tests on a real API server: the definition installed, a namespace a module."""

import re
from collections.abc import Iterator

import pytest
import yaml

from support.kubectl import ROOT, Kubectl, Manifest, NoClusterError
from support.other_operators import LABEL, keep_out
from support.waiting import wait_until

DEFINITION_FILE = ROOT / "crds" / "tradingaccounts.tradefleet.dev.yaml"
_OPENAPI = "/openapi/v3/apis/tradefleet.dev/v1alpha1"
_SCHEMA = "dev.tradefleet.v1alpha1.TradingAccount"


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    """The local cluster; fails with one line where there is none."""
    try:
        return Kubectl()
    except NoClusterError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def definition(kubectl: Kubectl) -> Manifest:
    """The definition of TradingAccount, installed and served."""
    manifest: Manifest = yaml.safe_load(DEFINITION_FILE.read_text())
    answer = kubectl.apply_as("tradefleet-tests", manifest, flags=("--force-conflicts",))
    assert answer.ok, answer.err
    kubectl.must(
        "wait",
        "--for=condition=Established",
        "--timeout=30s",
        f"crd/{manifest['metadata']['name']}",
    )
    schema = manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    wait_until(lambda: _served(kubectl) == schema["properties"]["spec"], "the schema is served")
    return manifest


def _served(kubectl: Kubectl) -> object:
    answer = kubectl.run("get", "--raw", _OPENAPI)
    if not answer.ok:
        return None
    return yaml.safe_load(answer.out)["components"]["schemas"][_SCHEMA]["properties"]["spec"]


@pytest.fixture(scope="module")
def accounts(
    kubectl: Kubectl, definition: Manifest, request: pytest.FixtureRequest
) -> Iterator[Kubectl]:
    """kubectl in a namespace of this module's own, where TradingAccounts may be made.

    No operator looks after them.
    """
    prefix = re.sub(
        "[^a-z]+", "-", request.module.__name__.rpartition(".")[2].removeprefix("test_")
    )
    metadata = {"generateName": f"{prefix}-", "labels": {LABEL: ""}}
    wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    made = kubectl.must("create", "--filename=-", "--output=name", stdin=yaml.safe_dump(wanted))
    namespace = made.strip().removeprefix("namespace/")
    keep_out(kubectl.within(namespace))
    yield kubectl.within(namespace)
    kubectl.must("delete", "namespace", namespace, "--wait=false")
