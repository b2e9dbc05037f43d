"""`tradefleet validate`: every wrong field of a file by place, path, rule and remedy (KU-1)."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from botrunner.cli.validate import validate
from support.kubectl import ROOT

_APP = typer.Typer()
_APP.command()(validate)

_HEAD = """\
apiVersion: tradefleet.dev/v1alpha1
kind: TradingAccount
metadata:
  name: {name}
"""
_SPEC = """\
spec:
  exchange: bybit
  credentials: {secretName: keys}
  strategies:
    - name: xrp
      symbol: XRPUSDT
      grid: {leverage: 75, initialMargin: 1}
"""
_SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {apiKey: a, apiSecret: b}
"""
_GOOD = _HEAD.format(name="good") + _SPEC


def _validate(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(_APP, list(arguments), input=stdin)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "account.yaml"


def test_a_good_file_is_valid_and_its_secret_left_alone(file: Path) -> None:
    file.write_text(f"{_SECRET}---\n{_GOOD}")

    result = _validate("-f", str(file))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{file}:1: Secret default/keys: not checked here",
        f"{file}:6: TradingAccount default/good: valid",
    ]


def test_every_example_is_valid() -> None:
    examples = sorted((ROOT / "examples").glob("*.yaml"))

    result = _validate(*(part for path in examples for part in ("-f", str(path))))

    assert result.exit_code == 0, result.stdout


def test_every_wrong_field_is_named_with_line_path_rule_and_remedy(file: Path) -> None:
    file.write_text(
        _GOOD.replace("leverage: 75", "leverage: 0.5").replace("xrp\n", "XRP\n")
        + "  logLevel: loud\n  risk:\n    maxLeverag: 3\n    balanceBufferPercent: 101\n"
    )

    result = _validate("-f", str(file))

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{file}:1: TradingAccount default/good: refused",
        f"{file}:9: spec.strategies[0].name: must be 1 to 12 of the characters a-z, 0-9 and -, "
        "beginning with a letter; for example doge or xrp-1",
        f"{file}:11: spec.strategies[0].grid.leverage: must be at least 1; choose a number in that "
        "range",
        f"{file}:12: spec.logLevel: must be one of 'debug', 'info', 'warning', 'error' or "
        "'critical'; use one of these, spelled exactly so",
        f"{file}:14: spec.risk.maxLeverag: is no field of this resource; write maxLeverage, or "
        "remove it",
        f"{file}:15: spec.risk.balanceBufferPercent: must be 0 to 100; choose a number in that "
        "range",
    ]


def test_a_missing_field_has_the_line_of_what_it_is_missing_in(file: Path) -> None:
    file.write_text(_GOOD.replace(", initialMargin: 1", ""))

    result = _validate("-f", str(file))

    expected = f"{file}:11: spec.strategies[0].grid.initialMargin: is required; add it"
    assert result.stdout.splitlines()[1:] == [expected]


def test_several_documents_and_files_are_all_checked(file: Path, tmp_path: Path) -> None:
    file.write_text(f"{_GOOD}---\n{_HEAD.format(name='other')}spec: {{}}\n")
    second = tmp_path / "second.yaml"
    second.write_text(_HEAD.format(name="third") + _SPEC.replace("bybit", "nowhere"))

    result = _validate("-f", str(file), "-f", str(second))

    assert result.exit_code == 1
    assert f"{file}:1: TradingAccount default/good: valid" in result.stdout
    assert f"{file}:17: spec.exchange: is required; add it" in result.stdout
    assert f"{second}:6: spec.exchange: must be one of 'bybit'" in result.stdout


def test_an_account_that_stands_twice_is_named_with_both_places(file: Path) -> None:
    file.write_text(f"{_GOOD}---\n{_GOOD}")

    result = _validate("-f", str(file))

    assert result.exit_code == 1
    assert (
        f"{file}:13: metadata.name: is the account of {file}:1 once more; give it another name or "
        "namespace"
    ) in result.stdout


