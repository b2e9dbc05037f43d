"""The program `tradefleet-operator`: puts the parts together and ends them."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry

from botoperator import clock, logs
from botoperator.attempt import Attempts
from botoperator.cluster.execute import Executor
from botoperator.cluster.kinds import ACCOUNT
from botoperator.cluster.kube import Access, KubeCluster
from botoperator.cluster.port import Cluster, ClusterError
from botoperator.command_line import Options, parse
from botoperator.context import Context
from botoperator.handlers.probes import Probes, serving
from botoperator.handlers.watch import Tell, Watches
from botoperator.logs import Log
from botoperator.meters import ApiMeters, WorkMeters
from botoperator.relist import Relist
from botoperator.store import Record
from botoperator.worker import Workers

_BEAT_SECONDS = 1.0
_LOOK_SECONDS = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the operator's command line and give its exit code."""
    options = parse(arguments)
    logs.set_up(options.log_level, options.shape)
    log = Log()
    try:
        asyncio.run(_run(options, log))
    except OSError as error:
        log.error("notStarted", message=f"--probe-port {options.settings.probe_port}: {error}")
        return 1
    log.info("ended")
    return 0


async def _run(options: Options, log: Log) -> None:
    # A signal cancels the work; cancelled work is how this program ends well.
    work = asyncio.ensure_future(_serve(options, log))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        log.info("ending")


async def _serve(options: Options, log: Log) -> None:
    settings, registry = options.settings, CollectorRegistry()
    context = Context(settings, now=clock.now, log=log, meters=WorkMeters(registry))
    probes = Probes(context.vitals, registry, asyncio.get_running_loop().time)
    async with AsyncExitStack() as stack:
        port = stack.enter_context(serving(probes, settings.probe_port, options.probe_host))
        log.info(
            "started",
            version=version("tradefleet"),
            probePort=port,
            namespaces=settings.watch_namespaces or "all",
            runnerImage=settings.runner_image,
        )
        cluster = await stack.enter_async_context(
            KubeCluster(
                Access(options.kubeconfig),
                agent=f"tradefleet-operator/{version('tradefleet')}",
                meters=ApiMeters(registry),
                line=context.line,
            )
        )
        await _work(options, context, cluster)


async def _work(options: Options, context: Context, cluster: Cluster) -> None:
    executor = Executor(cluster=cluster, shelf=context, now=clock.now)
    relist = Relist(context, cluster, interval_seconds=options.relist_seconds)
    watches = Watches(
        lambda: Access(options.kubeconfig),
        options.settings.watch_namespaces,
        _teller(context, relist),
        context.log,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(_beat(context), name="beat")
        await relist.first()
        group.create_task(Workers(context, Attempts(context, executor).attempt).run())
        group.create_task(relist.run(), name="relist")
        group.create_task(watches.run(lambda: _until_served(context, cluster)), name="watches")


def _teller(context: Context, relist: Relist) -> Tell:
    loop = asyncio.get_running_loop()

    def take(told: str | None, record: Record) -> None:
        context.meters.told(record.place.kind)
        if told == "DELETED":
            context.gone(record.place, record.uid)
            return
        context.saw(record)
        if told is None:
            relist.soon()

    def tell(told: str | None, raw: dict[str, Any]) -> None:
        # In the watches' thread: the record is made there and only handed over here.
        loop.call_soon_threadsafe(take, told, Record.of(raw))

    return tell


async def _until_served(context: Context, cluster: Cluster) -> None:
    namespace = next(iter(context.settings.watch_namespaces), None)
    while True:
        try:
            async for _ in cluster.pages(ACCOUNT, namespace):
                return
        except ClusterError as error:
            context.log.warning("notServed", message=str(error))
            await asyncio.sleep(_LOOK_SECONDS)


async def _beat(context: Context) -> None:
    queue, vitals = context.queue, context.vitals
    while True:
        now = context.seconds()
        vitals.oldest_seconds = queue.oldest_age(now)
        vitals.beat_at = now
        context.meters.state(
            depth=queue.depth,
            waiting=queue.waiting,
            oldest_seconds=vitals.oldest_seconds,
            accounts=len(context.store),
        )
        await asyncio.sleep(_BEAT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
