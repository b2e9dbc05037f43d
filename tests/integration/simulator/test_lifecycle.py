"""Starting, stopping and what happens by the clock."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from botrunner.service.clock import ManualClock
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.server import Simulator, host_and_port
from botrunner.simulator.settings import SimulatorSettings
from support.raw_bybit import Control, OpenStream, RawClient, RawStream, StartSimulator
from support.steady_prices import SteadyPrices

ALL = tuple(DEFAULT_INSTRUMENTS.values())


async def test_a_stop_closes_streams_ports_and_tasks(
    simulator: Simulator, session: aiohttp.ClientSession, open_stream: OpenStream
) -> None:
    stream = await open_stream(simulator.public_url)
    await stream.subscribe("tickers.BTCUSDT", "kline.1.BTCUSDT", "orderbook.50.BTCUSDT")
    await stream.until_topic("kline.1.BTCUSDT")
    reading = asyncio.create_task(read_to_the_end(stream))
    await simulator.stop()
    kinds = await reading

    assert stream.socket.close_code == 1001
    assert aiohttp.WSMsgType.ERROR not in kinds
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get(simulator.rest_url + "/v5/market/time")
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get(simulator.control_url)
    others = [task for task in asyncio.all_tasks() if "simulator" in repr(task.get_coro())]
    assert others == []


async def read_to_the_end(stream: RawStream) -> list[aiohttp.WSMsgType]:
    return [message.type async for message in stream.socket]


async def test_a_stop_does_not_wait_for_a_client_that_does_not_read(
    simulator: Simulator, open_stream: OpenStream
) -> None:
    stream = await open_stream(simulator.public_url)
    await simulator.stop()

    assert (await stream.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_stop_ends_requests_that_hang(
    simulator: Simulator, client: RawClient, control: Control
) -> None:
    await control.do("lose-acknowledgement", hang=True)
    waiting = asyncio.create_task(client.place())
    while not (await control.read("requests", path="/v5/order/create"))["requests"]:
        pass
    await simulator.stop()

    with pytest.raises(aiohttp.ClientError):
        await waiting


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert host_and_port("::1", 8480) == "[::1]:8480"
    assert host_and_port("127.0.0.1", 8480) == "127.0.0.1:8480"


async def test_stopping_twice_is_stopping_once(simulator: Simulator) -> None:
    await simulator.stop()
    await simulator.stop()


async def test_a_port_in_use_is_an_error_of_the_system(simulator: Simulator) -> None:
    port = int(simulator.rest_url.rsplit(":", 1)[1])
    settings = SimulatorSettings(instruments=ALL, source=SteadyPrices(), port=port)

    with pytest.raises(OSError, match="address already in use"):
        await Simulator.start(settings)


async def test_a_source_with_a_symbol_that_nobody_defined_is_refused_by_name() -> None:
    settings = SimulatorSettings(instruments=ALL, source=SteadyPrices(start={"PEPEUSDT": "1"}))

    with pytest.raises(ValueError, match="PEPEUSDT"):
        await Simulator.start(settings)


async def test_the_token_is_in_no_repr() -> None:
    settings = SimulatorSettings(instruments=(), source=SteadyPrices(), control_token="let-me-in")

    assert "let-me-in" not in repr(settings)


async def test_funding_settles_at_its_hours(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    clock = ManualClock(datetime(2026, 3, 2, 7, 59, tzinfo=UTC))
    simulator = await start_simulator(clock)
    client = RawClient(session, simulator.rest_url, clock=clock)
    await client.place(qty="0.1")
    before = (await client.get("/v5/account/transaction-log", type="SETTLEMENT")).rows
    await clock.advance(timedelta(minutes=1))
    once = (await client.get("/v5/account/transaction-log", type="SETTLEMENT")).rows
    await clock.advance(timedelta(hours=16))
    thrice = (await client.get("/v5/account/transaction-log", type="SETTLEMENT")).rows

    assert before == []
    assert [(row["funding"], row["transactionTime"]) for row in once] == [
        ("-0.5", str(int(datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()) * 1000))
    ]
    assert len(thrice) == 3


class SetBack:
    """A clock that is set back an hour after its first answers."""

    def __init__(self, at: datetime) -> None:
        self._clock = ManualClock(at)
        self._asked = 0

    def now(self) -> datetime:
        self._asked += 1
        return self._clock.now() - timedelta(hours=1 if self._asked > 3 else 0)

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


async def test_the_venues_time_never_goes_back(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    simulator = await start_simulator(SetBack(noon))
    async with session.get(simulator.rest_url + "/v5/market/time") as response:
        body = await response.json()

    assert body["time"] == int(noon.timestamp()) * 1000
