"""What end-to-end tests read of the API server's audit log, also after it was rotated."""

import json
from pathlib import Path

import pytest

from support.audit import Audit


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with one line that nobody asks for."""
    path = tmp_path / "audit.log"
    path.write_text("")
    write(path, "before")
    return path


def write(path: Path, name: str) -> None:
    """The API server answers one more request, about an object of this name."""
    moment = "2026-01-01T12:00:00.000000Z"
    line = {
        "objectRef": {"resource": "tradingaccounts", "name": name},
        "requestReceivedTimestamp": moment,
        "stageTimestamp": moment,
    }
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def rotate(path: Path, moment: str) -> Path:
    """As the API server does once the log is large."""
    rotated = path.with_name(f"{path.stem}-{moment}{path.suffix}")
    path.rename(rotated)
    path.write_text("")
    return rotated


def names(audit: Audit) -> list[str]:
    return [entry.name for entry in audit.entries()]


def test_what_was_written_before_is_not_told(log: Path) -> None:
    audit = Audit(log)
    write(log, "first")

    assert names(audit) == ["first"]


def test_a_log_that_was_rotated_twice_is_read_in_order(log: Path) -> None:
    rotate(log, "2026-01-01T11-00-00.000")
    audit = Audit(log)
    write(log, "first")
    rotate(log, "2026-01-01T12-00-00.000")
    write(log, "second")
    rotate(log, "2026-01-01T13-00-00.000")
    write(log, "third")

    assert names(audit) == ["first", "second", "third"]


def test_a_part_that_was_deleted_is_an_error_and_not_silence(log: Path) -> None:
    """That nothing was written is what tests want to see: it must not come from a lost file."""
    audit = Audit(log)
    kept = rotate(log, "2026-01-01T12-00-00.000")
    write(log, "second")
    kept.unlink()

    with pytest.raises(LookupError, match="deleted"):
        audit.entries()
