"""The children of an account on a real API server: taken as they are, and then left alone.

The plans are carried out by the test itself. An operator that may run in the cluster keeps out: the
account that it sees is one whose environment it does not support, and so it touches no child.
"""

import copy
import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from botapi.labels import OPERATOR_MANAGER
from botapi.model import Json
from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount
from botoperator.reconcile.account import plan_account
from botoperator.reconcile.plan import Observation, Plan
from botoperator.resources.children import build_children
from botoperator.settings import Resources, Settings
from support.accounts import Manifest
from support.kubectl import ROOT, Kubectl
from support.waiting import wait_until

pytestmark = pytest.mark.cluster

_KINDS = "serviceaccounts,roles,rolebindings,statefulsets"
_NAME = "account-001"
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
# An image that no registry has: these tests are about what is admitted, not about what runs.
SETTINGS = Settings(
    namespace="tradefleet",
    runner_image="localhost/tradefleet-of-no-registry:0",
    simulator="http://tradefleet-simulator.tradefleet.svc:8480",
)
_SPELLED_OTHERWISE = dataclasses.replace(
    SETTINGS,
    runner_resources=Resources(
        requests={"cpu": "0.025", "memory": "98304Ki"}, limits={"memory": "0.25Gi"}
    ),
    image_pull_secrets=("registry-login",),
)


@pytest.fixture(scope="module")
def restricted(accounts: Kubectl) -> Kubectl:
    """The namespace of this module, which takes pods of the restricted level only."""
    assert accounts.namespace is not None
    accounts.must(
        "label", "namespace", accounts.namespace, "pod-security.kubernetes.io/enforce=restricted"
    )
    return accounts


@pytest.fixture(scope="module")
def account(restricted: Kubectl) -> Manifest:
    """The example account, as the API server keeps it but for the half of an address there."""
    _, manifest = yaml.safe_load_all((ROOT / "examples" / "account-001.yaml").read_text())
    manifest["spec"]["endpoints"] = {"rest": "http://half-an-address"}
    assert restricted.apply(manifest).ok
    stored = dict(restricted.read("tradingaccount", _NAME))
    return {**stored, "spec": {**stored["spec"], "endpoints": {}}, "status": {}}


def _seen(kubectl: Kubectl, account: Manifest) -> Observation:
    listed = kubectl.read(_KINDS, "--show-managed-fields")["items"]
    children = [child for child in listed if child["metadata"]["name"] == _NAME]
    return Observation(account=account, children=children, pods=kubectl.read("pods")["items"])


def _plan(kubectl: Kubectl, account: Manifest, settings: Settings = SETTINGS) -> Plan:
    return plan_account(_seen(kubectl, account), settings, now=_NOW)


def _carry_out(kubectl: Kubectl, plan: Plan) -> None:
    manifests = [apply.manifest for apply in plan.applies]
    answer = kubectl.apply_as(OPERATOR_MANAGER, *manifests, flags=("--force-conflicts",))
    assert answer.ok, answer.err


@pytest.fixture
def settled(restricted: Kubectl, account: Manifest) -> Kubectl:
    """The namespace with the children as they should be."""
    plan = _plan(restricted, account)
    if plan.applies:
        _carry_out(restricted, plan)
    return restricted


def test_what_was_applied_needs_no_second_apply(settled: Kubectl, account: Manifest) -> None:
    """KU-14."""
    plan = _plan(settled, account)

    assert plan.applies == ()
    assert len(_seen(settled, account).children) == 4


@pytest.mark.parametrize("settings", [SETTINGS, _SPELLED_OTHERWISE], ids=["usual", "spelled"])
def test_quantities_and_defaults_of_the_api_server_cause_no_endless_apply(
    settled: Kubectl, account: Manifest, settings: Settings
) -> None:
    first = _plan(settled, account, settings)
    if first.applies:
        _carry_out(settled, first)

    assert _plan(settled, account, settings).applies == ()


