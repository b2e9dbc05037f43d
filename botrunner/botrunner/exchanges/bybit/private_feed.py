"""The private stream as the engine hears it: facts in order, gaps closed by reading.

After each connection the stream's messages are held back while what was missed is read; then come
the read facts, ``PrivateStreamRestored``, and the held messages. A private message that cannot be
believed is treated as a gap: the engine is told that the stream is lost until it has been read.
While there is no connection, executions are read every second, and everything else with the first
new one and every few seconds.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from botrunner.domain.control import (
    AccountPolled,
    Block,
    BlockLifted,
    BlockSet,
    Event,
    PrivateStreamAttemptFailed,
    PrivateStreamLost,
    PrivateStreamRestored,
)
from botrunner.domain.events import OrderFilled, OrderOpened
from botrunner.exchanges import stream_effects
from botrunner.exchanges.bybit import codes
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.private_messages import events_of
from botrunner.exchanges.dialect import Frame
from botrunner.exchanges.errors import ExchangeError, MessageError
from botrunner.exchanges.outcome import Failure, Problem
from botrunner.exchanges.port import (
    CredentialsReported,
    Listeners,
    MessageRefused,
    StreamReported,
)
from botrunner.exchanges.retry import backoff
from botrunner.exchanges.stream_effects import Effect, StreamState
from botrunner.service.clock import Clock

TOPICS = ("order", "execution", "position", "wallet")
OVERLAP = timedelta(seconds=60)
"""Executions are read from this long before the last one seen."""
WHOLE_EVERY = 5
"""So many polls of executions to one of everything, where nothing new is found."""


class GapReader(Protocol):
    """Reads what a gap hid."""

    def note(self, event: Event) -> None:
        """Hear an event, to know afterwards what has gone."""
        ...

    async def read(self, since: datetime) -> tuple[Event, ...]:
        """Facts since a moment, in order. Raises ExchangeError or MessageError."""
        ...

    async def executions(self, since: datetime) -> frozenset[str]:
        """Ids of the executions since a moment. Raises ExchangeError or MessageError."""
        ...


class PrivateFeed:
    """Turns the session's effects into events; holds them back while a gap is being read."""

    def __init__(
        self,
        *,
        known: KnownOrders,
        missed: GapReader,
        listeners: Listeners,
        clock: Clock,
        venue_now: Callable[[], datetime],
        redact: Callable[[str], str],
        share: Callable[[], float],
    ) -> None:
        self._known = known
        self._missed = missed
        self._listeners = listeners
        self._clock = clock
        self._redact = redact
        self._share = share
        self._seen_at = venue_now()
        self._state = StreamState.DISCONNECTED
        self._held: list[Frame] | None = []
        self._reading: asyncio.Task[None] | None = None
        self._executions: frozenset[str] | None = None
        """Seen by the polls of this gap; None before the first."""
        self._key_is_refused = False
        self.fail: Callable[[Exception], None] = _raise
        """Told of an error while a gap was read and told on; whoever runs the stream sets it."""

    def hear(self, effect: Effect) -> None:
        """Take one effect of the session."""
        at = self._clock.now()
        match effect:
            case stream_effects.Deliver():
                self._message(effect.frame)
            case stream_effects.Changed():
                self._changed(effect, at)
            case stream_effects.AttemptFailed():
                self._listeners.event(PrivateStreamAttemptFailed(at=at))
            case stream_effects.SignInRefused():
                self._refused_key(effect, at)
            case _:
                return

    def refuse(self, message: str, problem: str) -> None:
        """A frame could not be believed: report it, and read what it may have said."""
        at = self._clock.now()
        self._listeners.report(
            MessageRefused(origin="private", message=self._redact(message), problem=problem, at=at)
        )
        if self._state is StreamState.CONNECTED and self._reading is None:
            self._listeners.event(PrivateStreamLost(at=at))
            self._read_gap()

    async def poll(self) -> None:
        """Read what a stream that is down does not tell; until cancelled (EX-7).

        Not with a key that was refused: that would be a tight loop (RI-9).
        """
        polled, failed = 0, 0
        while True:
            await self._clock.sleep(backoff(failed, base=1, cap=60, share=1))
            if self._state is StreamState.CONNECTED or self._key_is_refused:
                polled, failed, self._executions = 0, 0, None
                continue
            try:
                await self._poll_once(is_whole=polled % WHOLE_EVERY == 0)
            except (ExchangeError, MessageError) as error:
                self._report_unread(error)
                failed += 1
            else:
                polled, failed = polled + 1, 0

    def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()

    def _message(self, frame: Frame) -> None:
        if self._held is not None:
            self._held.append(frame)
            return
        try:
            events = events_of(frame, self._known)
        except MessageError as error:
            self.refuse(repr(dict(frame)), str(error))
            return
        self._emit(events)

    def _emit(self, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, OrderFilled):
                self._seen_at = max(self._seen_at, event.at)
            self._missed.note(event)
            self._listeners.event(event)

    def _changed(self, effect: stream_effects.Changed, at: datetime) -> None:
        before, self._state = self._state, effect.state
        self._listeners.report(
            StreamReported(
                stream="private",
                state=effect.state,
                reason=self._redact(effect.reason),
                attempt=effect.attempt,
                at=at,
            )
        )
        if effect.state is StreamState.CONNECTED:
            self._key_is_good(at)
            self._read_gap()
        elif before is StreamState.CONNECTED:
            self.close()
            self._held = []
            self._listeners.event(PrivateStreamLost(at=at))

    async def _poll_once(self, *, is_whole: bool) -> None:
        since = self._seen_at - OVERLAP
        seen = await self._missed.executions(since)
        is_new = self._executions is not None and bool(seen - self._executions)
        events = await self._missed.read(since) if is_whole or is_new else ()
        if self._state is StreamState.CONNECTED:
            return  # The gap is being read: what that tells is younger.
        self._executions = (self._executions or frozenset()) | seen
        # What rests is compared by the engine's own reads; here it would disturb a recovery.
        self._emit(tuple(event for event in events if not isinstance(event, OrderOpened)))
        self._listeners.event(AccountPolled(at=self._clock.now()))

    def _read_gap(self) -> None:
        self.close()
        self._held = []
        self._reading = asyncio.get_running_loop().create_task(self._guarded())

    async def _guarded(self) -> None:
        try:
            await self._catch_up()
        except Exception as error:
            self.fail(error)

    async def _catch_up(self) -> None:
        attempt = 0
        while True:
            try:
                events = await self._missed.read(self._seen_at - OVERLAP)
            except (ExchangeError, MessageError) as error:
                self._unread(error)
                await self._clock.sleep(backoff(attempt, base=1, cap=60, share=self._share()))
                attempt += 1
            else:
                break
        self._emit(events)
        self._listeners.event(PrivateStreamRestored(at=self._clock.now()))
        held, self._held, self._reading = self._held or [], None, None
        for frame in held:
            self._message(frame)

    def _unread(self, error: ExchangeError | MessageError) -> None:
        self._report_unread(error)
        self._listeners.event(PrivateStreamAttemptFailed(at=self._clock.now()))

    def _report_unread(self, error: ExchangeError | MessageError) -> None:
        """Failed requests report themselves."""
        if isinstance(error, MessageError):
            at = self._clock.now()
            self._listeners.report(
                MessageRefused(origin="reconciliation", message="", problem=str(error), at=at)
            )

    def _refused_key(self, effect: stream_effects.SignInRefused, at: datetime) -> None:
        text = self._redact(effect.message)
        if effect.code is not None:
            problem = codes.problem_of(effect.code, text)
        else:
            problem = Problem(
                failure=Failure.CREDENTIALS,
                text=text or "the sign-in was refused",
                remedy="put a valid key of this environment into the Secret",
            )
        if not self._key_is_refused:
            self._listeners.event(BlockSet(at=at, block=Block.CREDENTIALS))
        self._key_is_refused = True
        self._listeners.report(CredentialsReported(problem=problem, at=at))

    def _key_is_good(self, at: datetime) -> None:
        if self._key_is_refused:
            self._key_is_refused = False
            self._listeners.event(BlockLifted(at=at, block=Block.CREDENTIALS))
            self._listeners.report(CredentialsReported(problem=None, at=at))


def _raise(error: Exception) -> None:
    raise error


def topics() -> Mapping[str, tuple[str, ...]]:
    """The account's topics: one group, for one connection carries the whole account."""
    return {"account": TOPICS}
