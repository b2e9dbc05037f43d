"""What every adapter behind one address shares: the venue's count of its requests, and its ban.

Bybit V5 counts 600 requests in 5 s over all accounts of an address and answers more with HTTP 403,
a ban of at least 10 minutes. Four fifths of that are used, so that others behind the address find
room; half of those are kept for cancels and what closes positions.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from botrunner.service.clock import Clock

LIMIT = 600
SPAN_SECONDS = 5.0
BAN_SECONDS = 600.0
_SHORTEST_SLEEP = 0.001
"""A wait that rounding has made almost nothing still lets the time pass."""
Told = Callable[[datetime, datetime], None]
"""Hears, at a moment, until when nothing is sent."""


class Lane(Enum):
    """Kinds of requests, and what of the limit each may fill: protect > cancel > place > read."""

    ESSENTIAL = 0.8
    """Cancels and what closes positions."""
    WRITE = 0.4
    READ = 0.35


class Address:
    """One of this machine's addresses, towards one venue. Belongs to one event loop."""

    def __init__(self, clock: Clock, limit: int = LIMIT) -> None:
        self._clock, self._limit = clock, limit
        self._sent: deque[float] = deque()
        """When the requests of the last span went out."""
        self._banned_until = 0.0
        self._told: dict[int, Told] = {}
        self._count = 0

    @property
    def is_banned(self) -> bool:
        """Whether the venue refuses everything from here."""
        return self._clock.monotonic() < self._banned_until

    def ban(self) -> None:
        """The venue has banned the address: every account behind it is told."""
        self._banned_until = self._clock.monotonic() + BAN_SECONDS
        at = self._clock.now()
        for told in tuple(self._told.values()):
            told(at, at + timedelta(seconds=BAN_SECONDS))

    def listen(self, told: Told) -> Callable[[], None]:
        """Be told of bans, of one in force at once; what is returned ends that."""
        self._count += 1
        number = self._count
        self._told[number] = told
        if self.is_banned:
            left = self._banned_until - self._clock.monotonic()
            at = self._clock.now()
            told(at, at + timedelta(seconds=left))
        return lambda: self._leave(number)

    async def turn(self, lane: Lane, seconds: float) -> bool:
        """Wait for leave to send one request, at most so long. False when there was none."""
        last = self._clock.monotonic() + seconds
        while True:
            wait = self._wait(lane)
            if wait <= 0:
                self._sent.append(self._clock.monotonic())
                return True
            if self._clock.monotonic() + wait > last:
                return False
            await self._clock.sleep(max(wait, _SHORTEST_SLEEP))

    def _wait(self, lane: Lane) -> float:
        """Seconds until the lane has room, by what has been sent so far."""
        now = self._clock.monotonic()
        while self._sent and self._sent[0] <= now - SPAN_SECONDS:
            self._sent.popleft()
        room = int(self._limit * lane.value)
        if len(self._sent) < room:
            return 0.0
        # So many have to leave the span; the youngest of them goes last.
        return self._sent[len(self._sent) - room] + SPAN_SECONDS - now

    def _leave(self, number: int) -> None:
        self._told.pop(number, None)
