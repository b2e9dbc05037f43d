"""When a report is written, and what a storage that does not answer does to it (KU-4)."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path

import pytest

from botapi.v1alpha1.status import (
    AccountReport,
    AccountStatus,
    RunnerReport,
    StreamsReport,
    StreamState,
)
from botrunner.runtime.publisher import HEARTBEAT, Publisher
from botrunner.service.clock import ManualClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters
from support.memory_door import MemoryDoor
from unit.runtime.test_inbox import NOON

SECOND = timedelta(seconds=1)


@pytest.fixture
def records() -> list[Mapping[str, object]]:
    return []


@pytest.fixture
def door() -> MemoryDoor:
    return MemoryDoor()


@pytest.fixture
def log(tmp_path: Path, records: list[Mapping[str, object]]) -> Iterator[Log]:
    def line(record: Mapping[str, object], text: str) -> None:
        records.append(record)

    made = Log("alice", LogFiles.below(tmp_path), ManualClock(NOON), line, lambda text: text)
    yield made
    made.close()


@pytest.fixture
def publisher(door: MemoryDoor, log: Log) -> Publisher:
    return Publisher(door, log, Meters())


def _status(at: datetime, equity: str = "1000", private: str = "connected") -> AccountStatus:
    return AccountStatus(
        account=AccountReport(equity=D(equity), maintenance_margin_rate=D(2)),
        streams=StreamsReport(private=StreamState(private)),
        runner=RunnerReport(epoch=1, last_report=at),
    )


async def _write(publisher: Publisher) -> None:
    task = asyncio.create_task(publisher.run())
    await publisher.finish(20)
    task.cancel()


async def _published(
    publisher: Publisher, door: MemoryDoor, *statuses: tuple[timedelta, AccountStatus]
) -> list[int]:
    """How many reports were written after each status."""
    counts = []
    for after, status in statuses:
        publisher.publish(status, NOON + after)
        await _write(publisher)
        counts.append(len(door.reports))
    return counts


async def test_nothing_is_written_while_nothing_changes_but_the_heartbeat(
    publisher: Publisher, door: MemoryDoor
) -> None:
    """Every report carries a new time of its own, and that alone is no reason."""
    ages = [0 * SECOND, SECOND, 60 * SECOND, HEARTBEAT - SECOND, HEARTBEAT]
    counts = await _published(publisher, door, *((age, _status(NOON + age)) for age in ages))

    assert counts == [1, 1, 1, 1, 2]


async def test_numbers_wait_for_the_interval_and_states_do_not(
    publisher: Publisher, door: MemoryDoor
) -> None:
    counts = await _published(
        publisher,
        door,
        (0 * SECOND, _status(NOON)),
        (SECOND, _status(NOON + SECOND, equity="2000")),
        (2 * SECOND, _status(NOON + 2 * SECOND, equity="2000", private="reconnecting")),
        (30 * SECOND, _status(NOON + 30 * SECOND, equity="3000", private="reconnecting")),
    )

    assert counts == [1, 1, 2, 3]


async def test_a_venue_whose_clock_is_ahead_does_not_make_every_report_new(
    publisher: Publisher, door: MemoryDoor
) -> None:
    """KU-4: the engine's time is that of the last event, and may be ahead of ours."""
    ages = [0 * SECOND, SECOND, 2 * SECOND]
    counts = await _published(
        publisher, door, *((age, _status(NOON + age + SECOND)) for age in ages)
    )

    assert counts == [1, 1, 1]


async def test_a_clock_that_was_set_back_does_not_silence_the_reports(
    publisher: Publisher, door: MemoryDoor
) -> None:
    hour = timedelta(hours=1)
    counts = await _published(
        publisher, door, (hour, _status(NOON + hour)), (0 * SECOND, _status(NOON))
    )

    assert counts == [1, 2]


def test_accounts_that_began_together_report_at_different_times(log: Log) -> None:
    """KU-4: the jitter is a fact of the name, and stays below a tenth."""
    due = []
    for number in range(50):
        door = MemoryDoor(f"account-{number:03}")
        publisher = Publisher(door, log, Meters())
        publisher.set_interval(100)
        publisher.publish(_status(NOON), NOON)
        due.append(
            next(s for s in range(200) if publisher.is_due(NOON + s * SECOND)),
        )

    assert 89 <= min(due) < max(due) <= 111
    assert len(set(due)) > 10


async def test_an_outage_is_told_once_and_its_end_once(
    publisher: Publisher, door: MemoryDoor, records: list[Mapping[str, object]]
) -> None:
    """The newest report is the one that arrives."""
    door.is_broken = True
    task = asyncio.create_task(publisher.run())
    for number in range(3):
        publisher.publish(_status(NOON + HEARTBEAT * number), NOON + HEARTBEAT * number)
        while not records:
            await asyncio.sleep(0)
    door.is_broken = False
    publisher.publish(_status(NOON + HEARTBEAT * 4), NOON + HEARTBEAT * 4)
    await publisher.finish(20)
    task.cancel()

    assert [record["event"] for record in records] == ["reportFailed", "reportWritten"]
    assert [status.runner.last_report for status in door.reports if status.runner] == [
        NOON + HEARTBEAT * 4
    ]


async def test_a_storage_that_does_not_answer_holds_no_other_file_up(
    publisher: Publisher, door: MemoryDoor
) -> None:
    """RI-6: the copy is written though the API server is away."""
    door.is_broken = True
    written = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(publisher.run())
    publisher.publish(_status(NOON), NOON)

    def write() -> None:
        loop.call_soon_threadsafe(written.set)

    publisher.files.hand_in("copy", write)
    await asyncio.wait_for(written.wait(), 60)
    task.cancel()

    assert door.reports == []
