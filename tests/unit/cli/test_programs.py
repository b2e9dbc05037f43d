"""The three console scripts, run as a person runs them."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent
PROGRAMS = ("tradefleet", "kubectl-tradefleet", "tradefleet-operator")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One program of this environment, with what it printed."""
    return subprocess.run(
        [SCRIPTS / arguments[0], *arguments[1:]], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_says_its_version(program: str) -> None:
    done = run(program, "--version")

    assert (done.returncode, done.stdout.strip()) == (0, version("tradefleet"))


def test_the_help_names_every_command() -> None:
    done = run("tradefleet", "--help")

    assert done.returncode == 0
    for command in ("crds", "resume", "simulator", "status", "stop", "validate"):
        assert command in done.stdout


def test_the_plugin_is_the_same_program() -> None:
    assert run("kubectl-tradefleet", "crds").stdout == run("tradefleet", "crds").stdout != ""


def test_the_operator_without_a_command_names_the_one_there_is() -> None:
    done = run("tradefleet-operator")

    assert done.returncode == 2
    assert "a command is needed: run" in done.stderr
