"""Puts `tradefleet feed` together: adapter, feed, the door for subscribers, probes."""

import asyncio
import gc
import json
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from botapi.labels import API_VERSION, FEED_KIND, FEED_MANAGER, FEED_PLURAL
from botapi.v1alpha1.feed import FeedStatus
from botrunner.account_resource.kube_api import ApiPlace, ApiServer
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.admission import WELCOME, Admission
from botrunner.marketdata.feed import Feed, FeedSettings
from botrunner.marketdata.published_keys import ClusterKeySource, Doorkeeper, KeySource
from botrunner.marketdata.reporter import Reporter
from botrunner.marketdata.status import Process
from botrunner.service.clock import Clock, SystemClock
from botrunner.service.health import HealthServer

Say = Callable[[str], None]
NO_KEYS = "none"
CLUSTER = "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedProcess:
    """What `tradefleet feed` was told."""

    settings: FeedSettings
    endpoints: Endpoints
    stale_seconds: float
    keys: str
    """``none``, ``cluster`` or the path of a JWK Set."""
    host: str
    port: int
    probe_host: str
    probe_port: int | None
    report: "ReportTo | None" = None
    """Where its MarketDataFeed is; None: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTo:
    """The object whose status the feed writes, and who writes it."""

    place: ApiPlace
    namespace: str
    name: str
    pod: str


async def serve_feed(process: FeedProcess, say: Say) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError when a port is in use."""
    serving = asyncio.ensure_future(_serve(process, say))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


async def _serve(process: FeedProcess, say: Say) -> None:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        doorkeeper = _doorkeeper(process, clock, say)
        admit = doorkeeper.admit if doorkeeper is not None else _everybody
        feed = Feed(process.settings, _maker(process, clock), admit, clock)
        await feed.start(process.host, process.port)
        stack.push_async_callback(feed.server.stop)
        probes = await _probes(process, feed, doorkeeper, stack)
        say(_ready(process, feed, probes))
        # What stands now stands for ever: collections need not look at it while prices wait.
        gc.collect()
        gc.freeze()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(feed.run())
            if doorkeeper is not None:
                tasks.create_task(doorkeeper.run())
            if process.report is not None:
                reporter = _reporter(process.report, feed, clock, say, stack)
                tasks.create_task(reporter.run())


def _maker(process: FeedProcess, clock: Clock) -> Callable[[Listeners], Exchange]:
    def make(listeners: Listeners) -> Exchange:
        return BybitExchange(
            endpoints=process.endpoints,
            credentials=None,
            listeners=listeners,
            clock=clock,
            stale_seconds=process.stale_seconds,
        )

    return make


def _doorkeeper(process: FeedProcess, clock: Clock, say: Say) -> Doorkeeper | None:
    if process.keys == NO_KEYS:
        return None
    source: KeySource = ClusterKeySource() if process.keys == CLUSTER else _file(process.keys)
    return Doorkeeper(source, clock, lambda why: say(_record("keysUnreadable", why=why)))


def _reporter(to: ReportTo, feed: Feed, clock: Clock, say: Say, stack: AsyncExitStack) -> Reporter:
    release = version("tradefleet")
    api = ApiServer(to.place, f"tradefleet-feed/{release}")
    stack.push_async_callback(api.close)
    path = f"/apis/{API_VERSION}/namespaces/{to.namespace}/{FEED_PLURAL}/{to.name}/status"

    async def write(status: FeedStatus) -> None:
        metadata = {"name": to.name, "namespace": to.namespace}
        body = {"apiVersion": API_VERSION, "kind": FEED_KIND, "metadata": metadata}
        await api.apply(path, body | {"status": status.to_json()}, FEED_MANAGER)

    def told(why: str) -> None:
        say(_record("statusUnwritten", why=why) if why else _record("statusWritten"))

    process = Process(pod=to.pod, version=release, started=clock.now())
    return Reporter(feed.numbers, write, process, clock, told)


def _file(path: str) -> KeySource:
    return Path(path).read_bytes


def _everybody(token: str) -> Admission:
    return WELCOME


async def _probes(
    process: FeedProcess, feed: Feed, doorkeeper: Doorkeeper | None, stack: AsyncExitStack
) -> int:
    if process.probe_port is None:
        return 0

    def problems() -> tuple[str, ...]:
        if doorkeeper is not None and not doorkeeper.has_keys:
            return ("the keys that tokens are checked with are not known yet", *feed.problems())
        return feed.problems()

    health = HealthServer(alive=tuple, ready=problems, exposition=feed.meters.exposition)
    await health.start(process.probe_host, process.probe_port)
    stack.push_async_callback(health.stop)
    return health.port


def _ready(process: FeedProcess, feed: Feed, probes: int) -> str:
    return _record(
        "serving",
        symbol=process.settings.symbol,
        host=process.host,
        port=feed.server.port,
        probePort=probes,
        feed=process.settings.feed,
    )


def _record(event: str, **fields: object) -> str:
    return json.dumps({"event": event, **fields})
