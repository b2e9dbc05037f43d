"""Logs hold what happened and no secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from botrunner.service.logs import HIDDEN, LogFormat, SecretValues, configure_logs


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


def lines(output: io.StringIO) -> list[Any]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_says_when_how_grave_and_what(output: io.StringIO) -> None:
    configure_logs(log_format=LogFormat.JSON, stream=output)
    structlog.get_logger().info("order placed", symbol="BTCUSDT", quantity="0.01")

    line = lines(output)[0]
    assert (line["event"], line["level"], line["symbol"]) == ("order placed", "info", "BTCUSDT")
    assert line["timestamp"].endswith("Z")


def test_text_is_key_and_value(output: io.StringIO) -> None:
    configure_logs(stream=output)
    structlog.get_logger().info("order placed", reduce_only=True)

    assert 'level=info event="order placed" reduce_only=true' in output.getvalue()


@pytest.mark.parametrize(
    "key",
    [
        "secret",
        "api_key",
        "apiKey",
        "X-BAPI-SIGN",
        "Authorization",
        "control_token",
        "privateKeyPassword",
    ],
)
def test_a_value_under_a_secret_name_is_hidden(output: io.StringIO, key: str) -> None:
    configure_logs(log_format=LogFormat.JSON, stream=output)
    structlog.get_logger().info("request", headers={key: "abcdef"}, **{key: "abcdef"})

    line = lines(output)[0]
    assert line[key] == HIDDEN
    assert line["headers"] == {key: HIDDEN}


def test_a_known_secret_is_hidden_wherever_it_turns_up(output: io.StringIO) -> None:
    secrets = SecretValues()
    configure_logs(log_format=LogFormat.JSON, stream=output, secrets=secrets)
    secrets.add("hunter2-hunter2")
    try:
        raise ValueError("the venue says hunter2-hunter2")
    except ValueError as error:
        structlog.get_logger().exception(
            "failed", text="a hunter2-hunter2 b", error=error, n=["hunter2-hunter2"]
        )

    assert "hunter2" not in output.getvalue()
    assert lines(output)[0]["text"] == f"a {HIDDEN} b"
    assert "ValueError" in lines(output)[0]["exception"]


def test_libraries_go_the_same_way(output: io.StringIO) -> None:
    secrets = SecretValues()
    secrets.add("hunter2-hunter2")
    configure_logs(log_format=LogFormat.JSON, stream=output, secrets=secrets)
    logging.getLogger("somebody").warning("lost %s", "hunter2-hunter2")
    logging.getLogger("somebody").info("chatter")

    assert [line["event"] for line in lines(output)] == [f"lost {HIDDEN}"]


def test_a_common_short_text_is_no_secret() -> None:
    secrets = SecretValues()
    secrets.add("a")
    secrets.add("")

    assert secrets.hide("banana") == "banana"


def test_the_level_counts_and_an_unknown_one_is_named(output: io.StringIO) -> None:
    configure_logs(level="warning", stream=output)
    structlog.get_logger().info("quiet")

    assert output.getvalue() == ""
    with pytest.raises(ValueError, match="LOUD"):
        configure_logs(level="LOUD", stream=output)
