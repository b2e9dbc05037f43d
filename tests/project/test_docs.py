"""The documented tables say what the code says: reasons and metrics are part of the API (KU-25)."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Metric

from botapi.conditions import OWNERS, REASONS, ConditionReason, ConditionType, Phase
from botoperator.meters import ApiMeters, WorkMeters
from botoperator.reconcile.notices import NoticeReason
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.marketdata.admission import WELCOME
from botrunner.marketdata.feed import Feed, FeedSettings
from botrunner.marketdata.meters import ClientMeters
from botrunner.service.clock import SystemClock
from botrunner.service.meters import Meters
from support.feeds import SYMBOL, adapter

ROOT = Path(__file__).resolve().parents[2]
CONDITIONS = (ROOT / "docs" / "conditions.md").read_text()
METRICS = (ROOT / "docs" / "metrics.md").read_text()
OF_EVERY_CONDITION = {ConditionReason.AS_EXPECTED, ConditionReason.NOT_REPORTED}


def first_cells(text: str) -> list[str]:
    """The first column of the tables in a text, without their heads."""
    rows = [line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("|")]
    heads = {number - 1 for number, cell in enumerate(rows) if set(cell) == {"-"}}
    return [cell for number, cell in enumerate(rows) if number not in heads and set(cell) != {"-"}]


def section(title: str, text: str = CONDITIONS) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found.group(1)


def metric_names(registry: CollectorRegistry) -> Iterator[tuple[str, str, str]]:
    """Name as Prometheus shows it, labels and help of every metric that is registered."""
    for collector in list(registry._collector_to_names):
        # Every metric describes itself; the declared class of collectors does not say so.
        describe: Callable[[], Iterable[Metric]] = getattr(collector, "describe")
        for family in describe():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            # Of a metric that is read when it is asked for, only the family knows them.
            labels = getattr(family, "_labelnames", ()) or getattr(collector, "_labelnames", ())
            yield name, ", ".join(labels), family.documentation


def operator_registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    ApiMeters(registry)
    WorkMeters(registry)
    return registry


def subscriber_registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    ClientMeters(registry)
    return registry


def feed_registry() -> CollectorRegistry:
    settings = FeedSettings(
        exchange="bybit", environment="demo", market="futures", symbol=SYMBOL, feed="test"
    )
    nowhere = Endpoints(
        rest="http://127.0.0.1:9", public_stream="ws://127.0.0.1:9", private_stream=""
    )
    feed = Feed(
        settings, lambda heard: adapter(nowhere, heard), lambda token: WELCOME, SystemClock()
    )
    return feed.meters.registry


def test_every_phase_is_documented_in_its_order() -> None:
    assert first_cells(section("Phase")) == [phase.value for phase in Phase]


def test_every_condition_is_documented_with_its_writer() -> None:
    rows = section("Who says what").splitlines()
    said = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in rows if "|" in line}

    for kind, manager in OWNERS.items():
        assert said[kind.value] == manager.removeprefix("tradefleet-")


@pytest.mark.parametrize(
    "kind", [kind for kind in ConditionType if kind is not ConditionType.READY]
)
def test_every_reason_of_a_condition_is_documented(kind: ConditionType) -> None:
    documented = first_cells(section(kind.value))

    assert sorted(documented) == sorted(
        reason.value for reason in REASONS[kind] - OF_EVERY_CONDITION
    )


def test_every_event_of_our_own_is_documented() -> None:
    """OB-7: those of conditions are documented with them."""
    documented = set(first_cells(section("Events")))
    sources = (ROOT / "botrunner" / "botrunner").rglob("*.py")
    said = {
        reason
        for path in sources
        for reason in re.findall(r'Notify\(\s*reason="(\w+)"', path.read_text())
    }

    assert len(said) > 5
    assert said | {reason.value for reason in NoticeReason} <= documented


@pytest.mark.parametrize(
    ("title", "registry"),
    [
        ("Runner", Meters().registry),
        ("Runner at a shared feed", subscriber_registry()),
        ("Feed", feed_registry()),
        ("Operator", operator_registry()),
    ],
)
def test_every_metric_is_documented_with_its_labels(
    title: str, registry: CollectorRegistry
) -> None:
    """OB-1."""
    rows = {f"| `{name}` | {labels} | {text} |" for name, labels, text in metric_names(registry)}

    assert rows == {line for line in section(title, METRICS).splitlines() if "| `" in line}