def test_what_is_wanted_no_longer_goes(settled: Kubectl, account: Manifest) -> None:
    _carry_out(settled, _plan(settled, account, _SPELLED_OTHERWISE))

    plan = _plan(settled, account)
    _carry_out(settled, plan)

    [apply] = plan.applies
    assert any("imagePullSecrets" in path for path in apply.differs_at)
    pod = settled.read("statefulset", _NAME)["spec"]["template"]["spec"]
    assert "imagePullSecrets" not in pod
    assert _plan(settled, account).applies == ()


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("serviceaccount", {"automountServiceAccountToken": True}),
        ("role", {"rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]}),
        ("role", {"metadata": {"labels": {"tradefleet.dev/account": "other"}}}),
        ("rolebinding", {"subjects": []}),
        ("statefulset", {"spec": {"replicas": 2}}),
        ("statefulset", {"spec": {"updateStrategy": {"type": "RollingUpdate"}}}),
        (
            "statefulset",
            {
                "spec": {
                    "template": {
                        "spec": {"containers": [{"name": "runner", "image": "example.org/other"}]}
                    }
                }
            },
        ),
        ("statefulset", {"metadata": {"ownerReferences": None}}),
    ],
)
def test_a_child_edited_by_hand_is_found_and_repaired(
    settled: Kubectl, account: Manifest, kind: str, patch: dict[str, Any]
) -> None:
    """KU-14."""
    settled.must("patch", kind, _NAME, f"--patch={json.dumps(patch)}")

    plan = _plan(settled, account)
    _carry_out(settled, plan)

    assert len(plan.applies) == 1
    assert _plan(settled, account).applies == ()


def test_what_others_own_beside_us_is_left_alone(settled: Kubectl, account: Manifest) -> None:
    container = {"name": "runner", "env": [{"name": "TZ", "value": "UTC"}]}
    template = {
        "metadata": {"annotations": {"example.org/cost-centre": "7"}},
        "spec": {"containers": [container], "dnsPolicy": "Default"},
    }
    patch = {"metadata": {"labels": {"team": "blue"}}, "spec": {"template": template}}
    settled.must("patch", "statefulset", _NAME, f"--patch={json.dumps(patch)}")

    assert _plan(settled, account).applies == ()


def test_a_deleted_child_comes_back(settled: Kubectl, account: Manifest) -> None:
    settled.must("delete", "role", _NAME)

    plan = _plan(settled, account)
    _carry_out(settled, plan)

    assert [apply.manifest["kind"] for apply in plan.applies] == ["Role"]
    assert plan.applies[0].is_new
    assert _plan(settled, account).applies == ()


def test_a_binding_to_another_role_is_made_anew(settled: Kubectl, account: Manifest) -> None:
    """``roleRef`` cannot be changed, so an apply would fail for ever."""
    binding = settled.read("rolebinding", _NAME)
    settled.must("delete", "rolebinding", _NAME)
    binding["roleRef"]["name"] = "cluster-admin-of-somebody"
    del binding["metadata"]["resourceVersion"], binding["metadata"]["uid"]
    settled.must("create", "--filename=-", stdin=json.dumps(binding))
    made = settled.read("rolebinding", _NAME)

    plan = _plan(settled, account)

    [delete] = [each for each in plan.deletes if each.kind != "Pod"]
    assert (delete.kind, delete.name, delete.uid) == ("RoleBinding", _NAME, made["metadata"]["uid"])
    settled.must("delete", "rolebinding", delete.name)
    _carry_out(settled, _plan(settled, account))
    assert _plan(settled, account).applies == ()


def test_the_restricted_level_admits_the_pod_and_no_looser_one(
    settled: Kubectl, account: Manifest
) -> None:
    """KU-20."""

    def pods() -> list[str]:
        return [pod["metadata"]["name"] for pod in settled.read("pods")["items"]]

    wait_until(lambda: pods() == [f"{_NAME}-0"], "the pod is admitted", seconds=60)
    [stateful_set] = [
        child
        for child in build_children(parse(TradingAccount, account), SETTINGS)
        if child["kind"] == "StatefulSet"
    ]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "looser", "labels": {"app": "looser"}},
        "spec": json.loads(json.dumps(stateful_set["spec"]["template"]["spec"])),
    }
    assert settled.run("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod)).ok
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    refused = settled.run("create", "--dry-run=server", "--filename=-", stdin=json.dumps(pod))
    assert "violates PodSecurity" in refused.err


def test_our_part_of_the_status_needs_no_second_write(settled: Kubectl, account: Manifest) -> None:
    """KU-14: the API server gives a status back as we compare it."""
    plan = _plan(settled, account)
    assert plan.status is not None

    stored = _would_be_stored(settled, plan.status.manifest)

    again = _plan(settled, {**account, "status": stored["status"], "metadata": stored["metadata"]})
    assert again.status is None
    changed = copy.deepcopy(stored)
    changed["status"]["phase"] = "Trading"
    assert _plan(settled, {**account, **changed, "spec": account["spec"]}).status is not None


def _would_be_stored(kubectl: Kubectl, status: Json) -> Manifest:
    """What the API server makes of a status, without keeping it."""
    out = kubectl.must(
        "apply",
        "--server-side",
        f"--field-manager={OPERATOR_MANAGER}",
        "--force-conflicts",
        "--subresource=status",
        "--dry-run=server",
        "--show-managed-fields",
        "--output=json",
        "--filename=-",
        stdin=json.dumps(status),
    )
    return dict(json.loads(out))
