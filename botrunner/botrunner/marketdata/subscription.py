"""One symbol at one feed, as a runner has it: the connection, what it says, and whether it is used.

Frames become events at once; while the exchange itself is asked, they only show how the feed does.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.market_data import Source
from botrunner.exchanges.port import Listeners, MessageRefused, PricesReported, PublicTopics
from botrunner.marketdata import heard, wire
from botrunner.marketdata.client import ClientListeners, FeedClient
from botrunner.marketdata.link import Link, LinkTiming, Route
from botrunner.marketdata.meters import ClientMeters
from botrunner.marketdata.wire import (
    BookSaid,
    CandleSaid,
    FeedFrame,
    Gap,
    Hello,
    QuoteSaid,
    TradeSaid,
    UpstreamSaid,
    Welcome,
    WireError,
)
from botrunner.service.clock import Clock

_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAccess:
    """How a runner reaches the feeds of its exchange."""

    exchange: str
    environment: str
    market: str
    address_of: Callable[[str], str]
    """The address of a symbol's feed."""
    token: Callable[[], str] = lambda: ""
    """Read anew for each connection: it is rotated. Raises OSError, or ValueError for no text."""
    timing: LinkTiming = field(default_factory=LinkTiming)
    max_divergence_percent: Decimal = Decimal("0.5")
    """So far may the feed's mark price lie from the exchange's own."""
    account: str = ""
    meters: ClientMeters | None = None


