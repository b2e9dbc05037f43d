"""Puts `tradefleet run` together: doors, venues, supervisors, probes, and who hears the log."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from botapi.v1alpha1.account import Mode, TradingAccountSpec
from botrunner.account_resource.file import FileResource
from botrunner.account_resource.port import AccountResourceError
from botrunner.account_resource.state_folder import StateFolder
from botrunner.cli.account_files import names_in, remember
from botrunner.cli.event_loop import settle
from botrunner.runtime.admission import FileOrder, venue_of
from botrunner.runtime.supervisor import Supervisor
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.runtime.venues import inside, start_simulator, wants_simulator
from botrunner.runtime.wiring import Wiring
from botrunner.service.clock import SystemClock
from botrunner.service.line_writer import LineWriter
from botrunner.service.logs import CLOSE_SECONDS, DailyFile, Log, LogFiles
from botrunner.service.meters import Meters

if TYPE_CHECKING:
    # What serves is imported when it is asked for: a runner keeps its memory small.
    from botrunner.runtime.neighbours import Neighbours
    from botrunner.service.health import HealthServer
    from botrunner.simulator.server import Simulator

LOOPBACK = "127.0.0.1"
DRY_RUN_FOLDER = "dry-run"
_SIM = "sim-"
Hear = Callable[[Mapping[str, object]], None]


class RunError(Exception):
    """The accounts cannot be started; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What `tradefleet run` was told."""

    files: tuple[Path, ...]
    state_dir: Path
    audit: TextIO | None = None
    metrics_port: int | None = None
    speed: Decimal = Decimal(1)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that may hold keys."""


@dataclass(slots=True, kw_only=True)
class Fleet:
    """The accounts of one process, once they run."""

    supervisors: list[Supervisor]
    meters: Meters
    simulator: "Simulator | None" = None
    health: "HealthServer | None" = None

    def end(self) -> None:
        """Tell every account to end."""
        for supervisor in self.supervisors:
            supervisor.end()

    def problems(self) -> tuple[str, ...]:
        """What keeps accounts from trading, one line each."""
        return tuple(
            f"{each.name}: {problem}" for each in self.supervisors for problem in each.problems()
        )


async def run_accounts(
    settings: RunSettings, hear: Hear, show: Callable[[Fleet], None] = lambda fleet: None
) -> None:
    """Trade every account of the files until SIGTERM or SIGINT.

    ``hear`` gets every record of every account's log; ``show`` the fleet once it is complete.
    Raises RunError before anything trades.
    """
    async with AsyncExitStack() as stack:
        fleet = await _assemble(settings, hear, stack)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, fleet.end)
        show(fleet)
        settle()
        await asyncio.gather(*(supervisor.run() for supervisor in fleet.supervisors))


async def _assemble(settings: RunSettings, hear: Hear, stack: AsyncExitStack) -> Fleet:
    clock, meters = SystemClock(), Meters()
    doors = [
        _open_door(path, name, settings, clock, stack)
        for path in settings.files
        for name in names_in(path, settings.state_dir)
    ]
    simulator = await _simulator(doors, clock, settings.speed, stack)
    where = inside(simulator) if simulator is not None else None
    writer = LineWriter()
    stack.callback(writer.close, CLOSE_SECONDS)
    fleet_log = DailyFile(settings.state_dir / "logs", "fleet", writer)
    stack.callback(fleet_log.close)
    neighbours = _neighbours(clock) if len(doors) > 1 else None
    order = FileOrder({door.name: venue_of(_venue_account(door)[1]) for door in doors})
    supervisors = [
        Supervisor(
            Wiring(
                resource=door,
                make_exchange=VenueMaker(where, clock, stack, neighbours=neighbours),
                clock=clock,
                log=_log(door, clock, (writer, fleet_log), hear, stack),
                meters=meters,
                version=version("tradefleet"),
                admission=order.place_of(door.name),
                folder=door.folder.path,
                audit=settings.audit,
            )
        )
        for door in doors
    ]
    fleet = Fleet(supervisors=supervisors, meters=meters, simulator=simulator)
    await _serve_probes(fleet, settings.metrics_port, stack)
    if fleet.health is not None:
        record = {"at": clock.now().isoformat(), "severity": "info", "event": "probes"}
        hear({**record, "port": fleet.health.port})
    return fleet


def _neighbours(clock: SystemClock) -> "Neighbours":
    """Several accounts share; one alone keeps its memory small."""
    from botrunner.runtime.neighbours import Neighbours

    return Neighbours(clock)


def _open_door(
    path: Path, name: str, settings: RunSettings, clock: SystemClock, stack: AsyncExitStack
) -> FileResource:
    door = _door(path, name, settings, clock)
    folder = door.folder
    try:
        folder.hold()
    except AccountResourceError as error:
        raise RunError(str(error)) from None
    stack.callback(folder.release)
    reading = door.read()
    if reading.account is None or reading.keys is None:
        why = "; ".join(part for part in (*reading.faults, reading.keys_problem) if part)
        raise RunError(f"{path}: {name}: {why}")
    remember(path, folder.path)
    return door


def _door(path: Path, name: str, settings: RunSettings, clock: SystemClock) -> FileResource:
    """A dry run keeps its state apart: its account, stops and epochs are not the real one's."""
    home = settings.state_dir / name
    door = FileResource(path, name, StateFolder(home), clock, settings.environment)
    account = door.read().account
    if account is None or account.spec.mode is not Mode.DRY_RUN:
        return door
    folder = StateFolder(home / DRY_RUN_FOLDER)
    return FileResource(path, name, folder, clock, settings.environment)


async def _simulator(
    doors: list[FileResource], clock: SystemClock, speed: Decimal, stack: AsyncExitStack
) -> "Simulator | None":
    wanted = dict(_venue_account(door) for door in doors)
    simulated = {name: spec for name, spec in wanted.items() if wants_simulator(spec)}
    if not simulated:
        return None
    simulator = await start_simulator(simulated, clock, speed)
    stack.push_async_callback(simulator.stop)
    return simulator


def _venue_account(door: FileResource) -> tuple[str, TradingAccountSpec]:
    """The simulator's name of an account, which its key says, and its specification."""
    reading = door.read()
    assert reading.account is not None and reading.keys is not None  # the door is open
    return reading.keys.api_key.removeprefix(_SIM), reading.account.spec


def _log(
    door: FileResource,
    clock: SystemClock,
    files: tuple[LineWriter, DailyFile],
    hear: Hear,
    stack: AsyncExitStack,
) -> Log:
    """``files``: the thread that writes the process's files, and the fleet's own file."""
    writer, fleet_log = files

    def line(record: Mapping[str, object], text: str) -> None:
        fleet_log.write(clock.now().date().isoformat(), text)
        hear(record)

    log = Log(door.name, LogFiles.below(door.folder.path, writer), clock, line, _redactor(door))
    stack.callback(log.close)
    return log


def _redactor(door: FileResource) -> Callable[[str], str]:
    def redact(text: str) -> str:
        keys = door.keys
        return keys.redact(text) if keys is not None else text

    return redact


async def _serve_probes(fleet: Fleet, port: int | None, stack: AsyncExitStack) -> None:
    if port is None:
        return
    from botrunner.service.health import HealthServer

    health = HealthServer(alive=tuple, ready=fleet.problems, exposition=fleet.meters.exposition)
    try:
        await health.start(LOOPBACK, port)
    except OSError as error:
        raise RunError(
            f"--metrics-port {port}: {error.strerror}; give another one, 0 takes any"
        ) from None
    stack.push_async_callback(health.stop)
    fleet.health = health
