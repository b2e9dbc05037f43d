"""The operator's shell on a desk: its context, a cluster in memory, and all that it has logged."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry
from typing_extensions import override

from botoperator.cluster.execute import Executor
from botoperator.cluster.kinds import Scope
from botoperator.context import Context
from botoperator.logs import JsonLine, Log
from botoperator.meters import WorkMeters
from botoperator.relist import Relist
from botoperator.settings import FeedSettings, Settings
from botoperator.store import Record
from support.desk_cluster import DeskCluster

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[dict[str, Any]] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line as it would be written."""
        self.lines.append(json.loads(JsonLine().format(record)))


class OperatorDesk:
    """Context, cluster and executor of one test; made inside its event loop."""

    def __init__(self, *, feeds: FeedSettings | None = None) -> None:
        self.time = NOON
        self.metrics = CollectorRegistry()
        self._listener = _Listener()
        logger = logging.getLogger(f"desk-{id(self)}")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self._listener)
        settings = Settings(
            namespace="tradefleet",
            runner_image="tradefleet:test",
            simulator="http://tradefleet-simulator.tradefleet.svc:8480",
            feeds=feeds,
        )
        self.context = Context(
            settings, now=lambda: self.time, log=Log(logger.name), meters=WorkMeters(self.metrics)
        )
        self.cluster = DeskCluster()
        self.executor = Executor(cluster=self.cluster, shelf=self.context, now=lambda: self.time)

    def relist(self, scope: Scope, *namespaces: str, seconds: float = 600) -> Relist:
        """The lists of a scope, without jitter."""
        return Relist(
            self.context,
            self.cluster,
            scope,
            namespaces,
            interval_seconds=seconds,
            chance=lambda: 0.5,
        )

    def see(self, raw: Any) -> None:
        """Put an object into the cluster, and let a watch tell of it."""
        self.context.saw(Record.of(self.cluster.store(raw)))

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Every line about an event."""
        return [line for line in self._listener.lines if line["event"] == event]

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric; 0 while it has none."""
        return self.metrics.get_sample_value(name, labels) or 0.0
