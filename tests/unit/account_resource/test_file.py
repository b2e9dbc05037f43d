"""The door as a file: edits, the stop file, the status, and what a crash leaves."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botapi.v1alpha1.status import AccountStatus, RunnerReport
from botrunner.account_resource.file import FileResource
from botrunner.account_resource.port import AccountResourceError, Reading
from botrunner.account_resource.state_folder import StateFolder
from botrunner.domain.emergency import EmergencyStop, StopCause, StopPolicy
from unit.account_resource.test_reading import TEXT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STOP = EmergencyStop(
    emergency_id="8c2f6d",
    cause=StopCause.MARGIN,
    reason="maintenance-margin rate\n0.93",
    symbol="XRPUSDT",
    rate="0.93",
    at=NOON,
    latched=True,
)


@pytest.fixture
async def seen(door: FileResource) -> AsyncIterator[asyncio.Queue[Reading]]:
    """Readings as the watch gives them."""
    readings: asyncio.Queue[Reading] = asyncio.Queue()

    async def watch() -> None:
        async for reading in door.watch():
            readings.put_nowait(reading)

    task = asyncio.create_task(watch())
    await asyncio.sleep(0)
    yield readings
    task.cancel()


async def test_an_edit_is_seen(door: FileResource, seen: asyncio.Queue[Reading]) -> None:
    door.path.write_text(TEXT + "  emergencyStop: true\n")

    assert (await asyncio.wait_for(seen.get(), 20)).stops == ("spec.emergencyStop",)


async def test_a_file_written_in_two_parts_ends_as_the_whole(
    door: FileResource, seen: asyncio.Queue[Reading]
) -> None:
    """An editor that truncates first is seen half-way; nothing is taken back by that."""
    good = door.read().account
    door.path.write_text("")
    half = await asyncio.wait_for(seen.get(), 20)
    door.path.write_text(TEXT.replace("initialMargin: 1", "initialMargin: 2"))
    whole = await asyncio.wait_for(seen.get(), 20)

    assert (half.account, half.is_reachable) == (good, False)
    assert whole.is_reachable and whole.account is not None
    grid = whole.account.spec.strategies[0].grid
    assert grid is not None and grid.initial_margin == 2


async def test_a_stop_file_of_a_person_stops_and_its_deletion_ends_it(
    door: FileResource, seen: asyncio.Queue[Reading]
) -> None:
    """RI-8: whatever stands in it, even nothing."""
    stop_file = door.folder.path / ".emergency_stop"
    stop_file.touch()
    assert (await asyncio.wait_for(seen.get(), 20)).stops == ("file .emergency_stop",)
    stop_file.unlink()

    assert (await asyncio.wait_for(seen.get(), 20)).stops == ()


def test_a_recorded_stop_is_whole_and_is_no_person_s(door: FileResource) -> None:
    """RI-4, RI-8: the id stands first; another life reads the same stop."""
    door.record_stop(STOP, StopPolicy.FLATTEN)
    lines = (door.folder.path / ".emergency_stop").read_text().splitlines()

    assert lines[0] == "8c2f6d"
    assert "reason: maintenance-margin rate 0.93" in lines
    latched = door.latched_stop()
    assert latched is not None and latched.emergency_id == STOP.emergency_id
    assert (latched.cause, latched.at, latched.latched) == (StopCause.MARGIN, NOON, True)
    assert door.read().stops == ()


def test_deleting_the_file_of_a_latched_stop_acknowledges_it(door: FileResource) -> None:
    """RI-8."""
    door.record_stop(STOP, StopPolicy.CANCEL_ENTRIES)
    assert door.read().acknowledged == ()
    (door.folder.path / ".emergency_stop").unlink()

    assert door.read().acknowledged == ("8c2f6d",)


def test_a_damaged_stop_file_is_as_firm_as_a_whole_one(door: FileResource) -> None:
    """What cannot be read of it never loosens it."""
    stop_file = door.folder.path / ".emergency_stop"
    stop_file.write_text("8c2f6d\ncause: lightning\ntimestamp: noon\n")
    damaged = door.latched_stop()

    assert damaged is not None
    assert (damaged.cause, damaged.latched) == (StopCause.ERRORS, True)
    stop_file.write_bytes(b"\xff\xfe\x00")
    assert door.read().stops == ("file .emergency_stop",)


def test_a_person_s_file_is_never_overwritten_nor_removed(door: FileResource) -> None:
    stop_file = door.folder.path / ".emergency_stop"
    stop_file.write_text("stop, please\n")
    door.record_stop(STOP, StopPolicy.FREEZE)
    door.clear_stop(STOP.emergency_id)

    assert stop_file.read_text() == "stop, please\n"


def test_the_status_is_read_back_and_a_damaged_one_is_none(door: FileResource) -> None:
    """GR-44: it never stops a start."""
    door.report(AccountStatus(runner=RunnerReport(epoch=7)))
    told = door.last_status()
    assert told is not None and told.runner is not None and told.runner.epoch == 7

    for text in ("", "[", "status: 5", "status: {runner: {epoch: seven}}"):
        (door.folder.path / "status.yaml").write_text(text)
        assert door.last_status() is None
    assert oct((door.folder.path / "status.yaml").stat().st_mode)[-3:] == "600"


def test_strategies_of_the_last_life_are_known_to_the_next(door: FileResource) -> None:
    """KU-27: those that left the list too; a damaged copy is no strategy."""
    account = door.read().account
    assert account is not None
    door.save_copy(account, account.spec.strategies)

    assert [each.name for each in door.saved_strategies()] == ["xrp", "xrp"]
    assert "secret" not in (door.folder.path / "account.yaml").read_text().replace("secretName", "")
    (door.folder.path / "account.yaml").write_text("- 5\n")
    assert door.saved_strategies() == ()


def test_a_folder_is_held_by_one_process_until_it_dies(tmp_path: Path) -> None:
    """KU-24: the kernel lets go of it, also after kill -9."""
    code = (
        "import sys, pathlib; from botrunner.account_resource.state_folder import StateFolder;"
        "StateFolder(pathlib.Path(sys.argv[1])).hold(); print('held', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "alice")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(AccountResourceError, match=f"process {holder.pid}"):
            StateFolder(tmp_path / "alice").hold()
        holder.kill()
    folder = StateFolder(tmp_path / "alice")
    folder.hold()

    assert (tmp_path / "alice" / ".lock").read_text() == f"{os.getpid()}\n"
    folder.release()


def test_a_folder_that_cannot_be_made_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(AccountResourceError, match="--state-dir"):
        StateFolder(tmp_path / "file" / "alice").hold()
