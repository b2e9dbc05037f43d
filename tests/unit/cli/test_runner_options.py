"""What `tradefleet runner` refuses before anything runs, and what it says about it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from botrunner.cli.app import app

RUNNER = CliRunner(env={"KUBERNETES_SERVICE_HOST": "", "COLUMNS": "200", "NO_COLOR": "1"})
WHO = ("--namespace", "clients", "--account", "account-001")


def test_outside_of_a_pod_it_says_what_to_give() -> None:
    done = RUNNER.invoke(app, ["runner", *WHO])

    assert done.exit_code == 1
    assert done.output.startswith("tradefleet runner: this is no pod")
    assert "tradefleet run" in done.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--api-server", "http://10.0.0.1:6443"), "must begin with https"),
        (("--api-server", "10.0.0.1"), "is no address"),
        (("--simulator", "simulator:8480"), "is no address"),
        (("--simulator", "http://host:8480/v5"), "is no address"),
        (("--probe-port", "70000"), "probe-port"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(arguments: tuple[str, ...], why: str) -> None:
    done = RUNNER.invoke(app, ["runner", *WHO, *arguments])

    assert done.exit_code == 2
    assert why in done.output


def test_whose_account_it_is_must_be_said() -> None:
    assert RUNNER.invoke(app, ["runner", "--namespace", "clients"]).exit_code == 2


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    place = ("--api-server", "https://127.0.0.1:1", "--state-dir", str(blocked))
    done = RUNNER.invoke(app, ["runner", *WHO, *place])

    assert done.exit_code == 1
    assert "cannot be used" in done.output
    assert "Traceback" not in done.output
