"""Puts the runner of a pod together: the account's door, its venue, one supervisor, the probes."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from prometheus_client import Gauge
from typing_extensions import override

from botrunner.account_resource.kube import KubeResource, Pod
from botrunner.account_resource.kube_api import ApiPlace
from botrunner.account_resource.kube_follow import Address
from botrunner.account_resource.kube_view import Folders
from botrunner.account_resource.port import AccountResourceError
from botrunner.account_resource.state_folder import StateFolder
from botrunner.cli.event_loop import settle
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.marketdata.maker import FeedMaker, FeedPlace
from botrunner.marketdata.meters import ClientMeters
from botrunner.runtime.supervisor import Supervisor
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.runtime.venues import WHOLE_ADDRESS, AddressShare, simulator_at
from botrunner.runtime.wiring import MakeExchange, Wiring
from botrunner.service.clock import SystemClock
from botrunner.service.health import HealthServer
from botrunner.service.logs import DailyFile, Level, Log, LogFiles
from botrunner.service.meters import Meters

Hear = Callable[[Mapping[str, object]], None]


class RunnerError(Exception):
    """The runner cannot be started; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerSettings:
    """What `tradefleet runner` was told."""

    address: Address
    place: ApiPlace
    pod: str
    state_dir: Path
    keys_dir: Path
    simulator: str | None
    """``http://host:port`` of the simulator; None where there is none."""
    probe_host: str
    probe_port: int
    feeds: FeedPlace | None = None
    """Shared feeds; None: the runner follows the exchange's prices itself."""
    share: AddressShare = WHOLE_ADDRESS


async def run_pod(settings: RunnerSettings, hear: Hear) -> None:
    """Trade the account until SIGTERM or SIGINT; ``hear`` gets every record of its log.

    Raises RunnerError before anything trades. An API server that is away ends nothing.
    """
    async with AsyncExitStack() as stack:
        runner = await _assemble(settings, hear, stack)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, runner.supervisor.end)
        settle()
        await runner.run()


@dataclass(slots=True, kw_only=True)
class _Runner:
    door: KubeResource
    supervisor: Supervisor

    async def run(self) -> None:
        """Until told to end, or until the door breaks: then the pod begins anew."""
        await self.door.open()
        door = asyncio.ensure_future(self.door.run())
        trading = asyncio.ensure_future(self.supervisor.run())
        try:
            done, _ = await asyncio.wait((door, trading), return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in (trading, door):
                each.cancel()
                with suppress(asyncio.CancelledError):
                    await each


async def _assemble(settings: RunnerSettings, hear: Hear, stack: AsyncExitStack) -> _Runner:
    clock, meters, release = SystemClock(), Meters(), version("tradefleet")
    folder = _hold_folder(settings, stack)
    log_of: list[Log] = []

    def told(is_back: bool, why: str) -> None:
        if is_back:
            log_of[0].write(Level.WARNING, "apiServerBack")
        else:
            log_of[0].write(Level.ERROR, "apiServerLost", why=why)

    door = KubeResource(
        Pod(
            address=settings.address,
            name=settings.pod,
            place=settings.place,
            folders=Folders(keys=settings.keys_dir, state=folder),
            version=release,
        ),
        clock,
        told,
    )
    log_of.append(_log(door, clock, hear))
    _measure(door, meters)
    simulator = simulator_at(settings.simulator) if settings.simulator else None
    supervisor = Supervisor(
        Wiring(
            resource=door,
            make_exchange=_maker(settings, simulator, clock, meters, stack),
            clock=clock,
            log=log_of[0],
            meters=meters,
            version=release,
            folder=folder,
            pod=settings.pod,
        )
    )
    await _serve_probes(settings, supervisor, meters, log_of[0], stack)
    return _Runner(door=door, supervisor=supervisor)


def _maker(
    settings: RunnerSettings,
    simulator: Endpoints | None,
    clock: SystemClock,
    meters: Meters,
    stack: AsyncExitStack,
) -> MakeExchange:
    feeds: FeedMaker | None = None
    if settings.feeds is not None:
        seen = ClientMeters(meters.registry)
        feeds = FeedMaker(settings.feeds, settings.address.name, clock, seen)
    return VenueMaker(simulator, clock, stack, settings.share, feeds=feeds)


def _hold_folder(settings: RunnerSettings, stack: AsyncExitStack) -> Path:
    folder = StateFolder(settings.state_dir / settings.address.name)
    try:
        folder.hold()
    except AccountResourceError as error:
        raise RunnerError(str(error)) from None
    stack.callback(folder.release)
    return folder.path


def _measure(door: KubeResource, meters: Meters) -> None:
    age = Gauge(
        "tradefleet_api_channel_age_seconds",
        "Since the last sign of life of the API server; above 30, entries are held back.",
        ("account",),
        registry=meters.registry,
    )
    age.labels(door.name).set_function(door.channel_age_seconds)
    losses = Gauge(
        "tradefleet_api_channel_losses_count",
        "Times the API server was lost since the start.",
        ("account",),
        registry=meters.registry,
    )
    losses.labels(door.name).set_function(lambda: door.losses)


async def _serve_probes(
    settings: RunnerSettings,
    supervisor: Supervisor,
    meters: Meters,
    log: Log,
    stack: AsyncExitStack,
) -> None:
    health = HealthServer(alive=tuple, ready=supervisor.problems, exposition=meters.exposition)
    try:
        await health.start(settings.probe_host, settings.probe_port)
    except OSError as error:
        raise RunnerError(
            f"--probe-port {settings.probe_port}: {error.strerror}; give another one, 0 takes any"
        ) from None
    stack.push_async_callback(health.stop)
    log.write(Level.INFO, "probes", port=health.port)


def _log(door: KubeResource, clock: SystemClock, hear: Hear) -> Log:
    """Lines for the pod's own log; files are not written where the kubelet keeps it."""

    def line(record: Mapping[str, object], text: str) -> None:
        hear(record)

    def redact(text: str) -> str:
        keys = door.keys
        return keys.redact(text) if keys is not None else text

    nowhere = _NoFile()
    files = LogFiles(bot=nowhere, trades=nowhere, positions=nowhere, errors=nowhere)
    return Log(door.name, files, clock, line, redact)


class _NoFile(DailyFile):
    """Takes every line and keeps none."""

    def __init__(self) -> None:
        super().__init__(Path(), "")

    @override
    def write(self, day: str, line: str) -> None:
        pass

    @override
    def close(self) -> None:
        pass
