"""Two stops of one account, one after the other or one over the other: each ends by its own."""

import asyncio
import os
from dataclasses import replace

from botrunner.account_resource.file import FileResource
from botrunner.account_resource.port import Reading
from botrunner.account_resource.stop_file import NAME
from botrunner.domain.emergency import StopPolicy
from botrunner.service.clock import SystemClock
from unit.account_resource.test_file import STOP

NEXT = replace(STOP, emergency_id="8c2f6e")


def test_a_stop_engaged_as_another_ended_ends_by_its_own_file(door: FileResource) -> None:
    """RI-8: the new one is recorded before the old one is cleared."""
    door.record_stop(STOP, StopPolicy.CANCEL_ENTRIES)
    door.record_stop(NEXT, StopPolicy.CANCEL_ENTRIES)
    door.clear_stop(STOP.emergency_id)
    held = door.read().acknowledged
    (door.folder.path / NAME).unlink()

    assert held == ()
    assert door.read().acknowledged == (NEXT.emergency_id,)


def test_a_person_who_deletes_their_own_file_ends_no_latched_stop(door: FileResource) -> None:
    """RI-2, RI-8: the latch is written as soon as there is room for it, and ends by itself."""
    file = door.folder.path / NAME
    file.write_text("the boiler is leaking\n")
    door.record_stop(STOP, StopPolicy.CANCEL_ENTRIES)
    while_both = door.read()
    file.unlink()
    after = door.read()

    assert (while_both.stops, while_both.acknowledged) == (("file .emergency_stop",), ())
    assert (after.stops, after.acknowledged) == ((), ())
    assert file.read_text().splitlines()[0] == STOP.emergency_id

    file.unlink()
    assert door.read().acknowledged == (STOP.emergency_id,)


def test_a_latched_stop_beside_a_person_s_file_outlives_the_process(door: FileResource) -> None:
    """RI-2, RI-4, RI-8: killed while both held; the person's own file goes later."""
    file = door.folder.path / NAME
    file.write_text("the boiler is leaking\n")
    door.record_stop(STOP, StopPolicy.FLATTEN)
    after = FileResource(door.path, door.name, door.folder, SystemClock(), {})
    found = after.latched_stop()
    untouched = file.read_text()
    file.unlink()
    held = after.read()

    assert found is not None and found.emergency_id == STOP.emergency_id
    assert untouched == "the boiler is leaking\n"
    assert (held.stops, held.acknowledged) == ((), ())
    assert file.read_text().splitlines()[0] == STOP.emergency_id


def test_a_latched_stop_that_was_kept_beside_ends_by_its_own_file(door: FileResource) -> None:
    """RI-8: nothing of it is left over for the next start."""
    file = door.folder.path / NAME
    file.write_text("the boiler is leaking\n")
    door.record_stop(STOP, StopPolicy.FLATTEN)
    file.unlink()
    after = FileResource(door.path, door.name, door.folder, SystemClock(), {})
    found = after.latched_stop()
    written = file.read_text()
    file.unlink()
    ended = after.read().acknowledged
    after.clear_stop(STOP.emergency_id)

    assert found is not None and found.emergency_id == STOP.emergency_id
    assert "policy: Flatten" in written.splitlines()
    assert ended == (STOP.emergency_id,)
    assert after.latched_stop() is None


def test_an_acknowledged_stop_leaves_the_person_s_file_and_nothing_beside(
    door: FileResource,
) -> None:
    """RI-8: spec.acknowledgedEmergency names it while the person's own stop still holds."""
    file = door.folder.path / NAME
    file.write_text("the boiler is leaking\n")
    door.record_stop(STOP, StopPolicy.FLATTEN)
    door.clear_stop(STOP.emergency_id)
    after = FileResource(door.path, door.name, door.folder, SystemClock(), {})

    assert after.latched_stop() is None
    assert file.read_text() == "the boiler is leaking\n"


async def test_a_stop_file_deleted_before_the_watch_ever_saw_it_ends_the_stop(
    door: FileResource,
) -> None:
    """RI-8: written and deleted between two looks."""
    os.utime(door.path, (0, 0))

    async def next_reading() -> Reading:
        return await anext(aiter(door.watch()))

    watching = asyncio.create_task(next_reading())
    await asyncio.sleep(0)
    door.record_stop(STOP, StopPolicy.CANCEL_ENTRIES)
    (door.folder.path / NAME).unlink()
    reading = await asyncio.wait_for(watching, 10)

    assert reading.acknowledged == (STOP.emergency_id,)
