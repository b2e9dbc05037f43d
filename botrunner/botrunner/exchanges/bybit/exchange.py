"""Bybit as the role ``Exchange``: everything of this package put together for one account."""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from typing_extensions import override

from botrunner.domain.actions import (
    AmendOrder,
    ApplySetting,
    CancelOrder,
    PlaceOrder,
    ReadAccount,
    ReadSymbol,
    ReadTransfers,
    ResolveOrder,
)
from botrunner.domain.control import (
    Block,
    BlockLifted,
    BlockSet,
    Event,
    InstrumentRead,
)
from botrunner.domain.events import OrderEvent, WalletChanged
from botrunner.exchanges.bybit import clock_offset, dialect, fields, requests
from botrunner.exchanges.bybit.address import Address
from botrunner.exchanges.bybit.clock_offset import Measurement
from botrunner.exchanges.bybit.deliver import Delivery
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.missed import Missed
from botrunner.exchanges.bybit.private_feed import PrivateFeed, topics
from botrunner.exchanges.bybit.public_feed import PublicFeed
from botrunner.exchanges.bybit.questions import Questions
from botrunner.exchanges.bybit.reads import Reads
from botrunner.exchanges.bybit.rest import Rest
from botrunner.exchanges.bybit.stream import SocketStream
from botrunner.exchanges.bybit.writes import Writes
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.errors import ExchangeError, MessageError, error_for
from botrunner.exchanges.market_data import CandleChanged
from botrunner.exchanges.outcome import Failure, Operation, Problem
from botrunner.exchanges.port import (
    ClockReported,
    Exchange,
    Guard,
    KeyInformation,
    Listeners,
    MarksReported,
    PublicTopics,
)
from botrunner.exchanges.session import StreamSession, Timing
from botrunner.service.clock import Clock

CLOCK_SECONDS = 600.0
REFUSED_SECONDS = 60.0
"""Between two sign-ins of a key that the venue refused."""
_SOON_SECONDS = 60.0
"""While the clock is wrong, or could not be measured: new exposure waits for it."""
_MEASUREMENTS = 3
_SIGN_IN_LASTS = timedelta(seconds=10)
"""How far ahead a sign-in's expiry is set."""


