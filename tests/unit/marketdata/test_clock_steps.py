"""A clock that is set does not make prices young or old (MD-3, MD-6)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from typing_extensions import override

from botrunner.domain.events import QuoteChanged
from botrunner.domain.market import Quote
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.admission import WELCOME
from botrunner.marketdata.feed import Feed, FeedSettings
from botrunner.marketdata.hub import Hub
from botrunner.service.clock import ManualClock
from support.feeds import NOWHERE, QUEUED, REPLACED, SYMBOL, adapter, desk_at, serving, until
from support.said import quote_now
from support.simulator import running_simulator
from support.steady_prices import SteadyPrices

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE = Decimal(1)
HOUR_US = 3_600_000_000


class SettableClock(ManualClock):
    """Its time of day can be set; what it measures goes on."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.shift = timedelta()

    @override
    def now(self) -> datetime:
        return super().now() + self.shift


@pytest.mark.parametrize("hours", [-1, 1])
async def test_the_age_of_a_feeds_quote_is_measured_by_no_time_of_day(hours: int) -> None:
    clock, told = SettableClock(), list[Listeners]()

    def make(listeners: Listeners) -> Exchange:
        told.append(listeners)
        return adapter(NOWHERE, listeners)

    settings = FeedSettings(
        exchange="bybit", environment="demo", market="futures", symbol=SYMBOL, feed="test"
    )
    feed = Feed(settings, make, lambda token: WELCOME, clock)
    await clock.advance(timedelta(seconds=20))
    silent, why = feed.quote_age_seconds(), feed.problems()
    quote = Quote(bid=ONE, ask=ONE, last=ONE, mark=ONE, at=clock.now())
    told[0].event(QuoteChanged(symbol=SYMBOL, quote=quote))
    clock.shift = timedelta(hours=hours)
    await clock.advance(timedelta(seconds=2))
    fresh, none = feed.quote_age_seconds(), feed.problems()
    await clock.advance(timedelta(seconds=13))

    assert (silent, why) == (20.0, ("there has been no quote yet",))
    assert (fresh, none) == (2.0, ())
    assert feed.quote_age_seconds() == 15.0 and len(feed.problems()) == 1


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_feed_whose_clock_is_set_is_used_on(hours: int) -> None:
    """Its quotes carry the time of day; only what is said after one tells how old that is."""
    hub = Hub(QUEUED, REPLACED)
    with running_simulator(source=SteadyPrices(), stepping=True) as simulator:
        async with serving(hub) as server, desk_at(simulator, lambda: server.port) as desk:
            server.broadcast(hub.publish(quote_now("0.5000")))
            await until(lambda: desk.has_bid("0.5000"), "a quote")
            later = quote_now("0.5010")
            shifted = later.feed_time_us + hours * HOUR_US
            said = msgspec.structs.replace(later, feed_time_us=shifted)
            server.broadcast(hub.publish(said))
            await until(lambda: desk.has_bid("0.5010"), "a quote by the clock that was set")
            desk.exchange.watch([SYMBOL])  # Looks at every link at once.

            assert not desk.is_direct
