"""MD-7: today's runner with feeds of other versions. (The reverse: test_serving.py.)"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from botrunner.exchanges.market_data import TradePrinted
from botrunner.exchanges.port import MessageRefused, PublicTopics
from botrunner.marketdata.wire import VERSION, microseconds
from botrunner.service.clock import SystemClock
from support.feeds import Desk, desk_at, until
from support.simulator import running_simulator
from support.steady_prices import SteadyPrices

GOLDEN = Path(__file__).parents[2] / "golden" / "marketdata" / "v1"


def golden(name: str, **changes: Any) -> dict[str, Any]:
    """A frame of the first version, as it was written then."""
    frame: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    return frame | changes


def now_us() -> int:
    return microseconds(SystemClock().now())


@dataclass
class OtherFeed:
    """Says what it is told to say to whoever says hello."""

    say: Callable[[dict[str, Any]], list[dict[str, Any]]]
    hellos: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = await socket.receive_json()
        self.hellos.append(hello)
        for frame in self.say(hello):
            await socket.send_json(frame)
        async for _ in socket:
            pass
        return socket


@asynccontextmanager
async def other_feed(
    say: Callable[[dict[str, Any]], list[dict[str, Any]]],
) -> AsyncIterator[tuple[OtherFeed, Desk]]:
    """A runner at such a feed; patient, for this feed has no heartbeat."""
    made = OtherFeed(say)
    runner = web.ServerRunner(web.Server(made.serve, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    try:
        with running_simulator(source=SteadyPrices(), stepping=True) as simulator:
            topics = PublicTopics(trades=True)
            async with desk_at(simulator, lambda: made.port, topics=topics) as desk:
                yield made, desk
    finally:
        await runner.cleanup()


def of_a_newer_feed(hello: dict[str, Any]) -> list[dict[str, Any]]:
    later = {"compression": "none", "regions": ["eu"], "newer": {"deep": [1, 2, 3]}}
    return [
        golden("welcome", **later),
        {"kind": "instrument", "tickSize": "0.0001"},
        golden("quote", feedTimeUs=now_us(), number=1, fundingRate="0.0001"),
        {"kind": "liquidation", "number": 1, "price": "0.5"},
        golden("trade", number=1, venue="bybit"),
    ]


async def test_a_runner_keeps_working_with_a_feed_that_says_more() -> None:
    """MD-7: new fields and kinds are passed over."""
    async with other_feed(of_a_newer_feed) as (_, desk):
        await until(lambda: desk.has_bid("1.000042"), "the quote")
        await until(lambda: len(desk.market) == 1, "the trade")

        assert isinstance(desk.market[0], TradePrinted)
        assert [each for each in desk.reports if isinstance(each, MessageRefused)] == []


def of_the_oldest_feed(hello: dict[str, Any]) -> list[dict[str, Any]]:
    return [golden("welcome"), golden("quote", feedTimeUs=now_us()), golden("upstream")]


async def test_a_runner_works_with_a_feed_of_the_oldest_version() -> None:
    """MD-7: the golden bytes of version 1."""
    async with other_feed(of_the_oldest_feed) as (feed, desk):
        await until(lambda: desk.has_bid("1.000042"), "the quote")

        hello = feed.hellos[0]
        assert (hello["oldestVersion"], hello["newestVersion"]) == (1, VERSION)
        assert golden("hello").keys() <= hello.keys()


def of_a_feed_too_new(hello: dict[str, Any]) -> list[dict[str, Any]]:
    return [golden("refusal", reason="version", message="this feed speaks versions 8 to 9")]


async def test_a_feed_that_is_too_new_leaves_the_runner_with_the_exchange() -> None:
    """MD-7, MD-6."""
    async with other_feed(of_a_feed_too_new) as (feed, desk):
        await until(lambda: desk.is_direct, "it goes direct")
        await until(lambda: desk.has_bid("0.5000"), "the exchange's price")
        await until(lambda: len(feed.hellos) > 1, "it tries again now and then")


def nothing(hello: dict[str, Any]) -> list[dict[str, Any]]:
    return []


async def test_a_feed_that_never_answers_the_hello_is_asked_again() -> None:
    async with other_feed(nothing) as (feed, desk):
        await until(lambda: len(feed.hellos) > 1, "a second hello")

        assert [each for each in desk.reports if isinstance(each, MessageRefused)] == []


def nonsense(hello: dict[str, Any]) -> list[dict[str, Any]]:
    return [golden("welcome"), golden("quote", bid="NaN", feedTimeUs=now_us())]


def crossed(hello: dict[str, Any]) -> list[dict[str, Any]]:
    return [golden("welcome"), golden("quote", bid="2", feedTimeUs=now_us())]


def early(hello: dict[str, Any]) -> list[dict[str, Any]]:
    return [golden("quote", feedTimeUs=now_us())]


async def test_a_price_that_cannot_be_never_reaches_the_engine() -> None:
    """MD-5, EX-10: the connection ends and the exchange is asked."""
    for say, why in ((nonsense, "NaN cannot be"), (crossed, "above the ask"), (early, "welcome")):
        async with other_feed(say) as (_, desk):
            await until(lambda: desk.has_bid("0.5000"), "the exchange's price")
            refused = [each for each in desk.reports if isinstance(each, MessageRefused)]

            assert desk.bids() == ["0.5000"]
            assert any(why in each.problem for each in refused)


def of_a_slow_line(hello: dict[str, Any]) -> list[dict[str, Any]]:
    return [golden("welcome"), golden("quote", feedTimeUs=now_us()), golden("gap")]


async def test_a_gap_is_told_and_the_line_stays() -> None:
    """MD-2."""
    async with other_feed(of_a_slow_line) as (feed, desk):
        await until(
            lambda: any("too slow for 7 messages of trades" in _problem(r) for r in desk.reports),
            "the gap",
        )
        await asyncio.sleep(0)

        assert len(feed.hellos) == 1


def _problem(report: object) -> str:
    return report.problem if isinstance(report, MessageRefused) else ""
