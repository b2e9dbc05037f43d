"""MD-10: what a feed reports of itself, and how seldom (KU-4)."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from botapi.v1alpha1.feed import FeedStatus
from botrunner.exchanges.market_data import Source
from botrunner.exchanges.stream_effects import StreamState
from botrunner.marketdata.reporter import AGAIN_SECONDS, Reporter
from botrunner.marketdata.status import Numbers, Process, feed_status, is_due
from botrunner.marketdata.upstream_state import UpstreamState
from botrunner.service.clock import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PROCESS = Process(pod="feed-0", version="0.1.0", started=NOON)


def upstream(**changes: Any) -> UpstreamState:
    values: dict[str, Any] = {"state": StreamState.CONNECTED, "quoted_at": NOON} | changes
    return UpstreamState(**values)


def numbers(**changes: Any) -> Numbers:
    return replace(Numbers(upstream=upstream(), quote_age_seconds=1.0, subscribers=3), **changes)


def status(found: Numbers, before: FeedStatus | None = None, seconds: float = 0.0) -> FeedStatus:
    return feed_status(found, PROCESS, before, NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("found", "holds", "reason"),
    [
        (numbers(), "True", "AsExpected"),
        (numbers(upstream=upstream(source=Source.REST)), "True", "PollingDegraded"),
        (numbers(quote_age_seconds=15.0), "False", "PriceStale"),
        (numbers(upstream=upstream(quoted_at=None)), "False", "NotReported"),
        (numbers(upstream=upstream(problem="NOSUCH: unknown")), "False", "SymbolUnknown"),
    ],
)
def test_whether_prices_are_fresh_is_a_condition(found: Numbers, holds: str, reason: str) -> None:
    (condition,) = status(found).conditions

    assert (condition.type, condition.status, condition.reason) == (
        "MarketDataReady",
        holds,
        reason,
    )


def test_the_report_is_what_the_definition_has() -> None:
    written = status(numbers(), seconds=2).to_json()

    assert written["upstream"] == {
        "state": "connected",
        "source": "stream",
        "reconnects": 0,
        "lastQuote": "2026-01-01T12:00:00Z",
    }
    assert (written["subscribers"], written["pod"]) == (3, "feed-0")
    assert FeedStatus.model_validate(written) == status(numbers(), seconds=2)


def test_the_operators_part_is_never_written() -> None:
    """KU-4."""
    assert not {"observedGeneration", "users"} & status(numbers()).to_json().keys()


@pytest.mark.parametrize(
    ("found", "seconds", "due"),
    [
        (numbers(), 299, False),
        (numbers(), 300, True),
        (numbers(subscribers=4), 14, False),
        (numbers(subscribers=4), 15, True),
        (numbers(), -3600, True),
        (numbers(upstream=upstream(source=Source.REST)), 1, True),
        (numbers(upstream=upstream(state=StreamState.RECONNECTING)), 1, True),
        (numbers(quote_age_seconds=20.0), 1, True),
        (numbers(upstream=upstream(quoted_at=NOON + timedelta(seconds=9))), 10, False),
    ],
)
def test_transitions_are_written_at_once_and_the_rest_seldom(
    found: Numbers, seconds: float, due: bool
) -> None:
    before = status(numbers())

    assert is_due(None, before)
    assert is_due(before, status(found, before, seconds)) is due


def test_the_time_of_a_transition_stays_until_the_next_one() -> None:
    before = status(numbers())
    same = status(numbers(), before, 60)
    other = status(numbers(quote_age_seconds=20.0), same, 90)

    assert same.conditions[0].last_transition_time == NOON
    assert other.conditions[0].last_transition_time == NOON + timedelta(seconds=90)


@dataclass
class Written:
    """The API server's end."""

    statuses: list[FeedStatus] = field(default_factory=list)
    error: OSError | None = None

    async def __call__(self, status: FeedStatus) -> None:
        if self.error is not None:
            raise self.error
        self.statuses.append(status)


async def test_a_steady_feed_is_silent_but_for_its_heartbeat() -> None:
    """KU-4."""
    clock, written = ManualClock(NOON), Written()
    reporter = Reporter(numbers, written, PROCESS, clock, lambda why: None)
    running = asyncio.ensure_future(reporter.run())
    await asyncio.sleep(0)
    await clock.advance(timedelta(minutes=11))
    running.cancel()

    assert len(written.statuses) == 3


async def test_a_report_that_failed_is_written_again_and_told_once() -> None:
    clock, told = ManualClock(NOON), list[str]()
    written = Written(error=OSError(5, "the API server answers 403: no"))
    reporter = Reporter(numbers, written, PROCESS, clock, told.append)
    running = asyncio.ensure_future(reporter.run())
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=3 * AGAIN_SECONDS))
    written.error = None
    await clock.advance(timedelta(seconds=AGAIN_SECONDS))
    running.cancel()

    assert told == ["the status cannot be written: the API server answers 403: no", ""]
    assert len(written.statuses) == 1
