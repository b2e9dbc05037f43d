"""The feed's server under a steady stream of quotes, for feed_bench.py.

``RATE SECONDS COUNT [KEYS]``: with the path of a JWK Set, subscribers' tokens are checked with it.
"""

import asyncio
import gc
import json
import sys
from decimal import Decimal
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import time_ns

import uvloop

from botapi.feeds import FEED_AUDIENCE
from botrunner.exchanges.market_data import Source
from botrunner.marketdata.admission import WELCOME, Admission, Admit
from botrunner.marketdata.hub import Hub
from botrunner.marketdata.server import FeedServer, Served, ServerLimits
from botrunner.marketdata.tokens import TokenError, check_token, read_keys
from botrunner.marketdata.wire import QuoteSaid
from botrunner.service.clock import SystemClock

BID, ASK = Decimal("1.000042"), Decimal("1.000043")


def quote() -> QuoteSaid:
    """A quote of this moment."""
    now = time_ns() // 1000
    return QuoteSaid(
        exchange_time_us=now,
        feed_time_us=now,
        source=Source.STREAM,
        bid=BID,
        ask=ASK,
        last=BID,
        mark=BID,
    )


def cpu_seconds() -> float:
    """Processor time of this process."""
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def publish(hub: Hub, server: FeedServer, rate: int, messages: int) -> None:
    """At the rate, whatever a message takes; from a callback of the loop, as frames come."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def step(due: float, left: int) -> None:
        server.broadcast(hub.publish(quote()))
        if left > 1:
            loop.call_at(due + 1 / rate, step, due + 1 / rate, left - 1)
        else:
            done.set()

    loop.call_soon(step, loop.time(), messages)
    await done.wait()


def admission(path: str) -> Admit:
    """Judges tokens as a feed in a pod does; everybody is let in without keys."""
    if not path:
        return lambda token: WELCOME
    keys, clock = read_keys(Path(path).read_bytes()), SystemClock()

    def admit(token: str) -> Admission:
        try:
            check_token(token, keys, clock.now(), audience=FEED_AUDIENCE)
        except TokenError as error:
            return Admission(problem=str(error))
        return WELCOME

    return admit


async def main(rate: int, seconds: float, count: int, keys: str) -> None:
    """Serve until killed."""
    hub = Hub((), ("quote", "upstream"))
    served = Served(
        exchange="bybit",
        environment="simulated",
        market="futures",
        symbol="XRPUSDT",
        depth=1,
        intervals=(),
        feed="bench",
    )
    limits = ServerLimits(connections=max(count, 10))
    server = FeedServer(hub, served, admission(keys), limits)
    await server.start("127.0.0.1", 0)
    print(json.dumps({"port": server.port}), flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)
    while len(hub) < count:
        await asyncio.sleep(0.01)
    gc.collect()
    gc.freeze()
    before, delivered = cpu_seconds(), server.counts.deliveries
    await publish(hub, server, rate, int(rate * seconds))
    used = cpu_seconds() - before
    print(json.dumps({"cpu": used, "deliveries": server.counts.deliveries - delivered}), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)


if __name__ == "__main__":
    rate, seconds, count, keys = [*sys.argv[1:], ""][:4]
    uvloop.run(main(int(rate), float(seconds), int(count), keys))
