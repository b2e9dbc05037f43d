"""MarketDataFeed: one pod that gets the prices of one symbol once and serves them to all runners.

The operator writes the spec and its part of the status, the feed the rest.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from botapi.conditions import Condition
from botapi.limits import Entries, at_least, within
from botapi.metadata import ObjectMeta
from botapi.model import Model
from botapi.quantity import Timestamp, Whole
from botapi.rules import ListMap, Rule, immutable, matching, reported, restart
from botapi.v1alpha1.account import Environment, Exchange
from botapi.v1alpha1.status import StreamState

DEPTHS: Final = (1, 50, 200, 1000)
"""Levels of the order book that the exchange has streams of."""
INTERVALS: Final = ("1", "3", "5", "15", "30", "60", "120", "240", "360", "720", "D", "W", "M")
"""The exchange's names of the lengths of candles: minutes, day, week, month."""


class Market(StrEnum):
    """What kind of contract is traded."""

    FUTURES = "futures"


class PriceSource(StrEnum):
    """Where the feed's prices come from."""

    STREAM = "stream"
    REST = "rest"


_ONE_OF_THE_DEPTHS = Rule(
    cel=f"self in [{', '.join(map(str, DEPTHS))}]",
    broken=lambda depth: depth not in DEPTHS,
    wrong="must be 1, 50, 200 or 1000",
    remedy="take the next deeper one",
)
_KNOWN_INTERVALS = Rule(
    cel="self.all(i, i in [{}])".format(", ".join(f"'{each}'" for each in INTERVALS)),
    broken=lambda intervals: not set(intervals) <= set(INTERVALS),
    wrong="must be intervals of the exchange",
    remedy="use 1, 3, 5, 15, 30, 60, 120, 240, 360, 720, D, W or M",
)
_ANOTHER = "create a MarketDataFeed of another name for another {}"


class MarketDataFeedSpec(Model):
    """What one feed follows."""

    exchange: Annotated[
        Exchange, immutable("The exchange of the feed.", remedy=_ANOTHER.format("exchange"))
    ]
    environment: Annotated[
        Environment,
        immutable("Which system of the exchange.", remedy=_ANOTHER.format("environment")),
    ]
    market: Annotated[
        Market,
        immutable("The kind of contract: futures.", remedy=_ANOTHER.format("market")),
    ] = Market.FUTURES
    symbol: Annotated[
        str,
        Field(min_length=1, max_length=40),
        matching(
            r"[A-Z0-9]+",
            wrong="must be a symbol of the exchange: A-Z and 0-9",
            remedy="for example XRPUSDT",
        ),
        immutable("The contract, for example XRPUSDT.", remedy=_ANOTHER.format("symbol")),
    ]
    book_depth: Annotated[
        Whole,
        within(1, 1000),
        _ONE_OF_THE_DEPTHS,
        restart("Levels of the order book on each side: 1, 50, 200 or 1000."),
    ] = 50
    intervals: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=3)], ...],
        Entries(most=len(INTERVALS)),
        _KNOWN_INTERVALS,
        restart("Candles to serve, by the exchange's names of their lengths."),
    ] = ("1",)
    stale_after_seconds: Annotated[
        Whole,
        within(1, 60),
        restart(
            "Seconds of silence of the stream, 1 to 60, after which it is connected anew and "
            "prices are polled by REST once a second meanwhile."
        ),
    ] = 5


class UpstreamReport(Model):
    """How the feed stands with the exchange."""

    state: Annotated[StreamState, reported("Of its connection to the public stream.")]
    source: Annotated[PriceSource, reported("Where prices come from: stream, or rest.")]
    reconnects: Annotated[Whole, at_least(0), reported("Times the stream was lost.")] = 0
    last_quote: Annotated[
        Timestamp | None, reported("When the newest quote came, RFC 3339 UTC.")
    ] = None


class FeedStatus(Model):
    """What is reported about a feed, by two writers, each with its own part.

    The operator (field manager ``tradefleet-operator``) writes observedGeneration, users and the
    condition Ready; the feed (``tradefleet-feed``) everything else.
    """

    observed_generation: Annotated[
        Whole | None,
        at_least(0),
        reported("The metadata.generation that the operator has acted on."),
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Entries(most=16),
        ListMap("type"),
        reported(
            "Ready: the pod serves (written by the operator); MarketDataReady: its prices are "
            "fresh (written by the feed)."
        ),
    ] = ()
    users: Annotated[
        Whole | None, at_least(0), reported("Accounts that trade the symbol through this feed.")
    ] = None
    subscribers: Annotated[Whole | None, at_least(0), reported("Runners that are connected.")] = (
        None
    )
    upstream: Annotated[UpstreamReport | None, reported("How it stands with the exchange.")] = None
    pod: Annotated[str | None, Field(max_length=253), reported("The pod that serves.")] = None
    version: Annotated[
        str | None, Field(max_length=253), reported("The feed's version of tradefleet.")
    ] = None
    started: Annotated[Timestamp | None, reported("When the feed started, RFC 3339 UTC.")] = None
    last_report: Annotated[
        Timestamp | None, reported("When the feed reported last, RFC 3339 UTC.")
    ] = None


class MarketDataFeed(Model):
    """One shared feed."""

    api_version: Literal["tradefleet.dev/v1alpha1"]
    kind: Literal["MarketDataFeed"]
    metadata: ObjectMeta
    spec: MarketDataFeedSpec
    status: FeedStatus | None = None
