"""Every command and file on the page about the simulator works as it stands there."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from botrunner.simulator.scenario_faults import check_faults
from botrunner.simulator.scenario_file import parse_scenario
from botrunner.simulator.scenario_settings import settings_for
from support.simulator import RunningSimulator, running_simulator, simulator_process

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "simulator.md").read_text()
REST, CONTROL = "http://127.0.0.1:8480", "http://127.0.0.1:8481"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands(program: str) -> list[list[str]]:
    lines = "".join(blocks("console")).splitlines()
    return [shlex.split(line[2:]) for line in lines if line.startswith(f"$ {program}")]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


def here(text: str, simulator: RunningSimulator) -> str:
    return text.replace(REST, simulator.rest_url).replace(CONTROL, simulator.control_url)


def test_the_program_places_its_order(simulator: RunningSimulator) -> None:
    (program,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", here(program, simulator)], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert "'retCode': 0" in done.stdout
    assert "'size': '100.0'" in done.stdout


def test_every_curl_is_answered(simulator: RunningSimulator) -> None:
    asked = commands("curl")
    assert len(asked) > 20
    # On the page she has signed in by then; here she only has an account.
    simulator.command("money", {"account": "alice", "amount": "1"})

    for command in asked:
        *options, url = [here(argument, simulator) for argument in command[1:]]
        answer = _curl(options, url)
        assert answer.status_code == 200, (command, answer.text)
        assert answer.json().get("retCode", 0) == 0, (command, answer.text)


def _curl(options: list[str], url: str) -> requests.Response:
    # As curl does it, which need not be there: -d makes a POST of its text, -H adds a header.
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given.keys() <= {"-d", "-H"}, options
    name, _, value = given.get("-H", "").partition(": ")
    headers = {name: value} if name else {}
    if "-d" not in given:
        return requests.get(url, headers=headers, timeout=30)
    return requests.post(url, data=given["-d"], headers=headers, timeout=30)


@pytest.mark.parametrize("command", commands("tradefleet simulator"), ids=" ".join)
def test_every_start_is_ready(command: list[str]) -> None:
    with simulator_process(*command[2:]) as (_, said):
        assert said["ready"] is True


def test_the_scenario_is_one() -> None:
    (text,) = blocks("yaml")
    file = parse_scenario("crash.yaml", text)
    check_faults(file)
    settings = settings_for(file)

    assert settings.source.symbols == ("XRPUSDT", "ADAUSDT")
    assert len(file.scenario.faults) == 2
