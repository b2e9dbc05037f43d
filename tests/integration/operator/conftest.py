"""Fixtures of the operator's tests: a namespace each, and no other operator that looks after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.api_proxy import ApiProxy
from support.kubectl import Kubectl, Manifest
from support.operator_process import kubeconfig_through
from support.other_operators import LABEL, keep_out


@pytest.fixture
def clients(kubectl: Kubectl, definition: Manifest) -> Iterator[Kubectl]:
    """kubectl in a namespace of this test's own."""
    wanted = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"generateName": "operator-test-", "labels": {LABEL: ""}},
    }
    made = kubectl.must("create", "--filename=-", "--output=name", stdin=yaml.safe_dump(wanted))
    namespace = made.strip().removeprefix("namespace/")
    keep_out(kubectl.within(namespace))
    yield kubectl.within(namespace)
    kubectl.must("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def proxy() -> Iterator[ApiProxy]:
    """A way to the API server that a test can break."""
    proxy = ApiProxy()
    yield proxy
    proxy.close()


@pytest.fixture
def kubeconfig(proxy: ApiProxy, tmp_path: Path) -> Path:
    """How the operator of a test reaches the API server: by the proxy."""
    return kubeconfig_through(proxy.url, tmp_path)
