"""The one loop of an account: an event in, requests out, and only then the telling of it.

Rule: what a step did is told in order and before anything is reported, but after its requests went
out; and what came before a stop is told before the stop.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from botrunner.domain.actions import OrderAction, RecordStop
from botrunner.domain.control import Event
from botrunner.domain.events import TimerFired
from botrunner.engine.engine import Engine
from botrunner.engine.outcome import Outcome
from botrunner.runtime.executor import Executor
from botrunner.runtime.inbox import Inbox
from botrunner.service.clock import Clock

HEARTBEAT_SECONDS = 1.0
"""A timer event comes at least so often, whatever the engine asked for."""
QUIET_SECONDS = 0.004
"""Signing a request takes another thread half a millisecond, in which it needs the interpreter; at
most so long the loop leaves it to the requests that a step began."""
MOST_UNTOLD = 50
"""So many steps may wait to be told while events keep coming."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of one event."""

    event: Event
    outcome: Outcome
    sent: tuple[OrderAction, ...]
    """The order requests that it began."""


class Steps:
    """One life's. ``engine`` is asked for each time: it is made anew when the life opens."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        executor: Executor,
        inbox: Inbox,
        clock: Clock,
        *,
        told: Callable[[Step], None],
        took: Callable[[float], None],
    ) -> None:
        """``told`` hears of each step in order; ``took`` of the seconds until requests began."""
        self._engine, self._executor = engine, executor
        self._inbox, self._clock = inbox, clock
        self._told, self._took = told, took
        self._untold: deque[Step] = deque()
        self._timer: asyncio.TimerHandle | None = None
        executor.wrote = inbox.stir

    def step(self, event: Event) -> None:
        """Take an event of our own making, and tell of it."""
        self.decide(event)
        self.tell()

    def decide(self, event: Event, arrived: float | None = None) -> None:
        """Take one event; ``arrived`` is the monotonic moment at which the inbox got it."""
        outcome = self._engine().process(event)
        if any(isinstance(action, RecordStop) for action in outcome.actions):
            self.tell()
        sent = self._executor.carry_out(outcome.actions)
        if sent and arrived is not None:
            self._took(self._clock.monotonic() - arrived)
        self._untold.append(Step(event=event, outcome=outcome, sent=sent))
        self._arm()

    async def next(self) -> None:
        """Return once an event waits; what was decided is told when none does.

        Requests come first: an event that is taken before they are written only delays them. What
        people want does not wait for them, for it may be a stop.
        """
        await asyncio.sleep(0)  # Requests that have begun reach their threads,
        if self._untold and self._untold[-1].sent:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):  # and have the interpreter.
                    await self._written()
        if not len(self._inbox) or len(self._untold) > MOST_UNTOLD:
            self.tell()
        await self._inbox.wait()

    def tell(self) -> None:
        """Tell of every step that is not told yet."""
        while self._untold:
            self._told(self._untold.popleft())

    def stop(self) -> None:
        """No timer event comes any more."""
        if self._timer is not None:
            self._timer.cancel()

    async def _written(self) -> None:
        while self._executor.is_writing and not self._inbox.has_wishes:
            await self._inbox.change()

    def _arm(self) -> None:
        """The next timer event: when the engine asked for it, and at least once a second."""
        self.stop()
        wake_at, delay = self._engine().state.wake_at, HEARTBEAT_SECONDS
        if wake_at is not None:
            delay = min(delay, max(0.001, (wake_at - self._clock.now()).total_seconds()))
        self._timer = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        self._inbox.put(TimerFired(at=self._clock.now()), self._clock.monotonic())
