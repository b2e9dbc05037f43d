"""MarketDataFeed: its fields and its definition (MD-1, KU-12)."""

import pytest
from pydantic import ValidationError

from botapi.changes import refused_changes
from botapi.definitions import definitions
from botapi.feed_definition import feed_definition
from botapi.labels import FEED_CRD
from botapi.v1alpha1.feed import (
    DEPTHS,
    INTERVALS,
    FeedStatus,
    MarketDataFeed,
    MarketDataFeedSpec,
)
from botrunner.exchanges.bybit.mapper_market import INTERVALS as VENUE_INTERVALS

SPEC = {"exchange": "bybit", "environment": "demo", "symbol": "XRPUSDT"}


def test_a_feed_needs_three_words_and_has_the_stated_defaults() -> None:
    """MD-1."""
    spec = MarketDataFeedSpec.model_validate(SPEC)

    assert spec.to_json() == SPEC | {
        "market": "futures",
        "bookDepth": 50,
        "intervals": ["1"],
        "staleAfterSeconds": 5,
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"bookDepth": 25}, "must be 1, 50, 200 or 1000"),
        ({"intervals": ["1", "7"]}, "must be intervals of the exchange"),
        ({"symbol": "xrpusdt"}, "must be a symbol of the exchange"),
        ({"staleAfterSeconds": 0}, "must be 1 to 60"),
        ({"environment": "moon"}, "environment"),
    ],
)
def test_what_no_feed_can_follow_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        MarketDataFeedSpec.model_validate(SPEC | change)


@pytest.mark.parametrize(
    ("field", "value"),
    [("environment", "mainnet"), ("symbol", "BTCUSDT")],
)
def test_what_a_feed_is_of_never_changes(field: str, value: str) -> None:
    """MD-1."""
    old = MarketDataFeedSpec.model_validate(SPEC)
    new = MarketDataFeedSpec.model_validate(SPEC | {field: value})

    (fault,) = refused_changes(old, new)

    assert (fault.location, fault.rule) == ((field,), "is immutable")


def test_depth_and_intervals_may_change() -> None:
    """MD-10."""
    old = MarketDataFeedSpec.model_validate(SPEC)
    new = MarketDataFeedSpec.model_validate(SPEC | {"bookDepth": 200, "intervals": ["5"]})

    assert refused_changes(old, new) == ()


def test_every_interval_is_one_that_the_adapter_has() -> None:
    assert frozenset(INTERVALS) == VENUE_INTERVALS
    assert DEPTHS == (1, 50, 200, 1000)


def test_a_whole_object_is_read_with_its_status() -> None:
    feed = MarketDataFeed.model_validate(
        {
            "apiVersion": "tradefleet.dev/v1alpha1",
            "kind": "MarketDataFeed",
            "metadata": {"name": "feed-bybit-demo-futures-xrpusdt", "namespace": "tradefleet"},
            "spec": SPEC,
            "status": {
                "subscribers": 3,
                "upstream": {"state": "connected", "source": "stream", "reconnects": 1},
            },
        }
    )

    assert feed.status is not None and feed.status.upstream is not None
    assert (feed.status.subscribers, feed.status.upstream.source) == (3, "stream")


def test_the_definition_is_generated_like_every_other() -> None:
    assert definitions()[f"{FEED_CRD}.yaml"] == feed_definition()
    assert feed_definition()["metadata"]["name"] == FEED_CRD


def test_nothing_of_a_feed_is_said_by_two_writers() -> None:
    """KU-4: the operator's part and the feed's are apart; conditions are told apart by type."""
    fields = set(FeedStatus.model_fields)
    operators = {"observed_generation", "users"}

    assert fields - operators == {
        "conditions",
        "subscribers",
        "upstream",
        "pod",
        "version",
        "started",
        "last_report",
    }
