"""What an earlier life left, damaged; and a latch that never reached the disk."""

import pytest

from botrunner.account_resource.file import FileResource
from botrunner.account_resource.state_folder import COPY, STATUS
from botrunner.account_resource.stop_file import NAME
from botrunner.domain.emergency import StopPolicy
from unit.account_resource.test_file import STOP


@pytest.mark.parametrize("text", ["since: 2026-13-01", "[" * 5_000, "\0", "status: {runner: 1}"])
def test_no_damage_of_what_was_reported_or_copied_stops_a_start(
    door: FileResource, text: str
) -> None:
    """GR-44 and RI-6: neither is needed."""
    for name in (STATUS, COPY):
        (door.folder.path / name).write_text(text)

    assert door.last_status() is None
    assert door.saved_strategies() == ()


def test_a_folder_in_the_place_of_a_file_stops_no_start_either(door: FileResource) -> None:
    for name in (STATUS, COPY):
        (door.folder.path / name).mkdir()

    assert door.last_status() is None
    assert door.saved_strategies() == ()


def test_a_latched_stop_that_the_disk_refused_holds_in_the_next_life(door: FileResource) -> None:
    """RI-2: a life may end, by an edit of the keys say, before the disk has room."""
    draft = door.folder.path / f"{NAME}.new"
    draft.mkdir()
    with pytest.raises(IsADirectoryError):
        door.record_stop(STOP, StopPolicy.FLATTEN)

    assert door.latched_stop() == STOP
    draft.rmdir()
    door.record_stop(STOP, StopPolicy.FLATTEN)
    door.clear_stop(STOP.emergency_id)
    assert door.latched_stop() is None


def test_a_latched_stop_that_was_never_written_ends_by_its_id(door: FileResource) -> None:
    """RI-2: and is not written down afterwards."""
    draft = door.folder.path / f"{NAME}.new"
    draft.mkdir()
    with pytest.raises(IsADirectoryError):
        door.record_stop(STOP, StopPolicy.FLATTEN)
    door.clear_stop(STOP.emergency_id)
    draft.rmdir()
    door.read()

    assert door.latched_stop() is None
    assert not (door.folder.path / NAME).exists()
