"""A simulator whose prices stand still until a test moves them, and clients of it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from botrunner.service.clock import Clock
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.server import Simulator
from botrunner.simulator.settings import SimulatorSettings
from support.raw_bybit import Control, OpenStream, RawClient, RawStream, StartSimulator
from support.steady_prices import SteadyPrices


@pytest.fixture
async def start_simulator() -> AsyncIterator[StartSimulator]:
    """Starts simulators with changed settings; stops them at the end."""
    async with AsyncExitStack() as stack:

        async def start(clock: Clock | None = None, **changes: Any) -> Simulator:
            defaults: dict[str, Any] = {
                "instruments": tuple(DEFAULT_INSTRUMENTS.values()),
                "source": SteadyPrices(),
                "stepping": True,
            }
            settings = SimulatorSettings(**(defaults | changes))
            simulator = await Simulator.start(settings, clock)
            stack.push_async_callback(simulator.stop)
            return simulator

        yield start


@pytest.fixture
async def session(start_simulator: StartSimulator) -> AsyncIterator[aiohttp.ClientSession]:
    """One client session, closed before the simulators stop."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def simulator(start_simulator: StartSimulator) -> Simulator:
    """BTCUSDT at 50,000 and XRPUSDT at 0.5, standing still."""
    return await start_simulator()


@pytest.fixture
def client(simulator: Simulator, session: aiohttp.ClientSession) -> RawClient:
    """The account ``alice``."""
    return RawClient(session, simulator.rest_url)


@pytest.fixture
def control(simulator: Simulator, session: aiohttp.ClientSession) -> Control:
    """The control API."""
    return Control(session, simulator.control_url)


@pytest.fixture
async def open_stream(session: aiohttp.ClientSession) -> AsyncIterator[OpenStream]:
    """Opens stream connections; closes them at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(url: str) -> RawStream:
            socket = await stack.enter_async_context(session.ws_connect(url))
            return RawStream(socket)

        yield open_one


@pytest.fixture
async def private(simulator: Simulator, open_stream: OpenStream) -> RawStream:
    """A private stream of ``alice``, signed in and listening to everything."""
    stream = await open_stream(simulator.private_url)
    assert (await stream.sign_in())["success"]
    await stream.subscribe("order", "execution", "execution.fast", "position", "wallet")
    return stream
