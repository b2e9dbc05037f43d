"""The program `tradefleet-operator`: puts the parts together and ends them."""

import asyncio
import gc
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry

from botapi.labels import FEED_KIND
from botoperator import clock, logs
from botoperator.attempt import Attempts
from botoperator.cluster.execute import Executor
from botoperator.cluster.kinds import ACCOUNTS, FEEDS, Scope
from botoperator.cluster.kube import Access, KubeCluster
from botoperator.cluster.port import Cluster, ClusterError
from botoperator.command_line import Options, parse
from botoperator.context import Context
from botoperator.handlers.news import News
from botoperator.handlers.probes import Probes, serving
from botoperator.handlers.watch import Watches
from botoperator.logs import Log
from botoperator.meters import ApiMeters, WorkMeters
from botoperator.relist import Relist
from botoperator.resources.metadata import ReleaseOwner
from botoperator.store import Place, Record
from botoperator.worker import Workers

_YOUNG_OBJECTS = 50_000
"""Decoded lists are very many objects and no garbage: looked through as often as Python does by
itself, they take the processor as long again as their decoding does."""
_BEAT_SECONDS = 1.0
_LOOK_SECONDS = 5.0
_DELETED = "DELETED"
"""Type of the event that tells of an object's end (Kubernetes, "API concepts")."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the operator's command line and give its exit code."""
    options = parse(arguments)
    logs.set_up(options.log_level, options.shape)
    log = Log()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
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
    settings = options.settings
    accounts = _Part(options, context, cluster, ACCOUNTS, settings.watch_namespaces)
    executor = Executor(cluster=cluster, shelf=context, now=clock.now)
    attempts = Attempts(context, executor, accounts.relist.roots)
    async with asyncio.TaskGroup() as group:
        group.create_task(_beat(context), name="beat")
        await accounts.relist.first()
        context.vitals.is_synced = True
        group.create_task(Workers(context, attempts.attempt).run(), name="workers")
        accounts.keep_up(group)
        if settings.feeds is not None:
            # Accounts do not wait for feeds: without one a runner asks the exchange itself.
            feeds = _Part(options, context, cluster, FEEDS, (settings.namespace,))
            group.create_task(_begin_feeds(context, feeds, cluster, group), name="feeds")


async def _begin_feeds(
    context: Context, feeds: "_Part", cluster: Cluster, group: asyncio.TaskGroup
) -> None:
    context.feed_owner = await feed_owner(context, cluster)
    await feeds.relist.first()
    context.knows_feeds = True
    # Also those that accounts want and that are not there yet.
    context.enqueue(context.wanted_feeds())
    feeds.keep_up(group)


async def feed_owner(context: Context, cluster: Cluster) -> ReleaseOwner | None:
    """The Deployment that feeds go with, asked for until there is an answer; None without one."""
    settings = context.settings
    name = settings.feeds.owner if settings.feeds is not None else ""
    while name:
        try:
            found = await cluster.get(Place("Deployment", settings.namespace, name))
        except ClusterError as error:
            context.log.warning("ownerUnknown", message=str(error))
            await asyncio.sleep(_LOOK_SECONDS)
            continue
        if found is not None:
            return ReleaseOwner(name=name, uid=found["metadata"]["uid"])
        text = f"there is no Deployment {name} in {settings.namespace}: feeds outlive the operator"
        context.log.warning("ownerUnknown", message=text)
        break
    return None


class _Part:
    """The lists and watches of one scope."""

    def __init__(
        self,
        options: Options,
        context: Context,
        cluster: Cluster,
        scope: Scope,
        namespaces: Sequence[str],
    ) -> None:
        self._context, self._cluster = context, cluster
        self._root, self._namespace = scope.root, next(iter(namespaces), None)
        self.relist = Relist(
            context, cluster, scope, namespaces, interval_seconds=options.relist_seconds
        )
        self._watches = Watches(
            scope,
            namespaces,
            make_access=lambda: Access(options.kubeconfig),
            news=News(context.store.has, self._listed),
            tell=self._tell,
            log=context.log,
        )
        self._loop = asyncio.get_running_loop()

    def keep_up(self, group: asyncio.TaskGroup) -> None:
        """Watch, and list now and then."""
        name = self._root.plural
        group.create_task(self.relist.run(), name=f"relist {name}")
        group.create_task(self._watches.run(self._until_served), name=f"watches {name}")

    async def _until_served(self) -> None:
        while True:
            try:
                async for _ in self._cluster.pages(self._root, self._namespace):
                    return
            except ClusterError as error:
                self._context.log.warning("notServed", message=str(error))
                await asyncio.sleep(_LOOK_SECONDS)

    def _listed(self) -> None:
        # In the watches' thread, as what follows.
        self._loop.call_soon_threadsafe(self.relist.soon)

    def _tell(self, told: str | None, raw: dict[str, Any]) -> None:
        # What is no news ends here, of the rest the record is made here.
        if told == _DELETED or not self._context.store.has(raw):
            self._loop.call_soon_threadsafe(self._take, told, Record.of(raw))

    def _take(self, told: str | None, record: Record) -> None:
        self._context.meters.told(record.place.kind)
        if told == _DELETED:
            self._context.gone(record.place, record.uid)
        else:
            self._context.saw(record)


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
            accounts=context.store.count(),
            feeds=context.store.count(FEED_KIND),
        )
        await asyncio.sleep(_BEAT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
