"""Frames on their way out of one connection, each at its time."""

import asyncio
import contextlib
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MOST_WAITING = 20_000
"""Frames a connection may owe its reader before it is cut as too slow."""


CONTROL = "control"
"""Topic of acknowledgements and pongs, which are never disturbed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What befalls the frames of a connection; by default nothing."""

    jitter_seconds: float = 0.0
    """Each frame is late by up to this much: topics overtake one another, none itself."""
    duplicate_every: int | None = None
    """Every so manieth frame is sent twice."""


class Outbox:
    """Sends frames when they are due; keeps the order within a topic.

    ``send`` writes one text frame; ``overflow`` is called once the reader is too slow.
    """

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], overflow: Callable[[], None]
    ) -> None:
        self._send = send
        self._overflow = overflow
        self._loop = asyncio.get_running_loop()
        self._queue: list[tuple[float, int, bytes]] = []
        self._order = itertools.count()
        self._last_due: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._lateness = random.Random(1)
        self._count = 0
        self.disturbance = Disturbance()
        self.frozen = False
        """While True, frames are dropped instead of sent: the peer hears nothing."""

    @property
    def waiting(self) -> int:
        """Frames that have not left yet."""
        return len(self._queue)

    def put(self, topic: str, frame: bytes, delay_seconds: float = 0.0) -> None:
        """Queue a frame; it leaves after the delay, and after every earlier one of its topic."""
        if self.frozen:
            return
        for _ in range(1 if topic == CONTROL else self._times()):
            self._queue_up(topic, frame, delay_seconds + self._late(topic))
        if len(self._queue) > MOST_WAITING:
            self._overflow()
        self._wake.set()

    def _times(self) -> int:
        self._count += 1
        every = self.disturbance.duplicate_every
        return 2 if every is not None and self._count % every == 0 else 1

    def _late(self, topic: str) -> float:
        jitter = 0.0 if topic == CONTROL else self.disturbance.jitter_seconds
        return self._lateness.uniform(0.0, jitter) if jitter else 0.0

    def _queue_up(self, topic: str, frame: bytes, delay_seconds: float) -> None:
        due = max(self._loop.time() + delay_seconds, self._last_due.get(topic, 0.0))
        self._last_due[topic] = due
        heapq.heappush(self._queue, (due, next(self._order), frame))

    def hold(self, topic: str, seconds: float) -> None:
        """Let no frame of the topic leave before this many seconds have passed."""
        self._last_due[topic] = self._loop.time() + seconds

    async def run(self) -> None:
        """Send until cancelled or the connection is gone."""
        while True:
            self._wake.clear()
            now = self._loop.time()
            while self._queue and self._queue[0][0] <= now:
                frame = heapq.heappop(self._queue)[2]
                if not self.frozen:
                    await self._send(frame)
            await self._wait(now)

    async def _wait(self, now: float) -> None:
        if not self._queue:
            await self._wake.wait()
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(0.0, self._queue[0][0] - now))