class BybitExchange(Exchange):
    """One account at Bybit, at whatever addresses are given. Without keys: prices only.

    ``timeout_seconds`` is every request's deadline in all (EX-11); a symbol without a price for
    ``stale_seconds`` is asked for by REST (MD-4), at most once in ``poll_seconds``. Public
    connections and tries to connect lie ``connect_seconds`` apart, those after the first; ``share``
    gives the jitter of that and of every retry, within [0.5, 1]. ``address`` is shared with other
    adapters that the venue counts together with this one.
    """

    def __init__(
        self,
        *,
        endpoints: Endpoints,
        credentials: Credentials | None,
        listeners: Listeners,
        clock: Clock,
        timeout_seconds: float = 10.0,
        timing: Timing = Timing(),
        stale_seconds: float = 5.0,
        poll_seconds: float = 1.0,
        connect_seconds: float = 0.0,
        address: Address | None = None,
        share: Callable[[], float] = lambda: random.uniform(0.5, 1.0),
    ) -> None:
        self._credentials = credentials
        self._listeners = listeners
        self._clock = clock
        self._rest = Rest(
            endpoint=endpoints.rest,
            credentials=credentials,
            clock=clock,
            timeout_seconds=timeout_seconds,
            address=address,
        )
        self._delivery = Delivery(
            self._rest, clock, listeners, resync=self._try_to_measure, share=share
        )
        self._known = KnownOrders()
        self._reads = Reads(self._delivery, self._rest, self._known, tell_marks=self._tell_marks)
        self._writes = Writes(self._delivery, clock)
        self._questions = Questions(self._delivery, self._reads, self._rest, listeners, clock)
        self._share = share
        self._endpoints, self._timing = endpoints, timing
        self._public_timing = replace(
            timing,
            backoff_base=max(timing.backoff_base, connect_seconds),
            backoff_cap=max(timing.backoff_cap, connect_seconds),
        )
        self._is_skewed = False
        self._clock_is_well = False
        self._public = PublicFeed(
            new_session=self._public_session,
            rest=self._rest,
            listeners=listeners,
            clock=clock,
            stale_seconds=stale_seconds,
            poll_seconds=poll_seconds,
            connect_pause=lambda: connect_seconds * share(),
        )

    @override
    async def place(self, order: PlaceOrder, *, may_send: Guard) -> OrderEvent:
        return await self._writes.place(order, may_send)

    @override
    async def amend(self, order: AmendOrder, *, may_send: Guard) -> OrderEvent:
        return await self._writes.amend(order, may_send)

    @override
    async def cancel(self, order: CancelOrder, *, may_send: Guard) -> OrderEvent:
        return await self._writes.cancel(order, may_send)

    @override
    async def resolve(self, order: ResolveOrder) -> tuple[OrderEvent, ...]:
        return await self._questions.resolve(order)

    @override
    async def read_symbol(self, action: ReadSymbol) -> Event:
        return await self._questions.read_symbol(action)

    @override
    async def read_account(self, action: ReadAccount) -> tuple[Event, ...]:
        return await self._questions.read_account(action)

    @override
    async def read_wallet(self) -> WalletChanged:
        return await self._questions.read_wallet()

    @override
    async def read_transfers(self, action: ReadTransfers) -> Event:
        return await self._questions.read_transfers(action)

    @override
    async def apply_setting(self, action: ApplySetting) -> Event:
        return await self._questions.apply_setting(action)

    @override
    async def read_instrument(self, symbol: str) -> InstrumentRead:
        return await self._questions.read_instrument(symbol)

    @override
    async def read_key(self) -> KeyInformation:
        return await self._questions.read_key()

    @override
    async def read_candles(
        self, symbol: str, interval: str, limit: int
    ) -> tuple[CandleChanged, ...]:
        return await self._questions.read_candles(symbol, interval, limit)

    @override
    async def measure_clock(self) -> float:
        measured = [await self._measure() for _ in range(_MEASUREMENTS)]
        self._rest.offset = offset = clock_offset.best_offset(measured)
        at = self._clock.now()
        self._listeners.report(ClockReported(offset_seconds=offset.total_seconds(), at=at))
        skewed = clock_offset.is_skewed(offset)
        if skewed is not self._is_skewed:
            self._is_skewed = skewed
            block = BlockSet if skewed else BlockLifted
            self._listeners.event(block(at=at, block=Block.CLOCK))
        return offset.total_seconds()

    @override
    def watch(self, symbols: Iterable[str], topics: PublicTopics = PublicTopics()) -> None:
        self._public.watch(symbols, topics)

    @override
    def set_request_timeout(self, seconds: float) -> None:
        self._rest.timeout_seconds = seconds

    @override
    async def run(self) -> None:
        # A sign-in is refused for good where the clock is wrong, so the clock comes first.
        await self._try_to_measure()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_clock())
            tasks.create_task(self._public.run(self._public_stream))
            tasks.create_task(self._public.poll())
            if self._credentials is not None:
                tasks.create_task(self._run_private(self._credentials))

    @override
    async def close(self) -> None:
        self._delivery.close()
        self._rest.close()

    async def _keep_clock(self) -> None:
        while True:
            await self._clock.sleep(CLOCK_SECONDS if self._clock_is_well else _SOON_SECONDS)
            await self._try_to_measure()

    async def _try_to_measure(self) -> None:
        self._clock_is_well = False
        try:
            await self.measure_clock()
        except ExchangeError:
            return  # Reported as a failed request; the last offset stays in force.
        self._clock_is_well = not self._is_skewed

    async def _measure(self) -> Measurement:
        sent_at = self._clock.now()
        reply = await self._delivery.deliver(requests.server_time())
        answered_at = self._clock.now()
        try:
            venue_at = clock_offset.venue_time(reply.result)
        except MessageError as error:
            problem = Problem(failure=Failure.UNMAPPED, text=f"server time: {error}")
            raise error_for(Operation.READ, problem) from None
        return Measurement(sent_at=sent_at, answered_at=answered_at, venue_at=venue_at)

    def _tell_marks(self, marks: Mapping[str, Decimal]) -> None:
        self._listeners.report(MarksReported(marks=marks, at=self._clock.now()))

    def _public_session(self, groups: Mapping[str, tuple[str, ...]]) -> StreamSession:
        return StreamSession(
            dialect.BybitDialect(), groups, essential=False, timing=self._public_timing
        )

    def _public_stream(self, session: StreamSession) -> SocketStream:
        return SocketStream(
            self._endpoints.public_stream,
            session,
            self._clock,
            sign_in=None,
            share=self._share,
            hear=self._public.hear,
            refuse=self._public.refuse,
            drained=self._public.drained,
        )

    async def _run_private(self, credentials: Credentials) -> None:
        feed = PrivateFeed(
            known=self._known,
            missed=Missed(self._reads, self._known, self._rest.venue_now),
            listeners=self._listeners,
            clock=self._clock,
            venue_now=self._rest.venue_now,
            redact=self._rest.redact,
            share=self._share,
        )
        stream = SocketStream(
            self._endpoints.private_stream,
            StreamSession(dialect.BybitDialect(), topics(), essential=True, timing=self._timing),
            self._clock,
            sign_in=lambda: self._sign_in(credentials),
            share=self._share,
            hear=feed.hear,
            refuse=feed.refuse,
            drained=_nothing,
        )
        feed.fail = stream.fail
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(feed.poll())
                tasks.create_task(self._keep_signed_in(stream))
        finally:
            feed.close()

    async def _keep_signed_in(self, stream: SocketStream) -> None:
        """A refused sign-in is tried again, but seldom: the key may be put right at the venue."""
        while True:
            await stream.run()
            await self._clock.sleep(REFUSED_SECONDS)

    def _sign_in(self, credentials: Credentials) -> str:
        expires = fields.milliseconds(self._rest.venue_now() + _SIGN_IN_LASTS)
        return dialect.sign_in(credentials, expires)


def _nothing() -> None:
    """Private messages are told one by one; none replaces another."""
