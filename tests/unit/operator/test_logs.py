"""The log: one line of JSON each, ours and the libraries' (OB-5)."""

import json
import logging
from collections.abc import Iterator

import pytest

from botoperator import logs
from botoperator.logs import Log, Shape


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """The loggers are as before when the test has ended."""
    root = logging.getLogger()
    names = ("kopf", "kubernetes", "aiohttp", "kopf._core.reactor.running")
    before = root.handlers[:], root.level, {n: logging.getLogger(n).level for n in names}
    yield
    root.handlers[:], level, levels = before
    root.setLevel(level)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was written, decoded."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_record_is_one_line_of_json_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", Shape.JSON)
    Log().info("carriedOut", account="clients/alice", applied=["Role"])

    [line] = lines(capsys)
    assert str(line.pop("at")).endswith("+00:00")
    assert line == {
        "severity": "info",
        "event": "carriedOut",
        "account": "clients/alice",
        "applied": ["Role"],
    }


def test_what_is_less_severe_than_the_level_is_not_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("warning", Shape.JSON)
    for write in (Log().debug, Log().info, Log().warning):
        write("told")

    assert [line["severity"] for line in lines(capsys)] == ["warning"]


def test_a_fault_comes_with_its_stack_in_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", Shape.JSON)
    try:
        raise LookupError("a fault")
    except LookupError as error:
        Log().error("attemptFailed", cause=error)

    [line] = lines(capsys)
    assert "LookupError: a fault" in str(line["stack"])


@pytest.mark.parametrize("level", ["debug", "info"])
def test_libraries_are_heard_from_warnings_on_at_any_level_of_ours(
    level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A client at DEBUG prints the bodies that it sends."""
    logs.set_up(level, Shape.JSON)
    for name in ("kopf.objects", "kubernetes.client.rest", "aiohttp.access"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble with %s", "it")

    said = lines(capsys)
    assert {line["message"] for line in said} == {"trouble with it"}
    assert [line["logger"] for line in said][0] == "kopf.objects"


def test_a_person_reads_words(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", Shape.TEXT)
    Log().warning("retry", account="clients/alice", seconds=0.01)

    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith("WARNING retry account=clients/alice seconds=0.01")
