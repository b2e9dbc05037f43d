"""The generated files are those of the models, in both places (KU-1), and so are the examples."""

from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from botapi.definitions import account_definition, definitions
from botapi.parse import parse, parse_strict
from botapi.v1alpha1.account import TradingAccount, TradingAccountSpec
from botrunner.cli.crds import crds, definition_text
from support.accounts import Manifest
from support.kubectl import ROOT

_FOLDERS = ("crds", "charts/tradefleet/templates/crds")
_EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
_APP = typer.Typer()
_APP.command()(crds)


@pytest.mark.parametrize("folder", _FOLDERS)
def test_the_files_are_fresh(folder: str) -> None:
    """`make crds` mends this."""
    written = {path.name: path.read_text() for path in (ROOT / folder).glob("*.yaml")}

    assert written == {name: definition_text(d) for name, d in definitions().items()}


def test_the_text_says_the_same_as_the_definition() -> None:
    assert yaml.safe_load(definition_text(account_definition())) == account_definition()


def test_the_command_prints_what_kubectl_applies() -> None:
    result = CliRunner().invoke(_APP, [])

    assert result.exit_code == 0
    assert list(yaml.safe_load_all(result.stdout)) == list(definitions().values())


def test_the_command_writes_files_into_a_folder_it_makes(tmp_path: Path) -> None:
    result = CliRunner().invoke(_APP, ["--output-dir", str(tmp_path / "new" / "crds")])

    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "new" / "crds").iterdir()} == set(definitions())


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    result = CliRunner().invoke(_APP, ["--output-dir", str(tmp_path / "file" / "crds")])

    assert result.exit_code == 1
    assert result.stderr == (
        f"tradefleet crds: cannot write to {tmp_path}/file/crds: Not a directory\n"
    )


def _accounts(path: Path) -> list[Manifest]:
    documents = yaml.safe_load_all(path.read_text())
    return [document for document in documents if document["kind"] == "TradingAccount"]


@pytest.mark.parametrize("path", _EXAMPLES, ids=lambda path: path.name)
def test_every_example_goes_through_the_models_and_back(path: Path) -> None:
    accounts = _accounts(path)

    assert accounts
    for manifest in accounts:
        parsed = parse_strict(TradingAccount, manifest)
        assert parse_strict(TradingAccount, parsed.to_json()) == parsed
        assert _within(manifest["spec"], parsed.to_json()["spec"])


def _within(part: object, whole: object) -> bool:
    """Whether everything that a person wrote is there, with the same value."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(part[key], whole[key]) for key in part)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(_within, part, whole))
    return part == whole


@pytest.mark.parametrize("path", _EXAMPLES, ids=lambda path: path.name)
def test_no_example_sets_or_takes_back_a_stop(path: Path) -> None:
    """RI-15: a file that is applied again must undo no stop."""
    for manifest in _accounts(path):
        assert not manifest["spec"].keys() & {"emergencyStop", "acknowledgedEmergency"}


def test_the_full_example_has_every_field_but_those_of_a_stop() -> None:
    [manifest] = _accounts(ROOT / "examples" / "full.yaml")
    names = {str(field.alias) for field in TradingAccountSpec.model_fields.values()}

    assert names - manifest["spec"].keys() == {"emergencyStop", "acknowledgedEmergency"}
    spec = parse(TradingAccount, manifest).spec
    assert _within(spec.to_json(), manifest["spec"])


def test_the_first_example_is_what_the_golden_file_says() -> None:
    """With every default; the API server is held against the same file."""
    [manifest] = _accounts(ROOT / "examples" / "account-001.yaml")
    golden = yaml.safe_load((ROOT / "tests/golden/crds/account-001.yaml").read_text())

    assert parse(TradingAccount, manifest).to_json() == {
        **golden,
        "metadata": {"name": "account-001", "namespace": "default"},
    }


def test_the_first_example_trades_the_recorded_symbol_on_the_simulator() -> None:
    secret, manifest = yaml.safe_load_all((ROOT / "examples" / "account-001.yaml").read_text())

    assert manifest["spec"]["environment"] == "simulated"
    assert [s["symbol"] for s in manifest["spec"]["strategies"]] == ["XRPUSDT"]
    assert manifest["spec"]["credentials"]["secretName"] == secret["metadata"]["name"]
    assert secret["stringData"] == {
        "apiKey": "sim-account-001",
        "apiSecret": "sim-account-001-secret",
    }
