"""What stands where the stop file belongs, and a disk that takes nothing."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botrunner.account_resource.state_folder import LOCK, StateFolder
from botrunner.account_resource.stop_file import is_made_by_person, read_stop_file, write_stop
from botrunner.domain.emergency import EmergencyStop, StopCause, StopPolicy


def test_a_stop_file_that_cannot_be_read_is_a_stop_and_no_crash(tmp_path: Path) -> None:
    """RI-8: a person who made a folder, or a file as another user, meant the stop."""
    path = tmp_path / ".emergency_stop"
    path.mkdir()
    stop = EmergencyStop(
        emergency_id="e8c2f6",
        cause=StopCause.MARGIN,
        reason="",
        symbol="",
        rate="",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        latched=True,
    )
    write_stop(path, stop, StopPolicy.FREEZE)

    assert is_made_by_person(path)
    assert read_stop_file(path) is None
    assert path.is_dir()


def test_a_full_disk_keeps_nobody_from_holding_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exits have to go on whether or not the number of the process can be written."""

    def full(*arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = StateFolder(tmp_path / "alice")
    with monkeypatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        folder.hold()

    assert (tmp_path / "alice" / LOCK).exists()
    folder.release()
