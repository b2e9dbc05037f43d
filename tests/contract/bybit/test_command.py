"""`tradefleet simulator` as its own process."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from support.simulator import simulator_process
from support.waiting import wait_until

PROGRAM = [sys.executable, "-c", "from botrunner.cli.app import main; main()", "simulator"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={"COLUMNS": "100", "TERM": "dumb"},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly(number: signal.Signals) -> None:
    with simulator_process("--symbols", "XRPUSDT") as (process, said):
        answer = requests.get(f"{said['rest']}/v5/market/time", timeout=10).json()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert answer["retCode"] == 0
    assert said["ready"] is True
    assert said["symbols"] == ["XRPUSDT"]
    assert said["privateStream"] == said["rest"].replace("http", "ws") + "/v5/private"
    assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_cleanly_with_open_streams() -> None:
    with simulator_process("--symbols", "XRPUSDT") as (process, said):
        host, port = said["rest"].removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as stream:
            stream.sendall(
                b"GET /v5/public/linear HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            assert b"101" in stream.recv(4096)
            process.terminate()
            _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (0, "")


def test_a_person_is_told_how_to_sign_in() -> None:
    with subprocess.Popen(
        [*PROGRAM, "--symbols", "XRPUSDT", "--port", "0", "--control-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = "".join(iter(process.stdout.readline, "Ready. Ctrl-C stops it.\n"))
        process.terminate()

    assert process.returncode == 0
    assert 'HTTP(api_key="sim-alice", api_secret="sim-alice-secret")' in told
    assert "/v5/public/linear" in told
    assert "with 10000 USDT on its first signed call" in told


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("--port", port, "--control-port", "0")
        control = run("--port", "0", "--control-port", port)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"tradefleet simulator: port {port} on 127.0.0.1 is in use; stop what listens there or "
        "give another --port (0 takes any that is free)\n"
    )
    assert "give another --control-port" in control.stderr


def test_a_wrong_scenario_is_refused_before_anything_listens(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("speed: 0\nfaults:\n- {afterSeconds: 1, command: cutt}\n")
    refused = run("--scenario", str(file), "--port", "0")
    file.write_text("faults:\n- {afterSeconds: 1, command: cutt}\n")
    fault = run("--scenario", str(file), "--port", "0")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"tradefleet simulator: {file}:1: speed: must be greater than 0, is 0\n"
    )
    assert fault.stderr.startswith(
        f"tradefleet simulator: {file}:2: faults[0]: no command is called cutt"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--speed", "0"], "command line: speed: must be greater than 0, is 0"),
        (["--initial-balance", "-1"], "command line: initialBalance: must be greater than or"),
        (["--symbols", "EURUSDT"], "EURUSDT is no default contract; take one of BTCUSDT"),
        (["--prices", "builtin:x"], "builtin:x does not begin with the name of a contract"),
        (["--scenario", "a.yaml", "--symbols", "XRPUSDT"], "give --scenario, or --symbols and"),
        (["--scenario", "none.yaml"], "none.yaml: cannot be read: No such file or directory"),
    ],
)
def test_wrong_options_are_one_line(arguments: list[str], complaint: str) -> None:
    refused = run(*arguments)

    assert refused.returncode == 1
    assert complaint in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_prices_stand_still_until_they_are_stepped() -> None:
    with simulator_process("--symbols", "XRPUSDT", "--step") as (_, said):
        control = said["control"]
        before = requests.get(f"{control}/state", timeout=10).json()["prices"]
        taken = requests.post(f"{control}/step", data=json.dumps({"count": 50}), timeout=10)
        after = requests.get(f"{control}/state", timeout=10).json()["prices"]

    assert taken.json() == {"taken": 50}
    assert before["XRPUSDT"]["last"] != after["XRPUSDT"]["last"]


def test_a_token_guards_the_control_api() -> None:
    with simulator_process("--control-token", "sesame") as (_, said):
        closed = requests.get(f"{said['control']}/state", timeout=10)
        headers = {"Authorization": "Bearer sesame"}
        opened = requests.get(f"{said['control']}/state", headers=headers, timeout=10)

    assert (closed.status_code, opened.status_code) == (401, 200)


def test_the_faults_of_a_scenario_strike_by_themselves(tmp_path: Path) -> None:
    file = tmp_path / "crash.yaml"
    file.write_text(
        "step: true\n"
        "faults:\n"
        "- {afterSeconds: 0.1, command: price, body: {symbol: XRPUSDT, last: 1.01}}\n"
    )
    with simulator_process("--scenario", str(file)) as (_, said):
        url = f"{said['control']}/state"
        wait_until(
            lambda: requests.get(url, timeout=10).json()["prices"]["XRPUSDT"]["last"] == "1.01",
            "the price of the scenario's fault",
        )


def test_a_fault_that_cannot_be_done_ends_it_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "crash.yaml"
    file.write_text(
        "faults:\n- {afterSeconds: 0, command: price, body: {symbol: EURUSDT, last: 1}}\n"
    )
    refused = run("--scenario", str(file), "--port", "0", "--control-port", "0")

    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"tradefleet simulator: {file}:2: faults[0]: symbol: there is no EURUSDT"
    )


def test_the_help_teaches_by_examples() -> None:
    told = run("--help").stdout

    for word in ("Examples", "--scenario", "sim-NAME-secret", "--prices", "CSV"):
        assert word in told