class Subscription:
    """``share`` gives chance within [0, 1]."""

    def __init__(
        self,
        symbol: str,
        topics: PublicTopics,
        access: FeedAccess,
        listeners: Listeners,
        clock: Clock,
        share: Callable[[], float],
    ) -> None:
        self.symbol, self._topics, self._access = symbol, topics, access
        self._listeners, self._clock, self._share = listeners, clock, share
        meters, account = access.meters, access.account
        self._meters = meters.of(account, symbol) if meters is not None else None
        self.link = Link(access.timing, clock.monotonic(), share())
        self.newest: QuoteSaid | None = None
        """The feed's newest quote on the present connection."""
        self.delivered: QuoteChanged | None = None
        """The newest quote that the engine has of the symbol, from wherever."""
        self._floor: datetime | None = None
        """The feed's quotes from before this moment are older than the exchange's own word."""
        self.source: Source | None = None
        """Where that came from, as last told."""
        self._sequence = heard.Sequence()
        self._own_source = Source.STREAM
        """Where the exchange itself is heard while it is asked: the stream until it says else."""
        self.is_connected = False
        self.why_not = "not connected yet"
        self._pending: QuoteSaid | None = None
        self._feed_time_us = 0
        """The feed's time of its last frame."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect, and stay connected."""
        listeners = ClientListeners(frame=self._frame, drained=self._drained, ended=self._ended)
        client = FeedClient(
            self._access.address_of(self.symbol),
            self._hello,
            listeners,
            self._clock,
            lambda: 0.5 + self._share() / 2,
        )
        self._task = asyncio.get_running_loop().create_task(client.run())

    async def stop(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def forget(self) -> None:
        """Show nothing of it any more: the symbol is followed no longer."""
        if self._access.meters is not None:
            self._access.meters.forget(self._access.account, self.symbol)

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The connection's work; it ends by an error of the program alone."""
        return self._task

    @property
    def reason(self) -> str:
        """Why the feed is not used, in words."""
        if self.link.is_distrusted:
            return "its price differs from the exchange's own"
        return self.why_not or "it is silent, or its quotes are old"

    def decide(self) -> Route:
        """Where prices come from now on; the newest quote is told when that is the feed again."""
        before = self.link.route
        route = self.link.decide(self._clock.monotonic(), self._share())
        if route is Route.FEED and before is Route.DIRECT and self.newest is not None:
            self._quote(self.newest)
        if route is Route.DIRECT and before is Route.FEED:
            self._own_source = Source.STREAM
        self._measure(route)
        return route

    def _hello(self) -> Hello:
        access, topics = self._access, self._topics
        wanted = [(wire.BOOK, topics.depth > 1), (wire.TRADES, topics.trades)]
        return Hello(
            oldest_version=wire.OLDEST_VERSION,
            newest_version=wire.VERSION,
            exchange=access.exchange,
            environment=access.environment,
            market=access.market,
            symbol=self.symbol,
            topics=tuple(topic for topic, is_wanted in wanted if is_wanted),
            depth=topics.depth,
            intervals=topics.intervals,
            token=access.token(),
        )

    def _frame(self, said: FeedFrame | None, size: int) -> None:
        now = self._clock.monotonic()
        if self._meters is not None:
            self._meters.bytes.inc(size)
        match said:
            case Welcome():
                self._welcomed(said, now)
            case _ if not self.is_connected:
                raise WireError("the first frame is no welcome")
            case _:
                self.link.heard(now)
                self._said(said)

    def _welcomed(self, said: Welcome, now: float) -> None:
        wanted = self._topics
        if wanted.depth > said.depth:
            raise WireError(f"it serves {said.depth} levels, {wanted.depth} are needed")
        missing = sorted(set(wanted.intervals) - set(said.intervals))
        if missing:
            raise WireError(f"it has no candles of {', '.join(missing)}")
        self.is_connected, self.why_not = True, ""
        self.newest = self._pending = None
        self._sequence.welcomed(said.feed)
        self.link.welcomed(now, said.heartbeat_seconds)

    def _said(self, said: FeedFrame | None) -> None:
        match said:
            case QuoteSaid():
                heard.quote_changed(self.symbol, said)
                self._pending, self._feed_time_us = said, said.feed_time_us
            case UpstreamSaid():
                self._feed_time_us = said.feed_time_us
            case Gap():
                self._gap(said)
            case TradeSaid() | BookSaid() | CandleSaid():
                self._market(said)
            case _:
                return  # Of a newer feed.

    def _drained(self) -> None:
        """Of the quotes that came together the last one counts."""
        said, self._pending = self._pending, None
        now = self._clock.monotonic()
        if said is not None:
            self.newest = said
            if self.link.route is Route.FEED:
                self._quote(said)
            self.link.quoted(now, self._age(said))
        elif self.newest is not None:
            self.link.aged(now, self._age(self.newest))

    def _age(self, said: QuoteSaid) -> float:
        """Seconds, as far as the feed's clock tells; that may be set back."""
        return max(0.0, (self._feed_time_us - said.feed_time_us) / _US)

    def _quote(self, said: QuoteSaid) -> None:
        event = heard.quote_changed(self.symbol, said)
        if self._floor is not None and event.quote.at < self._floor:
            return
        self.delivered, self._floor = event, None
        self._tell_source(said.source)
        self._listeners.event(event)
        if self._meters is not None:
            late = (self._clock.now() - event.quote.at).total_seconds()
            self._meters.latency.observe(max(0.0, late))

    def told_directly(self, event: QuoteChanged) -> None:
        """The exchange itself gave a quote."""
        self.delivered, self._floor = event, event.quote.at
        self._tell_source(self._own_source)
        self._listeners.event(event)

    def told_own_source(self, source: Source) -> None:
        """The exchange itself is heard elsewhere from now on."""
        self._own_source = source
        self._tell_source(source)

    def _tell_source(self, source: Source) -> None:
        """Report where prices come from, if that has changed."""
        if source is not self.source:
            self.source = source
            at = self._clock.now()
            self._listeners.report(PricesReported(symbol=self.symbol, source=source, at=at))

    def _market(self, said: TradeSaid | BookSaid | CandleSaid) -> None:
        missed = self._sequence.missed(said)
        if self.link.route is not Route.FEED:
            return  # The exchange itself tells it.
        if missed:
            self._lost(missed, f"missed {missed} messages of {wire.topic_of(said)}, not connected")
        match said:
            case TradeSaid():
                self._listeners.market(heard.trade_printed(self.symbol, said))
            case BookSaid():
                book = heard.book_changed(self.symbol, said, self._topics.depth)
                self._listeners.market(book)
            case CandleSaid():
                self._listeners.market(heard.candle_changed(self.symbol, said))

    def _gap(self, said: Gap) -> None:
        lost = heard.lost_by(said)
        self._sequence.told(said)
        self._lost(lost, f"too slow for {lost} messages of {said.topic}")

    def _lost(self, count: int, why: str) -> None:
        if self._meters is not None:
            self._meters.lost.inc(count)
        self._refused(why)

    def _ended(self, why: str) -> None:
        self.is_connected = False
        if why.startswith("unbelievable") and why != self.why_not:
            self._refused(why)
        self.why_not = why
        self.link.lost()
        if self._meters is not None:
            self._meters.reconnects.inc()

    def _refused(self, problem: str) -> None:
        at = self._clock.now()
        self._listeners.report(
            MessageRefused(origin="feed", message="", problem=f"{self.symbol}: {problem}", at=at)
        )

    def _measure(self, route: Route) -> None:
        if self._meters is not None:
            self._meters.in_use.set(route is Route.FEED)
            self._meters.age.set(self._clock.monotonic() - self.link.heard_at)
