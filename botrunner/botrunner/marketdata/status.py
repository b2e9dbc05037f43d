"""What a feed says of itself in its status, and when saying it is worth a write. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from botapi.conditions import (
    Condition,
    ConditionReason,
    ConditionStatus,
    ConditionType,
    carry_over,
    make_condition,
)
from botapi.v1alpha1.feed import FeedStatus, PriceSource, UpstreamReport
from botapi.v1alpha1.status import StreamState as Stream
from botrunner.exchanges.market_data import Source
from botrunner.marketdata.upstream_state import UpstreamState

OLD_SECONDS = 15.0
"""Without a quote for so long, REST included, there are no prices to serve."""
SUBSCRIBERS_SPAN = timedelta(seconds=15)
"""Changes of their number alone are written at most so often."""
HEARTBEAT = timedelta(minutes=5)
_R = ConditionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What is known of a feed now."""

    upstream: UpstreamState
    quote_age_seconds: float
    subscribers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Who serves."""

    pod: str
    version: str
    started: datetime


def trouble(numbers: Numbers) -> tuple[ConditionReason, str] | None:
    """Why there are no fresh prices; None while there are."""
    upstream, age = numbers.upstream, numbers.quote_age_seconds
    if upstream.problem:
        return _R.SYMBOL_UNKNOWN, upstream.problem
    if upstream.quoted_at is None:
        return _R.NOT_REPORTED, "there has been no quote yet"
    if age >= OLD_SECONDS:
        return _R.PRICE_STALE, "the exchange gives no prices, neither by stream nor by REST"
    return None


def feed_status(
    numbers: Numbers, process: Process, before: FeedStatus | None, now: datetime
) -> FeedStatus:
    """The feed's part of the status; times of transition carry over from ``before``."""
    upstream = numbers.upstream
    condition = _condition(numbers, now)
    said = before.conditions[0] if before is not None else None
    return FeedStatus(
        conditions=(carry_over(said, condition),),
        subscribers=numbers.subscribers,
        upstream=UpstreamReport(
            state=Stream(upstream.state.value),
            source=PriceSource(upstream.source.value),
            reconnects=upstream.reconnects,
            last_quote=upstream.quoted_at,
        ),
        pod=process.pod or None,
        version=process.version,
        started=process.started,
        last_report=now,
    )


def is_due(before: FeedStatus | None, status: FeedStatus) -> bool:
    """Whether it is written now: transitions at once, the rest seldom (KU-4)."""
    if before is None or before.last_report is None or status.last_report is None:
        return True
    # Either way, for the clock may be set back.
    waited = abs(status.last_report - before.last_report)
    if _transitions(before) != _transitions(status) or waited >= HEARTBEAT:
        return True
    return before.subscribers != status.subscribers and waited >= SUBSCRIBERS_SPAN


def _transitions(status: FeedStatus) -> tuple[object, ...]:
    upstream = status.upstream
    conditions = tuple((each.status, each.reason, each.message) for each in status.conditions)
    if upstream is None:
        return conditions
    return (*conditions, upstream.state, upstream.source)


def _condition(numbers: Numbers, now: datetime) -> Condition:
    found = trouble(numbers)
    reason, message = found or (_R.AS_EXPECTED, "")
    if found is None and numbers.upstream.source is Source.REST:
        reason, message = _R.POLLING_DEGRADED, "the stream is silent; prices come by polling"
    return make_condition(
        ConditionType.MARKET_DATA_READY,
        ConditionStatus.TRUE if found is None else ConditionStatus.FALSE,
        reason=reason,
        at=now,
        message=message,
    )
