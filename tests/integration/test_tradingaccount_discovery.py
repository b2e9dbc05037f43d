"""What a person finds out about a TradingAccount with kubectl, and the examples they start from."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from botapi.parse import parse_strict
from botapi.v1alpha1.account import TradingAccount
from support.kubectl import ROOT, Kubectl, Manifest

pytestmark = pytest.mark.cluster

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        yield name
        yield from _fields(field.get("items", field))


def test_explain_shows_every_field_of_the_spec(kubectl: Kubectl, definition: Manifest) -> None:
    """KU-2."""
    spec = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]

    shown = kubectl.must("explain", "tradingaccount.spec", "--recursive")

    names = re.findall(r"^ +(\w+)\t<", shown, re.MULTILINE)
    assert names
    assert sorted(names) == sorted(_fields(spec))


def test_explain_says_unit_range_and_when_a_change_applies(
    kubectl: Kubectl, definition: Manifest
) -> None:
    """KU-2, KU-13."""
    shown = kubectl.must("explain", "tradingaccount.spec.strategies.grid.initialMargin")

    words = " ".join(shown.split())
    assert "USDT, 0.1 to 100000." in words
    assert "A change applies: when flat." in words


def test_short_name_kind_and_plural_all_work(accounts: Kubectl) -> None:
    for name in ("ta", "tradingaccount", "tradingaccounts", "tradingaccounts.tradefleet.dev"):
        assert accounts.run("get", name).ok


def _documents(path: Path) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_server_accepts_every_example_and_the_models_fill_in_the_same_defaults(
    path: Path, accounts: Kubectl
) -> None:
    answer = accounts.run("apply", f"--filename={path}")

    assert answer.ok, answer.err
    for document in _documents(path):
        if document["kind"] == "TradingAccount":
            stored = accounts.read("ta", document["metadata"]["name"])
            assert parse_strict(TradingAccount, document).spec.to_json() == stored["spec"]


def test_the_golden_account_is_what_the_server_stores(accounts: Kubectl) -> None:
    """The same file is held against the models where there is no cluster."""
    golden = yaml.safe_load((ROOT / "tests/golden/crds/account-001.yaml").read_text())
    accounts.must("apply", f"--filename={ROOT / 'examples' / 'account-001.yaml'}")

    stored = accounts.read("ta", "account-001")

    assert stored["spec"] == golden["spec"]
