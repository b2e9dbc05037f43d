"""A simulator: an exchange, its REST and stream server, and its control API."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from botrunner.service.clock import Clock, SystemClock
from botrunner.simulator.bybit.wire import Row
from botrunner.simulator.control.act import Controls
from botrunner.simulator.control.server import ControlApi
from botrunner.simulator.drive import PriceDriver, settle_funding
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.faults import PATHS_OF_STREAMS, Faults
from botrunner.simulator.request_log import RequestLog
from botrunner.simulator.rest.server import RestApi
from botrunner.simulator.settings import SimulatorSettings
from botrunner.simulator.streams.server import StreamServer

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
LOOPBACK = "127.0.0.1"


class Simulator:
    """A running simulator; made by ``start``, ended by ``stop``."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        """Builds everything and gives every symbol its first price; nothing listens yet.

        Raises ValueError when the source names a symbol that no instrument is given for.
        """
        self._settings = settings
        self._clock = clock
        self.exchange = Exchange(settings, clock)
        self._driver = PriceDriver(
            self.exchange, settings.source, clock, speed=settings.speed, paused=settings.stepping
        )
        self._driver.start_prices()
        faults, log = Faults(), RequestLog(settings.request_log_size)
        limits = settings.rate_limits
        self._rest = RestApi(self.exchange, faults, log, clock, rate_limits=limits)
        self._streams = StreamServer(self.exchange, faults, rate_limits=limits)
        self._controls = Controls(self.exchange, self._driver, faults, self._rest, self._streams)
        self._control = ControlApi(self._controls, log, settings.control_token)
        self._runners: list[web.ServerRunner] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._address = ""
        self.control_url = ""
        """Address of the control API."""

    @classmethod
    async def start(cls, settings: SimulatorSettings, clock: Clock | None = None) -> "Simulator":
        """A simulator that listens; raises OSError when a port is in use."""
        simulator = cls(settings, clock or SystemClock())
        try:
            await simulator._listen()
        except OSError:
            await simulator.stop()
            raise
        simulator._tasks = [
            asyncio.create_task(simulator._driver.run()),
            asyncio.create_task(settle_funding(simulator.exchange, simulator._clock)),
        ]
        return simulator

    @property
    def rest_url(self) -> str:
        """Address of REST, without a path."""
        return f"http://{self._address}"

    @property
    def stream_url(self) -> str:
        """Address of the streams, without a path."""
        return f"ws://{self._address}"

    @property
    def public_url(self) -> str:
        """Address of the public stream."""
        return self.stream_url + PATHS_OF_STREAMS["public"]

    @property
    def private_url(self) -> str:
        """Address of the private stream."""
        return self.stream_url + PATHS_OF_STREAMS["private"]

    async def command(self, name: str, body: Mapping[str, object]) -> Row:
        """Do what ``POST /<name>`` of the control API does; raises ControlError."""
        return self._controls.act(name, body)

    async def wait(self) -> None:
        """Return when prices or funding stop by an error of theirs, which is raised."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Close every connection and port, and wait until nothing runs any more."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._streams.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._tasks, self._runners = [], []

    async def _listen(self) -> None:
        settings = self._settings
        self._address = await self._open(self._route, settings.host, settings.port)
        control_host = settings.host if settings.control_token else LOOPBACK
        control = await self._open(self._control.handle, control_host, settings.control_port)
        self.control_url = f"http://{control}"

    async def _open(self, handler: Handle, host: str, port: int) -> str:
        runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0]
        return host_and_port(host, bound[1])

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        match request.path:
            case "/v5/public/linear":
                return await self._streams.handle(request, "public")
            case "/v5/private":
                return await self._streams.handle(request, "private")
            case _:
                return await self._rest.handle(request)


def host_and_port(host: str, port: int) -> str:
    """Both as they stand in a URL: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
