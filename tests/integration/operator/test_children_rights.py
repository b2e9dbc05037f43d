"""What the Role lets a runner do on a real API server, and what not (KU-11)."""

import json
from collections.abc import Iterator

import pytest

from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount
from botoperator.resources.children import build_children
from botoperator.settings import Settings
from support.accounts import account
from support.kubectl import Answer, Kubectl

pytestmark = pytest.mark.cluster

_OWN, _OTHER = "alice", "bob"
_SETTINGS = Settings(namespace="tradefleet", runner_image="example.org/tradefleet:0")


@pytest.fixture(scope="module")
def granted(accounts: Kubectl) -> Iterator[Kubectl]:
    """A namespace with two accounts and the rights of the first one's runner."""
    # Half an address: an operator that may run in the cluster keeps out of such accounts.
    half = {"environment": "simulated", "endpoints": {"rest": "http://half-an-address"}}
    for name in (_OWN, _OTHER):
        assert accounts.apply(account(name, **half)).ok
    stored = accounts.read("tradingaccount", _OWN)
    children = build_children(parse(TradingAccount, stored), _SETTINGS)
    rights = [child for child in children if child["kind"] != "StatefulSet"]
    assert accounts.apply_as("tests", *rights).ok
    yield accounts


def _as_runner(kubectl: Kubectl, *arguments: str, stdin: str = "") -> Answer:
    user = f"--as=system:serviceaccount:{kubectl.namespace}:{_OWN}"
    return kubectl.run(*arguments, user, stdin=stdin)


def _may(kubectl: Kubectl, verb: str, what: str) -> bool:
    resource, _, subresource = what.partition(":")
    flags = [f"--subresource={subresource}"] if subresource else []
    return _as_runner(kubectl, "auth", "can-i", verb, resource, *flags).out.strip() == "yes"


@pytest.mark.parametrize(
    ("verb", "what"),
    [
        ("get", f"tradingaccounts/{_OWN}"),
        ("watch", f"tradingaccounts/{_OWN}"),
        ("patch", f"tradingaccounts/{_OWN}:status"),
        ("create", "events"),
    ],
)
def test_a_runner_may(granted: Kubectl, verb: str, what: str) -> None:
    assert _may(granted, verb, what)


@pytest.mark.parametrize(
    ("verb", "what"),
    [
        ("get", f"tradingaccounts/{_OTHER}"),
        ("watch", f"tradingaccounts/{_OTHER}"),
        ("patch", f"tradingaccounts/{_OTHER}:status"),
        ("list", "tradingaccounts"),
        ("watch", "tradingaccounts"),
        ("create", "tradingaccounts"),
        ("patch", f"tradingaccounts/{_OWN}"),
        ("update", f"tradingaccounts/{_OWN}"),
        ("delete", f"tradingaccounts/{_OWN}"),
        ("update", f"tradingaccounts/{_OWN}:status"),
        ("get", "secrets"),
        ("list", "secrets"),
        ("get", f"secrets/{_OWN}-keys"),
        ("get", "configmaps"),
        ("get", "pods"),
        ("create", "pods"),
        ("get", "events"),
        ("delete", "events"),
        ("create", f"serviceaccounts/{_OWN}:token"),
        ("patch", f"roles/{_OWN}"),
        ("patch", f"statefulsets/{_OWN}"),
    ],
)
def test_a_runner_may_not(granted: Kubectl, verb: str, what: str) -> None:
    assert not _may(granted, verb, what)


def test_a_runner_reads_its_own_account_and_no_other(granted: Kubectl) -> None:
    own = _as_runner(granted, "get", "tradingaccount", _OWN, "--output=name")
    other = _as_runner(granted, "get", "tradingaccount", _OTHER, "--output=name")

    assert own.out.strip() == f"tradingaccount.tradefleet.dev/{_OWN}"
    assert "forbidden" in other.err


def test_a_runner_watches_its_own_account_by_its_name(granted: Kubectl) -> None:
    """A field selector on the name is judged by the name, so resourceNames covers the watch."""
    path = f"/apis/tradefleet.dev/v1alpha1/namespaces/{granted.namespace}/tradingaccounts"
    query = "?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3D"

    own = _as_runner(granted, "get", "--raw", f"{path}{query}{_OWN}")
    other = _as_runner(granted, "get", "--raw", f"{path}{query}{_OTHER}")

    assert own.ok, own.err
    assert json.loads(own.out.splitlines()[0])["object"]["metadata"]["name"] == _OWN
    assert not other.ok


def test_a_runner_writes_its_own_status_and_neither_its_spec_nor_another_status(
    granted: Kubectl,
) -> None:
    def apply(name: str, *flags: str) -> Answer:
        body = {
            "apiVersion": "tradefleet.dev/v1alpha1",
            "kind": "TradingAccount",
            "metadata": {"name": name},
            **({"status": {"openOrders": 1}} if flags else {"spec": {"logLevel": "debug"}}),
        }
        # kubectl patch would read first; the runner applies, and so does this.
        how = ("--server-side", "--field-manager=tradefleet-runner", "--validate=false")
        return _as_runner(granted, "apply", *how, *flags, "--filename=-", stdin=json.dumps(body))

    own = apply(_OWN, "--subresource=status")
    assert own.ok, own.err
    assert "forbidden" in apply(_OTHER, "--subresource=status").err
    assert "forbidden" in apply(_OWN).err
    assert granted.read("tradingaccount", _OWN)["status"]["openOrders"] == 1
