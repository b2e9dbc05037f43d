"""The children of an account (KU-11), against golden manifests and rule by rule."""

import copy
from dataclasses import replace
from typing import Any

import pytest
import yaml

from botapi import labels, pods
from botapi.naming import STATEFUL_SET_LIMIT
from botoperator.resources.children import build_children
from botoperator.resources.pod import startup_probe
from botoperator.resources.restart_fields import restart_hash
from botoperator.resources.stateful_set import is_supported
from botoperator.settings import PullPolicy, Settings
from botrunner.service import startup
from support.accounts import Manifest, with_value
from support.kubectl import ROOT
from support.operator_objects import SETTINGS, UID, parsed, stored_account

_GOLDEN = ROOT / "tests" / "golden" / "operator"
_SECRETIVE = replace(
    SETTINGS,
    image_pull_policy=PullPolicy.ALWAYS,
    image_pull_secrets=("registry-login",),
    simulator=None,
)


def _example() -> Manifest:
    _, manifest = yaml.safe_load_all((ROOT / "examples" / "account-001.yaml").read_text())
    manifest["metadata"] |= {"namespace": "default", "uid": UID}
    return dict(manifest)


def _dry_run() -> Manifest:
    manifest = stored_account("team.blue.sol", mode="dryRun")
    del manifest["spec"]["credentials"]
    return manifest


_CASES: dict[str, tuple[Manifest, Settings]] = {
    "account-001": (_example(), SETTINGS),
    "dry-run": (_dry_run(), _SECRETIVE),
}


def _children(manifest: Manifest, settings: Settings = SETTINGS) -> dict[str, Manifest]:
    return {child["kind"]: child for child in build_children(parsed(manifest), settings)}


def _template(manifest: Manifest, settings: Settings = SETTINGS) -> Manifest:
    template: Manifest = _children(manifest, settings)["StatefulSet"]["spec"]["template"]
    return template


def _container(manifest: Manifest, settings: Settings = SETTINGS) -> Manifest:
    [container] = _template(manifest, settings)["spec"]["containers"]
    return dict(container)


@pytest.mark.parametrize("name", _CASES)
def test_the_children_are_those_of_the_golden_file(name: str) -> None:
    """KU-11: a changed file is a changed pod of every account; read the difference."""
    built = build_children(parsed(_CASES[name][0]), _CASES[name][1])

    golden = list(yaml.safe_load_all((_GOLDEN / f"{name}.yaml").read_text()))
    assert list(built) == golden


def test_the_same_account_gives_the_same_children_and_keeps_no_part_of_another() -> None:
    first, second = _children(_example()), _children(_example())
    untouched = copy.deepcopy(second)

    first["StatefulSet"]["spec"]["template"]["metadata"]["labels"]["x"] = "y"
    first["Role"]["rules"].clear()

    assert second == untouched