def test_one_name_in_two_namespaces_is_two_accounts(file: Path) -> None:
    elsewhere = _GOOD.replace("  name: good\n", "  name: good\n  namespace: b\n")
    file.write_text(f"{_GOOD}---\n{elsewhere}")

    assert _validate("-f", str(file)).exit_code == 0


def test_a_stop_in_a_file_is_warned_about(file: Path) -> None:
    """RI-15."""
    file.write_text(_GOOD + "  emergencyStop: false\n")

    result = _validate("-f", str(file))

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == (
        f"{file}:12: warning: spec.emergencyStop: in a file sets or undoes a stop whenever the "
        "file is applied again; leave it out, and stop with kubectl patch"
    )


def test_json_output_says_the_same(file: Path) -> None:
    file.write_text(_GOOD.replace("leverage: 75", "leverage: 0"))

    result = _validate("-f", str(file), "-o", "json")

    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "valid": False,
        "documents": [
            {
                "file": str(file),
                "line": 1,
                "verdict": "invalid",
                "kind": "TradingAccount",
                "namespace": "default",
                "name": "good",
                "findings": [
                    {
                        "line": 11,
                        "path": "spec.strategies[0].grid.leverage",
                        "rule": "must be at least 1",
                        "remedy": "choose a number in that range",
                    }
                ],
                "warnings": [],
            }
        ],
    }


def test_standard_input_is_a_file_too() -> None:
    result = _validate("-f", "-", stdin=_GOOD)

    assert result.exit_code == 0
    assert result.stdout == "-:1: TradingAccount default/good: valid\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: [1", 1, "is not YAML: "),
        ("a: 1\n\tb: 2", 2, "is not YAML: "),
        (_GOOD + "  risk: {}\n  risk: {}\n", 13, "risk is given twice; keep one of them"),
        ("- 1\n- 2\n", 1, "object: is no resource; begin it with apiVersion"),
        ("kind: TradingAccount\n", 1, "apiVersion: is required; add it"),
        ("apiVersion: tradefleet.dev/v1alpha1\n", 1, "kind: is required; add it"),
        (_GOOD.replace("TradingAccount", "TradingAcount"), 2, "kind: is unknown in tradefleet.dev"),
        (_GOOD.replace("tradefleet.dev/", "tradefleet.io/"), 1, "apiVersion: must be one of"),
        (_SECRET, 1, "holds no TradingAccount; name another file"),
        ("", 1, "holds no TradingAccount; name another file"),
        (
            _GOOD + "  risk: &r {maxNotional: *r}\n",
            12,
            "spec.risk.maxNotional.maxNotional: is no field",
        ),
        ("# nothing\n---\n", 1, "holds no TradingAccount; name another file"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_in_one_line(
    text: str, line: int, words: str, file: Path
) -> None:
    file.write_text(text)

    result = _validate("-f", str(file))

    assert result.exit_code == 1
    assert f"{file}:{line}: {words}" in result.stdout.splitlines()[-1]


def test_a_file_that_is_not_there_is_one_line(file: Path) -> None:
    result = _validate("-f", str(file))

    assert result.exit_code == 1
    assert result.stdout == (
        f"{file}:1: cannot be read: No such file or directory; name a readable file\n"
    )


def test_a_file_that_is_not_text_is_one_line(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")

    result = _validate("-f", str(file))

    assert result.stdout == f"{file}:1: is not text; save it as UTF-8\n"


def test_secrets_are_never_printed(file: Path) -> None:
    secret = "S3CR3T-S3CR3T"
    file.write_text(
        f"{_SECRET.replace('apiSecret: b', f'apiSecret: {secret}')}---\n{_GOOD}"
        f"  apiSecret: {secret}\n  mode: {secret}\n"
    )

    result = _validate("-f", str(file))

    assert result.exit_code == 1
    assert secret not in result.output


def test_without_a_file_the_usage_is_shown() -> None:
    result = _validate()

    assert result.exit_code == 2
    assert "--file" in result.output
