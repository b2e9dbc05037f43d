"""What `tradefleet feed` refuses before anything runs, and what it says about it (MD-8)."""

import socket

import pytest
from typer.testing import CliRunner

from botrunner.cli.app import app

RUNNER = CliRunner()


def refused(*arguments: str) -> str:
    done = RUNNER.invoke(app, ["feed", "--symbol", "XRPUSDT", *arguments])
    assert done.exit_code == 1, done.output
    return done.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--host", "0.0.0.0"), "whoever reaches it could subscribe"),
        (("--host", "0.0.0.0", "--keys", "none"), "whoever reaches it could subscribe"),
        (("--keys", "nowhere.json"), "there is no such file"),
        (("--book-depth", "25"), "1, 50, 200 and 1000"),
        (("--market", "spot"), "futures is the only one"),
        (("--interval", "7"), "--interval 7: the exchange has 1, 3, 5"),
        (("--environment", "simulated"), "give both or neither"),
        (("--simulator", "http://localhost:1"), "give both or neither"),
        (("--environment", "simulated", "--simulator", "nonsense"), "no address of a simulator"),
        (("--public-stream", "http://example.org"), "must begin with ws:// or wss://"),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_remedy(
    arguments: tuple[str, ...], why: str
) -> None:
    said = refused(*arguments)

    assert said.startswith("tradefleet feed: ")
    assert why in said


def test_a_port_in_use_is_a_condition_and_no_stack_trace() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        where = ("--environment", "simulated", "--simulator", "http://127.0.0.1:9")
        said = refused(*where, "--port", port, "--probe-port", "0")

    assert f"--port {port}" in said and "in use" in said


def test_the_help_teaches_by_examples() -> None:
    done = RUNNER.invoke(app, ["feed", "--help"])

    assert done.exit_code == 0
    assert "tradefleet feed --symbol XRPUSDT" in done.output