@pytest.mark.parametrize("kind", ["ServiceAccount", "Role", "RoleBinding", "StatefulSet"])
def test_every_child_goes_with_its_account(kind: str) -> None:
    metadata = _children(_example())[kind]["metadata"]

    assert metadata["ownerReferences"] == [
        {
            "apiVersion": "tradefleet.dev/v1alpha1",
            "kind": "TradingAccount",
            "name": "account-001",
            "uid": UID,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    assert metadata["labels"][labels.ACCOUNT_LABEL] == "account-001"


def test_a_name_that_fits_no_stateful_set_gives_children_of_a_short_one() -> None:
    long = "a" * 200
    children = _children(stored_account(long))

    [name] = {child["metadata"]["name"] for child in children.values()}
    assert len(name) <= STATEFUL_SET_LIMIT
    assert children["Role"]["rules"][0]["resourceNames"] == [long]
    assert "--account" in _container(stored_account(long))["args"]
    assert long in _container(stored_account(long))["args"]


def test_a_runner_may_see_its_own_account_report_on_it_and_tell_people_and_nothing_else() -> None:
    """KU-11."""
    rules = _children(_example())["Role"]["rules"]

    granted = {
        (group, resource, verb, *rule.get("resourceNames", ["*"]))
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == {
        ("tradefleet.dev", "tradingaccounts", "get", "account-001"),
        ("tradefleet.dev", "tradingaccounts", "watch", "account-001"),
        ("tradefleet.dev", "tradingaccounts/status", "patch", "account-001"),
        ("", "events", "create", "*"),
    }


def test_the_keys_are_files_of_an_optional_secret_and_nowhere_else() -> None:
    """KU-11: no key in an argument or in the environment, and no part of the Secret alone."""
    template = _template(_example())

    [keys] = [each for each in template["spec"]["volumes"] if each["name"] == "keys"]
    assert keys["secret"] == {
        "secretName": "account-001-keys",
        "optional": True,
        "defaultMode": 0o440,
    }
    container = _container(_example())
    [mount] = [each for each in container["volumeMounts"] if each["name"] == "keys"]
    assert mount == {"name": "keys", "mountPath": pods.KEYS_FOLDER, "readOnly": True}
    assert [each["name"] for each in container["env"]] == ["POD_NAME"]


def test_an_account_without_credentials_mounts_no_secret() -> None:
    template = _template(_dry_run())

    assert [each["name"] for each in template["spec"]["volumes"]] == ["state", "tmp"]


@pytest.mark.parametrize(
    ("spec", "simulator", "passed"),
    [
        ({"environment": "simulated"}, "http://sim:8480", True),
        ({"environment": "simulated"}, None, False),
        ({"environment": "demo"}, "http://sim:8480", False),
        (
            {"environment": "simulated", "endpoints": {"rest": "http://other:8480"}},
            "http://sim:8480",
            False,
        ),
    ],
)
def test_only_a_simulated_account_without_addresses_is_told_the_simulator(
    spec: dict[str, Any], simulator: str | None, passed: bool
) -> None:
    container = _container(stored_account(**spec), replace(SETTINGS, simulator=simulator))

    assert ("--simulator" in container["args"]) is passed


_ALL_ENDPOINTS = {"rest": "http://x", "publicStream": "ws://x", "privateStream": "ws://x"}


@pytest.mark.parametrize(
    ("spec", "simulator", "supported"),
    [
        ({"environment": "mainnet"}, None, True),
        ({"environment": "simulated"}, "http://sim:8480", True),
        ({"environment": "simulated"}, None, False),
        ({"environment": "simulated", "endpoints": _ALL_ENDPOINTS}, None, True),
        ({"environment": "simulated", "endpoints": {"rest": "http://x"}}, None, False),
        ({"environment": "simulated", "endpoints": {"rest": "http://x"}}, "http://sim", False),
    ],
)
def test_a_simulated_account_needs_the_simulator_or_all_addresses(
    spec: dict[str, Any], simulator: str | None, supported: bool
) -> None:
    settings = replace(SETTINGS, simulator=simulator)

    assert is_supported(parsed(stored_account(**spec)).spec, settings) is supported


def _hash(manifest: Manifest) -> str:
    return restart_hash(parsed(manifest).spec)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.mode", "dryRun"),
        ("spec.credentials.secretName", "other-keys"),
        ("spec.endpoints", {"rest": "https://api.example.org"}),
        ("spec.initialBalance", 500),
    ],
)
def test_a_field_that_applies_at_a_restart_changes_the_template(path: str, value: Any) -> None:
    """KU-13."""
    changed = with_value(path, value, stored_account())

    assert _hash(changed) != _hash(stored_account())
    assert _template(changed)["metadata"] != _template(stored_account())["metadata"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.credentials.allowWithdraw", True),
        ("spec.strategies[0].grid.leverage", 10),
        ("spec.risk", {"maxOpenPositions": 3}),
        ("spec.emergencyStop", True),
        ("spec.initialBalance", 1000),
        ("spec.endpoints", {}),
        ("metadata.labels", {"team": "blue"}),
        ("metadata.generation", 7),
    ],
)
def test_no_other_field_and_no_spelled_out_default_changes_a_child(path: str, value: Any) -> None:
    """KU-13: a changed template replaces a pod that trades."""
    changed = with_value(path, value, stored_account())

    assert _children(changed) == _children(stored_account())


def test_no_probe_asks_before_a_slow_start_is_over() -> None:
    """A refused connection is a Warning Event: 20 s is what a start takes on a busy node."""
    runner = _container(stored_account())

    assert runner["livenessProbe"]["initialDelaySeconds"] >= 20
    assert "readinessProbe" not in runner


def test_a_startup_probe_that_waits_has_time_to_say_that_nothing_came() -> None:
    probe = startup_probe()
    module, port, path = probe["exec"]["command"][-3:]

    assert (module, port, path) == (startup.__name__, "8080", "/readyz")
    assert probe["timeoutSeconds"] > startup.LIMIT_SECONDS + 4
    assert probe["timeoutSeconds"] * probe["failureThreshold"] > 60
