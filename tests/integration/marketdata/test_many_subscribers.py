"""300 runners behind one address lose their feed: the exchange's limits hold (MD-9)."""

import asyncio
import json
import resource
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.link import LinkTiming
from botrunner.service.clock import SystemClock
from support.feeds import Desk, desk_at, endpoints_of, move, running_feed, until
from support.simulator import RunningSimulator, running_simulator
from support.steady_prices import SteadyPrices

RUNNERS = 300
AT_A_TIME = 10
POLL_SECONDS, CONNECT_SECONDS = 4.0, 400.0
"""The shares that `tradefleet runner` has by default."""

pytestmark = pytest.mark.nightly


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """With the venue's own limits: 600 requests in 5 s, 500 connections in 5 min."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with running_simulator(source=SteadyPrices(), stepping=True) as running:
        yield running
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def adapter(simulator: RunningSimulator, listeners: Listeners) -> Exchange:
    """As a runner's with its share of the address."""
    return BybitExchange(
        endpoints=endpoints_of(simulator),
        credentials=None,
        listeners=listeners,
        clock=SystemClock(),
        poll_seconds=POLL_SECONDS,
        connect_seconds=CONNECT_SECONDS,
    )


def refused(simulator: RunningSimulator) -> int:
    """Requests that the exchange answered with its ban, a last one of ours included."""
    urllib.request.urlopen(f"{simulator.rest_url}/v5/market/time", timeout=30).close()
    url = f"{simulator.control_url}/requests?limit=1000000"
    log = json.loads(urllib.request.urlopen(url, timeout=30).read())
    return sum(entry["httpStatus"] == 403 for entry in log["requests"])


@pytest.mark.parametrize("are_short", [False, True], ids=["connections", "no connections"])
async def test_a_dead_feed_with_300_subscribers_leads_to_no_ban(
    simulator: RunningSimulator, are_short: bool
) -> None:
    """MD-9; where connections are refused, prices come by REST."""
    async with AsyncExitStack() as stack:
        feed = await stack.enter_async_context(running_feed(simulator))
        desks: list[Desk] = []
        for _ in range(RUNNERS // AT_A_TIME):
            desks += [
                await stack.enter_async_context(
                    desk_at(
                        simulator,
                        lambda: feed.server.port,
                        timing=LinkTiming(),
                        make=lambda heard: adapter(simulator, heard),
                    )
                )
                for _ in range(AT_A_TIME)
            ]
            # Each measures the exchange's clock at its start: three requests.
            await until(lambda: all(desk.has_bid("0.5000") for desk in desks), "first quotes")
            await asyncio.sleep(0.3)
        if are_short:
            body = {"stream": "public", "count": None, "status": 403}
            await asyncio.to_thread(simulator.command, "refuse-handshake", body)
        await feed.server.stop()
        await until(lambda: all(desk.is_direct for desk in desks), "all go direct")
        await move(simulator, "0.5010", "0.5011")
        await until(lambda: all(desk.has_bid("0.5010") for desk in desks), "all have prices")

        assert await asyncio.to_thread(refused, simulator) == 0
