"""What goes wrong with a life is reported, and mended without a restart of the process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.runtime.supervisor import Supervisor
from botrunner.runtime.venues import VenueError
from botrunner.runtime.wiring import Wiring
from botrunner.service.clock import SystemClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters
from support.memory_door import MemoryDoor, account_of, keys_of


class _Failing:
    """Makes no adapter, and counts how often one was wanted."""

    def __init__(self, error: Exception) -> None:
        self.error, self.calls = error, 0

    def __call__(self, spec: object, keys: Credentials, listeners: Listeners) -> Exchange:
        self.calls += 1
        raise self.error


@asynccontextmanager
async def _running(
    folder: Path, make: _Failing, records: list[str]
) -> AsyncIterator[tuple[MemoryDoor, Supervisor]]:
    clock, door = SystemClock(), MemoryDoor()
    log = Log(
        "alice",
        LogFiles.below(folder),
        clock,
        lambda record, text: records.append(str(record["event"])),
        lambda text: text,
    )
    wiring = Wiring(
        resource=door, make_exchange=make, clock=clock, log=log, meters=Meters(), version="1"
    )
    supervisor = Supervisor(wiring)
    task = asyncio.create_task(supervisor.run())
    try:
        yield door, supervisor
    finally:
        supervisor.end()
        await asyncio.wait_for(task, 60)
        log.close()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)  # noqa: TID251 - a poll, bounded by the timeout


async def test_a_life_that_breaks_is_reported_and_an_edit_begins_the_next_at_once(
    tmp_path: Path,
) -> None:
    """RI-7: the pause that grows with every break does not hold a mended account up."""
    make, records = _Failing(RuntimeError("boom")), list[str]()
    async with _running(tmp_path, make, records) as (door, supervisor):
        door.says(account=account_of(), keys=keys_of(), is_reachable=True)
        for calls in range(1, 6):  # The pause after the fifth is 16 s.
            await _until(lambda calls=calls: make.calls == calls)  # type: ignore[misc]  # the default binds it
            door.says(account=account_of(reconcileSeconds=10 + calls))
        await _until(lambda: door.reason("TradingEnabled") == "NotReported")

        assert "the runner broke: RuntimeError: boom" in door.message("TradingEnabled")
        assert "the runner broke: RuntimeError: boom" in supervisor.problems()[0]
    assert "lifeBroke" in records
    assert "RunnerBroke" in door.told


async def test_a_venue_that_has_no_address_is_said_without_a_stack(tmp_path: Path) -> None:
    """A condition, not a crash."""
    make, records = _Failing(VenueError("spec.endpoints: are wanted")), list[str]()
    async with _running(tmp_path, make, records) as (door, _):
        door.says(account=account_of(), keys=keys_of(), is_reachable=True)
        await _until(lambda: door.message("TradingEnabled") == "spec.endpoints: are wanted")

    assert "lifeBroke" not in records


async def test_nothing_is_reported_before_anything_was_read(tmp_path: Path) -> None:
    """A report made of nothing would wipe out what the last life left."""
    make = _Failing(RuntimeError())
    async with _running(tmp_path, make, []) as (door, supervisor):
        door.says(faults=("the API server does not answer",))
        await _until(lambda: supervisor.problems() == ("the API server does not answer",))

        assert door.reports == []
        door.says(is_reachable=True, faults=("spec.mode: is no mode",))
        await _until(lambda: door.reason("TradingEnabled") == "NotReported")


@pytest.mark.parametrize("reachable", [True, False])
async def test_it_ends_when_told_whatever_it_waits_for(tmp_path: Path, reachable: bool) -> None:
    """GR-52."""
    async with _running(tmp_path, _Failing(RuntimeError()), []) as (door, supervisor):
        door.says(is_reachable=reachable, faults=("nothing is there",))
        await _until(lambda: supervisor.problems() == ("nothing is there",))

    assert door.told == ["RunnerStarted"]
