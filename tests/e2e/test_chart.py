"""The chart as Helm itself sees it; Helm comes with the cluster."""

import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "tradefleet"
HELM = ROOT / ".cluster" / "bin" / "helm"

pytestmark = pytest.mark.cluster


def helm(*arguments: str) -> str:
    """What Helm prints; its complaint is the failure's text."""
    done = subprocess.run([HELM, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_helm_finds_nothing_to_complain_about() -> None:
    printed = helm("lint", "--strict", str(CHART))

    assert "1 chart(s) linted, 0 chart(s) failed" in printed
    assert "[WARNING]" not in printed
    assert "[ERROR]" not in printed


def test_the_chart_renders_the_generated_definition_unchanged() -> None:
    """KU-21: the CRDs are templates, and rendering must not touch a byte that matters."""
    rendered = list(yaml.safe_load_all(helm("template", "tradefleet", str(CHART))))
    generated = [yaml.safe_load(path.read_text()) for path in (ROOT / "crds").glob("*.yaml")]

    assert generated
    assert [item for item in rendered if item["kind"] == "CustomResourceDefinition"] == generated


def test_uninstalling_the_chart_keeps_the_accounts() -> None:
    """KU-21: without the policy, Helm would delete every account with the definition."""
    rendered = list(yaml.safe_load_all(helm("template", "tradefleet", str(CHART))))
    definitions = [item for item in rendered if item["kind"] == "CustomResourceDefinition"]

    assert definitions
    for definition in definitions:
        assert definition["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
