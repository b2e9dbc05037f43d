"""From an exchange's socket to a runner's event, for feed_bench.py: ``direct|feed SECONDS``.

Three processes: the exchange, which only sends level 1 of one book at 100 messages a second; the
feed, unless the way is direct; and the runner, which writes down when each price came. Every price
is another one, so send and receipt are matched by it.
"""

import asyncio
import json
import multiprocessing
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from multiprocessing.connection import Connection
from time import monotonic_ns, time_ns
from typing import Any

import uvloop
from aiohttp import web

from botrunner.domain.control import Event
from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.admission import WELCOME
from botrunner.marketdata.feed import Feed, FeedSettings
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.link import LinkTiming
from botrunner.marketdata.subscription import FeedAccess
from botrunner.service.clock import SystemClock

SYMBOL = "XRPUSDT"
RATE = 100
_FIRST = 100_000
"""Prices count up from here, in units of 0.00001."""


class Venue:
    """An exchange with one stream."""

    def __init__(self) -> None:
        self.sent: dict[int, int] = {}

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """REST is not found; a stream gets its ticker and then books."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            now = time_ns() // 1_000_000
            answer = {"retCode": 0, "retMsg": "OK", "result": {"timeNano": str(time_ns())}}
            return web.json_response(answer | {"time": now, "retExtInfo": {}})
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        sending: asyncio.Task[None] | None = None
        async for message in socket:
            said = json.loads(message.data)
            await socket.send_json({"success": True, "ret_msg": "", "op": said["op"]} | _id(said))
            if said["op"] == "subscribe" and sending is None:
                sending = asyncio.ensure_future(self._send(socket))
        if sending is not None:
            sending.cancel()
        return socket

    async def _send(self, socket: web.WebSocketResponse) -> None:
        await socket.send_json(_ticker())
        loop, number = asyncio.get_running_loop(), _FIRST
        due = loop.time()
        with suppress(ConnectionError):
            while True:
                number += 1
                text = _book(number)
                self.sent[number] = monotonic_ns()
                await socket.send_str(text)
                due += 1 / RATE
                await asyncio.sleep(max(0.0, due - loop.time()))


def _id(said: dict[str, Any]) -> dict[str, Any]:
    return {"req_id": said["req_id"]} if "req_id" in said else {}


def _ticker() -> dict[str, Any]:
    prices = {"bid1Price": "1", "ask1Price": "1.1", "lastPrice": "1", "markPrice": "1"}
    data = {"symbol": SYMBOL} | prices
    return {"topic": f"tickers.{SYMBOL}", "type": "snapshot", "ts": _now_ms(), "data": data}


def _book(number: int) -> str:
    data = {"s": SYMBOL, "b": [[f"0.{number}", "5"]], "a": [["1.1", "5"]], "u": number, "seq": 1}
    topic = f"orderbook.1.{SYMBOL}"
    return json.dumps({"topic": topic, "type": "snapshot", "ts": _now_ms(), "data": data})


def _now_ms() -> int:
    return time_ns() // 1_000_000


def _adapter(port: int, listeners: Listeners) -> Exchange:
    stream = f"ws://127.0.0.1:{port}/"
    where = Endpoints(rest=f"http://127.0.0.1:{port}", public_stream=stream, private_stream=stream)
    return BybitExchange(
        endpoints=where, credentials=None, listeners=listeners, clock=SystemClock()
    )


async def venue(line: Connection) -> None:
    """The exchange's process; gives what it sent and when at the end."""
    made = Venue()
    runner = web.ServerRunner(web.Server(made.serve, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    line.send(runner.addresses[0][1])
    await asyncio.to_thread(line.recv)
    line.send(made.sent)


async def feed(line: Connection) -> None:
    """The feed's process."""
    port = await asyncio.to_thread(line.recv)
    settings = FeedSettings(
        exchange="bybit",
        environment="simulated",
        market="futures",
        symbol=SYMBOL,
        feed="bench",
        book_depth=1,
        intervals=(),
    )
    made = Feed(settings, lambda heard: _adapter(port, heard), lambda _: WELCOME, SystemClock())
    await made.start("127.0.0.1", 0)
    line.send(made.server.port)
    await made.run()


async def runner(line: Connection) -> None:
    """The runner's process; gives what it heard and when at the end."""
    venue_port, feed_port, seconds = await asyncio.to_thread(line.recv)
    heard: dict[int, int] = {}

    def event(event: Event) -> None:
        if isinstance(event, QuoteChanged):
            heard[int(str(event.quote.bid).partition(".")[2] or 0)] = monotonic_ns()

    listeners = Listeners(event=event, market=lambda data: None, report=lambda report: None)
    if feed_port:
        access = FeedAccess(
            exchange="bybit",
            environment="simulated",
            market="futures",
            address_of=lambda symbol: f"ws://127.0.0.1:{feed_port}/",
            timing=LinkTiming(direct_after=600),
        )
        made: Exchange = FeedExchange(
            lambda own: _adapter(venue_port, own), listeners, access, SystemClock()
        )
    else:
        made = _adapter(venue_port, listeners)
    made.watch([SYMBOL])
    running = asyncio.ensure_future(made.run())
    await asyncio.sleep(seconds)
    running.cancel()
    line.send(heard)


Work = Callable[[Connection], Coroutine[Any, Any, None]]


def _run(work: Work, line: Connection) -> None:
    uvloop.run(work(line))


def _started(work: Work) -> tuple[multiprocessing.Process, Connection]:
    near, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_run, args=(work, far), daemon=True)
    process.start()
    return process, near


def main(route: str, seconds: float) -> None:
    """Measure one way."""
    exchange, exchange_line = _started(venue)
    port = exchange_line.recv()
    feed_port = 0
    processes = [exchange]
    if route == "feed":
        serving, feed_line = _started(feed)
        processes.append(serving)
        feed_line.send(port)
        feed_port = feed_line.recv()
    client, client_line = _started(runner)
    processes.append(client)
    client_line.send((port, feed_port, seconds + 1.0))
    heard = client_line.recv()
    exchange_line.send("end")
    sent = exchange_line.recv()
    for process in processes:
        process.kill()
    ages = sorted((at - sent[number]) / 1e6 for number, at in heard.items() if number in sent)
    shares = [ages[int(part * (len(ages) - 1))] for part in (0.5, 0.99, 0.999)]
    print(json.dumps({"ages": shares, "quotes": len(ages)}))


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main(sys.argv[1], float(sys.argv[2]))
