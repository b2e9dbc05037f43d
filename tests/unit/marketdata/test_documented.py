"""docs/feeds.md says what the code says (KU-25)."""

from pathlib import Path

from botapi.feeds import (
    DIRECT_CONNECT_SECONDS,
    DIRECT_POLL_SECONDS,
    FEED_AUDIENCE,
    FEED_PORT,
)
from botapi.v1alpha1.account import MarketDataSettings
from botrunner.marketdata.link import LinkTiming
from botrunner.marketdata.tokens import LEEWAY_SECONDS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "feeds.md").read_text()
TEXT = " ".join(PAGE.split())


def test_the_spans_are_those_of_the_code() -> None:
    timing, settings = LinkTiming(), MarketDataSettings()

    assert (
        f"nothing from it for {timing.direct_after:g} seconds, and up to {timing.jitter:g}" in TEXT
    )
    assert f"has been well for {timing.settle:g} seconds" in TEXT
    assert f"no new quote for {timing.quiet:g} seconds" in TEXT
    assert f"compared again after {timing.distrust / 60:g} minutes" in TEXT
    assert f"`spec.marketData.directAfterSeconds` ({settings.direct_after_seconds})" in TEXT
    percent = settings.max_feed_divergence_percent
    assert f"`spec.marketData.maxFeedDivergencePercent` ({percent})" in TEXT
    assert f"differs by more than {percent} %" in TEXT
    assert f"every {DIRECT_POLL_SECONDS} seconds and begins a second" in TEXT
    assert f"to {DIRECT_CONNECT_SECONDS} seconds after its first" in TEXT
    assert LEEWAY_SECONDS == 60 and "ends a minute after its token does" in TEXT
    assert f"audience `{FEED_AUDIENCE}`" in TEXT
    assert f"--port {FEED_PORT}" in TEXT
