"""An exchange whose prices come through shared feeds while those are well.

Every order, read and private event is the wrapped adapter's. It is told to watch a symbol by
itself only while the symbol's feed is gone or not believed, so a runner with good feeds has no
public connection of its own.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from typing_extensions import override

from botrunner.domain.actions import ReadAccount
from botrunner.domain.control import Event
from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.market_data import MarketData
from botrunner.exchanges.port import (
    Exchange,
    FeedLimits,
    FeedReported,
    Listeners,
    MarksReported,
    PricesReported,
    PublicTopics,
    Report,
    StreamReported,
)
from botrunner.exchanges.stream_effects import StreamState
from botrunner.marketdata.delegate import DelegatedExchange
from botrunner.marketdata.divergence import AGAIN_SECONDS, Pair, Suspicion
from botrunner.marketdata.link import Route
from botrunner.marketdata.subscription import FeedAccess, Subscription
from botrunner.service.clock import Clock

LOOK_SECONDS = 0.25
"""How often every link is looked after."""
_LATE_SECONDS = 1.0
"""So much later than that, this process stood still: what waits is read before it is judged."""


class FeedExchange(DelegatedExchange):
    """``make`` gives the adapter for the listeners it gets; ``share`` chance within [0, 1]."""

    def __init__(
        self,
        make: Callable[[Listeners], Exchange],
        listeners: Listeners,
        access: FeedAccess,
        clock: Clock,
        *,
        share: Callable[[], float] = random.random,
    ) -> None:
        self._listeners, self._access, self._clock = listeners, access, clock
        self._share = share
        own = Listeners(event=self._event, market=self._market, report=self._report)
        super().__init__(make(own))
        self._topics = PublicTopics()
        self._subscriptions: dict[str, Subscription] = {}
        self._direct: frozenset[str] = frozenset()
        """Symbols that the adapter watches by itself."""
        self._is_running = False
        self._suspicion = Suspicion(access.max_divergence_percent)
        self._looking_again: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._told: StreamReported | None = None
        """What was last told of the public stream."""
        self._own_stream: StreamReported | None = None
        """What the adapter said last of its own."""

    @property
    def access(self) -> FeedAccess:
        """How it reaches the feeds, with the limits that hold now."""
        return self._access

    @property
    def direct(self) -> frozenset[str]:
        """Symbols whose prices the runner gets from the exchange itself."""
        return self._direct

    @override
    def watch(self, symbols: Iterable[str], topics: PublicTopics = PublicTopics()) -> None:
        wanted = list(dict.fromkeys(symbols))
        kept = {} if topics != self._topics else self._subscriptions
        for symbol, subscription in self._subscriptions.items():
            if symbol not in wanted or symbol not in kept:
                self._end(subscription)
            if symbol not in wanted:
                subscription.forget()
        self._topics = topics
        self._subscriptions = {
            symbol: kept.get(symbol) or self._subscription(symbol) for symbol in wanted
        }
        self._route()

    @override
    def set_feed_limits(self, limits: FeedLimits) -> None:
        timing = replace(self._access.timing, direct_after=limits.direct_after_seconds)
        percent, now = limits.max_divergence_percent, self._clock.monotonic()
        is_judged_anew = percent != self._access.max_divergence_percent
        self._access = replace(self._access, timing=timing, max_divergence_percent=percent)
        self._suspicion.max_percent = percent
        for subscription in self._subscriptions.values():
            subscription.link.timing = timing
            if is_judged_anew:
                subscription.link.reconsider(now)

    @override
    async def run(self) -> None:
        self._is_running = True
        for subscription in self._subscriptions.values():
            subscription.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._inner.run())
                tasks.create_task(self._keep())
        finally:
            self._is_running = False
            if self._looking_again is not None:
                self._looking_again.cancel()
            for subscription in self._subscriptions.values():
                await subscription.stop()

    @override
    async def close(self) -> None:
        if self._ending:
            await asyncio.wait(self._ending)
        await self._inner.close()

    def _subscription(self, symbol: str) -> Subscription:
        made = Subscription(
            symbol, self._topics, self._access, self._listeners, self._clock, self._share
        )
        if self._is_running:
            made.start()
        return made

    def _end(self, subscription: Subscription) -> None:
        if not self._is_running:
            return
        ending = asyncio.get_running_loop().create_task(subscription.stop())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _keep(self) -> None:
        was_late = False
        while True:
            before = self._clock.monotonic()
            await self._clock.sleep(LOOK_SECONDS)
            is_late = self._clock.monotonic() - before >= LOOK_SECONDS + _LATE_SECONDS
            # What waits is read within one turn; whoever is always late has to judge all the same.
            was_late = is_late and not was_late
            if was_late:
                continue
            self._route()
            for subscription in self._subscriptions.values():
                self._look_at(subscription)

    def _look_at(self, subscription: Subscription) -> None:
        task = subscription.task
        if task is not None and task.done():
            task.result()  # An error of the program ends the life, as in every other part of it.
        link = subscription.link
        if link.may_be_trusted(self._clock.monotonic()):
            self._compare_again(subscription)

    def _route(self) -> None:
        routes = {symbol: each.decide() for symbol, each in self._subscriptions.items()}
        direct = frozenset(symbol for symbol, route in routes.items() if route is Route.DIRECT)
        if direct == self._direct:
            self._tell_feed()
            return
        before, self._direct = self._direct, direct
        self._tell_routes(before)
        self._inner.watch(sorted(direct), self._topics)
        self._tell_feed()
        self._tell_own()

    def _tell_routes(self, before: frozenset[str]) -> None:
        at = self._clock.now()
        for symbol, each in self._subscriptions.items():
            is_used = symbol not in self._direct
            if is_used is (symbol in before):
                reason = "" if is_used else each.reason
                self._listeners.report(
                    FeedReported(symbol=symbol, is_used=is_used, reason=reason, at=at)
                )

    def _tell_feed(self) -> None:
        """While every symbol comes through its feed, that is the public stream."""
        if self._direct or not self._subscriptions:
            return
        up = all(each.is_connected for each in self._subscriptions.values())
        state = StreamState.CONNECTED if up else StreamState.CONNECTING
        why = "" if up else next(e.why_not for e in self._subscriptions.values() if e.why_not)
        self._tell_stream(state, f"feed: {why}" if why else "through the feed", 0)

    def _tell_own(self) -> None:
        """While a symbol does not, the adapter's own stream is."""
        own = self._own_stream
        if self._direct and own is not None:
            self._tell_stream(own.state, own.reason, own.attempt)

    def _tell_stream(self, state: StreamState, reason: str, attempt: int) -> None:
        told = self._told
        if told is not None and (told.state, told.reason) == (state, reason):
            return
        at: datetime = self._clock.now()
        self._told = StreamReported(
            stream="public", state=state, reason=reason, attempt=attempt, at=at
        )
        self._listeners.report(self._told)

    def _event(self, event: Event) -> None:
        if isinstance(event, QuoteChanged):
            subscription = self._subscriptions.get(event.symbol)
            if subscription is not None and subscription.link.route is Route.DIRECT:
                subscription.told_directly(event)
        else:
            self._listeners.event(event)

    def _market(self, data: MarketData) -> None:
        if data.symbol in self._direct:
            self._listeners.market(data)

    def _report(self, report: Report) -> None:
        match report:
            case StreamReported(stream="public"):
                self._own_stream = report
                self._tell_own()
            case PricesReported():
                subscription = self._subscriptions.get(report.symbol)
                if subscription is not None and report.symbol in self._direct:
                    subscription.told_own_source(report.source)
            case MarksReported():
                self._compare(report.marks)
                self._listeners.report(report)
            case _:
                self._listeners.report(report)

    def _compare(self, marks: Mapping[str, Decimal]) -> None:
        """Twice running, and a little apart, the feed has to be wrong to be left (MD-8)."""
        pairs = {
            symbol: pair for symbol, mark in marks.items() if (pair := self._pair(symbol, mark))
        }
        now = self._clock.monotonic()
        for symbol in self._suspicion.compare(now, pairs):
            self._subscriptions[symbol].link.distrust(now)
        is_looking = self._looking_again is not None and not self._looking_again.done()
        if len(self._suspicion) and self._is_running and not is_looking:
            loop = asyncio.get_running_loop()
            self._looking_again = loop.create_task(self._look_again())

    def _pair(self, symbol: str, mark: Decimal) -> Pair | None:
        subscription = self._subscriptions.get(symbol)
        if subscription is None or subscription.link.route is not Route.FEED:
            return None
        newest = subscription.newest
        return None if newest is None else Pair(feed=newest.mark, venue=mark)

    async def _look_again(self) -> None:
        """The read tells the marks once more; what else it says is the engine's to ask for."""
        await self._clock.sleep(AGAIN_SECONDS)
        await self._inner.read_account(ReadAccount(token=0))

    def _compare_again(self, subscription: Subscription) -> None:
        """A feed that was not believed is, once it says again what the exchange says."""
        link, feed, direct = subscription.link, subscription.newest, subscription.delivered
        if feed is None or direct is None:
            return
        pair = Pair(feed=feed.mark, venue=direct.quote.mark)
        if pair.differs(self._access.max_divergence_percent):
            link.distrust(self._clock.monotonic())
        else:
            link.trust()
