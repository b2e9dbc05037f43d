"""Metrics of a feed and of its clients, in a registry of their own (OB-1).

What is counted on the way of a message is a plain number; it becomes a metric when it is asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

_LATENCY_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
Read = Callable[[], float]
ReadMany = Callable[[], dict[str, float]]


class FeedMeters(Collector):
    """One feed's: numbers are read when the metrics are."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges: list[tuple[str, str, Read]] = []
        self._counters: list[tuple[str, str, Read]] = []
        self._labelled: list[tuple[str, str, str, ReadMany]] = []
        self.latency = Histogram(
            "tradefleet_feed_receive_latency_seconds",
            "From the exchange's time of a message to its receipt by the feed.",
            registry=self.registry,
            buckets=_LATENCY_BUCKETS,
        )
        self.registry.register(self)

    def gauge(self, name: str, text: str, read: Read) -> None:
        """Show a number that may fall."""
        self._gauges.append((f"tradefleet_feed_{name}", text, read))

    def counter(self, name: str, text: str, read: Read) -> None:
        """Show a number that only grows; its metric ends in ``_total``."""
        self._counters.append((f"tradefleet_feed_{name}", text, read))

    def counter_by(self, name: str, text: str, label: str, read: ReadMany) -> None:
        """Show numbers that only grow, by the values of a label."""
        self._labelled.append((f"tradefleet_feed_{name}", text, label, read))

    @override
    def collect(self) -> Iterator[Metric]:
        """All of them, now."""
        for name, text, read in self._gauges:
            yield GaugeMetricFamily(name, text, value=read())
        for name, text, read in self._counters:
            yield CounterMetricFamily(name, text, value=read())
        for name, text, label, read_many in self._labelled:
            family = CounterMetricFamily(name, text, labels=[label])
            for value, number in read_many().items():
                family.add_metric([value], number)
            yield family

    def describe(self) -> Iterator[Metric]:
        """Their names, as they are registered before any of them is there."""
        return self.collect()

    def exposition(self) -> bytes:
        """All of it in the text format that Prometheus reads."""
        return generate_latest(self.registry)


class ClientMeters:
    """What a runner sees of its feeds; the labels are the account's name and the symbol."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("account", "symbol")
        self.in_use = Gauge(
            "tradefleet_feed_client_in_use_state",
            "1 while prices come from the feed, 0 while the runner asks the exchange itself.",
            labels,
            registry=registry,
        )
        self.age = Gauge(
            "tradefleet_feed_client_frame_age_seconds",
            "Since the feed's last frame.",
            labels,
            registry=registry,
        )
        self.lost = Counter(
            "tradefleet_feed_client_lost_messages_total",
            "Messages of the feed that this runner was too slow for, or not connected.",
            labels,
            registry=registry,
        )
        self.reconnects = Counter(
            "tradefleet_feed_client_reconnects_total",
            "Connections to the feed that ended or did not come about.",
            labels,
            registry=registry,
        )
        self.bytes = Counter(
            "tradefleet_feed_client_received_bytes_total",
            "Payload received from the feed.",
            labels,
            registry=registry,
        )
        self.latency = Histogram(
            "tradefleet_feed_client_latency_seconds",
            "From the exchange's time of a quote to its receipt by the runner.",
            labels,
            registry=registry,
            buckets=_LATENCY_BUCKETS,
        )

    def of(self, account: str, symbol: str) -> "SymbolMeters":
        """Those of one account's symbol."""
        labels = (account, symbol)
        return SymbolMeters(
            in_use=self.in_use.labels(*labels),
            age=self.age.labels(*labels),
            lost=self.lost.labels(*labels),
            reconnects=self.reconnects.labels(*labels),
            bytes=self.bytes.labels(*labels),
            latency=self.latency.labels(*labels),
        )

    def forget(self, account: str, symbol: str) -> None:
        """Show no state of a symbol that is followed no more; what was counted stays."""
        self.in_use.remove(account, symbol)
        self.age.remove(account, symbol)


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolMeters:
    """Of `ClientMeters`, what one symbol of an account counts on."""

    in_use: Gauge
    age: Gauge
    lost: Counter
    reconnects: Counter
    bytes: Counter
    latency: Histogram
