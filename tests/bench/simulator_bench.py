"""Orders a second over HTTP, and memory of accounts, of `tradefleet simulator` on one core.

    python tests/bench/simulator_bench.py

The server runs in a process of its own on one core, the load on another. Every account has one
connection and places a limit order, then cancels it, over and over; each request is signed, and
the rate limits are off. Beside it stands a bare aiohttp server that only parses the same bodies
and answers the same size: what Python's HTTP costs on this machine, with no exchange behind it.
Nothing here passes or fails.
"""

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 16
PAIRS = 150
"""Orders placed and cancelled a connection, in one run."""
MEMORY_ACCOUNTS = 100
MEMORY_ORDERS = 10
"""Resting orders of each account whose memory is measured."""
RUNS = 3

_SIMULATOR = "from botrunner.cli.app import main; main()"
_ARGUMENTS = (
    *("simulator", "--port", "0", "--control-port", "0", "-o", "json"),
    *("--prices", "walk", "--step", "--no-rate-limits"),
)
_HELLO = """
import asyncio, json
import uvloop
from aiohttp import web

async def answer(request):
    await request.json()
    return web.json_response({"retCode": 0, "retMsg": "OK", "retExtInfo": {}, "time": 1700000000000,
        "result": {"orderId": "0" * 36, "orderLinkId": "0" * 12}})

async def main():
    app = web.Application()
    app.router.add_post("/v5/order/{what}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    print(json.dumps({"rest": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.Event().wait()

uvloop.run(main())
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server process under load."""

    process: subprocess.Popen[str]
    rest_url: str

    def cpu_seconds(self) -> float:
        """Processor time used up to now."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_kib(self) -> int:
        """Memory resident now."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run reached."""

    per_second: float
    per_cpu_second: float
    """Of the server's processor time: what one core can do if the load does not hold it up."""


@contextmanager
def serve(*command: str) -> Iterator[Server]:
    """Run a server on the last core; it says in JSON where it listens."""
    core = max(os.sched_getaffinity(0))
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        os.sched_setaffinity(process.pid, {core})
        assert process.stdout is not None
        yield Server(process, json.loads(process.stdout.readline())["rest"])
    finally:
        process.terminate()
        process.communicate()


def sign(account: str, path: str, body: str) -> bytes:
    """A whole signed request."""
    key, secret, window = f"sim-{account}", f"sim-{account}-secret", "60000"
    at = str(time.time_ns() // 1_000_000)
    text = f"{at}{key}{window}{body}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-BAPI-API-KEY: {key}\r\nX-BAPI-TIMESTAMP: {at}\r\n"
        f"X-BAPI-RECV-WINDOW: {window}\r\nX-BAPI-SIGN: {signature}\r\n\r\n"
    )
    return (head + body).encode()


def place(account: str, link: str, price: str = "1.8") -> bytes:
    """A request for a limit order that rests, a tenth below where the walk starts."""
    order = {
        **{"category": "linear", "symbol": "XRPUSDT", "side": "Buy", "orderType": "Limit"},
        **{"qty": "10", "price": price, "orderLinkId": link},
    }
    return sign(account, "/v5/order/create", json.dumps(order))


def cancel(account: str, link: str) -> bytes:
    """A request to cancel it."""
    body = {"category": "linear", "symbol": "XRPUSDT", "orderLinkId": link}
    return sign(account, "/v5/order/cancel", json.dumps(body))


async def send_all(url: str, requests: list[bytes]) -> None:
    """Send requests one after the other on one connection; every answer must be a success."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    for request in requests:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        if b'"retCode":0' not in answer.replace(b" ", b""):
            raise RuntimeError(answer.decode())
    writer.close()
    await writer.wait_closed()


def load(run: int) -> list[list[bytes]]:
    """The requests of every connection."""
    return [
        [
            request
            for pair in range(PAIRS)
            for request in (
                place(f"bench-{number}", f"b{run}-{pair}"),
                cancel(f"bench-{number}", f"b{run}-{pair}"),
            )
        ]
        for number in range(CONNECTIONS)
    ]


async def measure(server: Server, run: int) -> Rate:
    """One run: requests a second of wall time and of the server's processor time."""
    batches = load(run)
    begun, cpu = time.perf_counter(), server.cpu_seconds()
    await asyncio.gather(*(send_all(server.rest_url, batch) for batch in batches))
    wall, used = time.perf_counter() - begun, server.cpu_seconds() - cpu
    count = sum(map(len, batches))
    return Rate(count / wall, count / max(used, 0.01))


def best_rate(server: Server) -> Rate:
    """The best of some runs: other work on the machine only ever slows one down."""
    rates = [asyncio.run(measure(server, run)) for run in range(RUNS)]
    return max(rates, key=lambda rate: rate.per_second)


def memory_of_accounts(server: Server) -> int:
    """KiB that 100 accounts with resting orders take."""
    before = server.resident_kib()
    for number in range(MEMORY_ACCOUNTS):
        account = f"memory-{number}"
        orders = [place(account, f"m{order}") for order in range(MEMORY_ORDERS)]
        asyncio.run(send_all(server.rest_url, orders))
    return server.resident_kib() - before


def main() -> None:
    """Run both servers and print the figures."""
    with serve("-c", _HELLO) as hello:
        bare = best_rate(hello)
    with serve("-c", _SIMULATOR, *_ARGUMENTS) as simulator:
        rate = best_rate(simulator)
        memory = memory_of_accounts(simulator)
    print(f"orders over HTTP (place, cancel) {rate.per_second:8,.0f} /s   (goal 1,000)")
    print(f"  per second of its processor    {rate.per_cpu_second:8,.0f}")
    print(f"bare aiohttp                     {bare.per_second:8,.0f} /s")
    print(f"  per second of its processor    {bare.per_cpu_second:8,.0f}")
    print(f"ratio by processor time          {rate.per_cpu_second / bare.per_cpu_second:8.2f}")
    orders = f"{MEMORY_ORDERS} resting orders each"
    print(f"memory of {MEMORY_ACCOUNTS} accounts, {orders}: {memory / 1024:.1f} MiB")


if __name__ == "__main__":
    main()
