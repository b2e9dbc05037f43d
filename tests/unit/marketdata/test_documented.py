"""docs/feeds.md says what the code says (KU-25, OB-1)."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry

from botapi.feeds import FEED_AUDIENCE, FEED_PORT
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.admission import WELCOME
from botrunner.marketdata.feed import Feed, FeedSettings
from botrunner.marketdata.link import LinkTiming
from botrunner.marketdata.meters import ClientMeters
from botrunner.service.clock import SystemClock
from support.feeds import SYMBOL, adapter

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "feeds.md").read_text()
TEXT = " ".join(PAGE.split())
LABELS = {"tradefleet_feed_refused_subscribers": "reason"}


def rows(title: str) -> set[tuple[str, ...]]:
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return {tuple(cell.strip(" `") for cell in line.strip("|").split("|")) for line in lines}


def metrics(registry: CollectorRegistry, labels: str) -> Iterator[tuple[str, ...]]:
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield name, LABELS.get(family.name, labels), family.documentation


def make(listeners: Listeners) -> Exchange:
    nowhere = "ws://127.0.0.1:9"
    endpoints = Endpoints(rest="http://127.0.0.1:9", public_stream=nowhere, private_stream=nowhere)
    return adapter(endpoints, listeners)


def test_every_metric_of_a_feed_is_documented() -> None:
    settings = FeedSettings(
        exchange="bybit", environment="demo", market="futures", symbol=SYMBOL, feed="test"
    )
    feed = Feed(settings, make, lambda token: WELCOME, SystemClock())

    assert rows("Metrics of a feed") == set(metrics(feed.meters.registry, ""))


def test_every_metric_of_a_feeds_client_is_documented() -> None:
    registry = CollectorRegistry()
    ClientMeters(registry)

    assert rows("Metrics of its runners") == set(metrics(registry, "account, symbol"))


def test_the_spans_are_those_of_the_code() -> None:
    timing = LinkTiming()

    assert (
        f"nothing from it for {timing.direct_after:g} seconds, and up to {timing.jitter:g}" in TEXT
    )
    assert f"has been well for {timing.settle:g} seconds" in TEXT
    assert f"no new quote for {timing.quiet:g} seconds" in TEXT
    assert f"compared again after {timing.distrust / 60:g} minutes" in TEXT
    assert f"audience `{FEED_AUDIENCE}`" in TEXT
    assert f"--port {FEED_PORT}" in TEXT
