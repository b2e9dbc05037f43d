"""One feed put together: upstream, hub, server, and what is known about it."""

from dataclasses import dataclass

from botrunner.exchanges.port import MakeAdapter, PublicTopics
from botrunner.exchanges.stream_effects import StreamState
from botrunner.marketdata import wire
from botrunner.marketdata.admission import Admit
from botrunner.marketdata.hub import Hub
from botrunner.marketdata.meters import FeedMeters
from botrunner.marketdata.server import FeedServer, Served, ServerLimits
from botrunner.marketdata.status import Numbers, trouble
from botrunner.marketdata.upstream import Upstream
from botrunner.marketdata.upstream_state import UpstreamState
from botrunner.service.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """What one feed is for."""

    exchange: str
    environment: str
    market: str
    symbol: str
    feed: str
    """Tells this start of the feed from any other."""
    book_depth: int = 50
    intervals: tuple[str, ...] = ("1",)
    limits: ServerLimits = ServerLimits()


class Feed:
    """A feed; ``admit`` judges its subscribers' tokens, ``make`` gives the exchange's adapter."""

    def __init__(
        self,
        settings: FeedSettings,
        make: MakeAdapter,
        admit: Admit,
        clock: Clock,
    ) -> None:
        self._settings, self._clock = settings, clock
        self.meters = FeedMeters()
        self.hub = Hub(*_topics(settings))
        self.server = FeedServer(self.hub, _served(settings), admit, settings.limits)
        self._upstream = Upstream(
            make,
            self.hub,
            self.server.broadcast,
            clock,
            symbol=settings.symbol,
            topics=_wanted(settings),
            measured=self.meters.latency.observe,
        )
        self._describe()

    @property
    def state(self) -> UpstreamState:
        """How it stands with the exchange."""
        return self._upstream.state

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError when the port is in use."""
        await self.server.start(host, port)

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            await self._upstream.run(self._settings.limits.heartbeat_seconds)
        finally:
            await self.server.stop()

    def quote_age_seconds(self) -> float:
        """Since the newest quote came; before the first, since the start."""
        return self._clock.monotonic() - self.state.quote_seconds

    def numbers(self) -> Numbers:
        """What its status says."""
        return Numbers(
            upstream=self.state,
            quote_age_seconds=self.quote_age_seconds(),
            subscribers=len(self.hub),
        )

    def problems(self) -> tuple[str, ...]:
        """Why it is not ready to serve; empty when it is."""
        found = trouble(self.numbers())
        return () if found is None else (found[1],)

    def _describe(self) -> None:
        meters, state, counts = self.meters, self.state, self.server.counts
        meters.gauge(
            "upstream_connected_state",
            "1 while the exchange's stream is connected.",
            lambda: float(state.state is StreamState.CONNECTED),
        )
        meters.gauge("quote_age_seconds", "Since the newest quote came.", self.quote_age_seconds)
        meters.gauge("subscribers_count", "Subscribers that were welcomed.", lambda: len(self.hub))
        meters.gauge(
            "slow_subscribers_count", "Of them, those that do not keep up.", self.hub.stalled
        )
        meters.gauge("connections_count", "Open connections.", lambda: self.server.connections)
        meters.counter("messages", "Messages from the exchange.", lambda: state.messages)
        meters.counter(
            "messages_refused",
            "Messages that could not be believed.",
            lambda: state.refused_messages,
        )
        meters.counter("reconnects", "Times the stream was lost.", lambda: state.reconnects)
        meters.counter("deliveries", "Messages to subscribers.", lambda: counts.deliveries)
        meters.counter("sent_bytes", "Bytes to subscribers.", lambda: counts.sent_bytes)
        meters.counter(
            "gaps", "Times a subscriber was told of lost messages.", lambda: self.hub.gaps
        )
        meters.counter(
            "lost_messages", "Messages subscribers were too slow for.", lambda: self.hub.lost
        )
        meters.counter("crossed_books", "Books that were not served.", lambda: self.hub.crossed)
        meters.counter_by(
            "refused_subscribers",
            "Connections that were not welcomed.",
            "reason",
            lambda: {reason: float(count) for reason, count in counts.refusals.items()},
        )


def _topics(settings: FeedSettings) -> tuple[list[str], list[str]]:
    """Queued topics, and those in which the newest replaces the older."""
    candles = [wire.candle_topics(interval) for interval in settings.intervals]
    queued = [wire.TRADES, *(closed for _, closed in candles)]
    replaced = [wire.QUOTE, wire.UPSTREAM, *(running for running, _ in candles)]
    return queued, replaced + ([wire.BOOK] if settings.book_depth > 1 else [])


def _wanted(settings: FeedSettings) -> PublicTopics:
    return PublicTopics(depth=settings.book_depth, trades=True, intervals=settings.intervals)


def _served(settings: FeedSettings) -> Served:
    return Served(
        exchange=settings.exchange,
        environment=settings.environment,
        market=settings.market,
        symbol=settings.symbol,
        depth=settings.book_depth,
        intervals=settings.intervals,
        feed=settings.feed,
    )
