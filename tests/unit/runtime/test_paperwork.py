"""Files are written off the loop: the newest of a kind, again after a failure."""

import asyncio
import threading
from collections.abc import Hashable

from botrunner.runtime.paperwork import Paperwork


async def test_the_newest_of_a_kind_is_written_and_the_older_never() -> None:
    written: list[int] = []
    paperwork = Paperwork(lambda kind, error: None)
    for number in range(3):
        paperwork.hand_in("status", lambda number=number: written.append(number))  # type: ignore[misc]  # the default binds it
    task = asyncio.create_task(paperwork.run())
    await paperwork.finish(20)
    task.cancel()

    assert written == [2]


async def test_a_full_disk_is_told_and_tried_again_with_the_next_paper() -> None:
    told: list[Hashable] = []
    failing = threading.Event()
    failing.set()
    written: list[str] = []

    def write() -> None:
        if failing.is_set():
            raise OSError(28, "No space left on device")
        written.append("status")

    paperwork = Paperwork(lambda kind, error: told.append((kind, error.strerror)))
    paperwork.hand_in("status", write)
    task = asyncio.create_task(paperwork.run())
    while not told:
        await asyncio.sleep(0)
    failing.clear()
    paperwork.hand_in("state", lambda: written.append("state"))
    await paperwork.finish(20)
    task.cancel()

    assert told[0] == ("status", "No space left on device")
    assert sorted(written) == ["state", "status"]
