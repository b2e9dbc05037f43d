"""The clock, as a port: the only door to the machine's time."""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says the time and waits for it."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never falls, for measuring spans."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once ``seconds`` have passed; at once if they are zero or less."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Wall time; jumps when the machine's clock is corrected."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment before the process began."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop's timer."""
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that stands still until it is told to move; sleepers wake in the order they are due.

    Starts at ``at``. Belongs to one event loop.
    """

    def __init__(self, at: datetime) -> None:
        self._start = at
        self._at = at
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._tickets = itertools.count()

    def now(self) -> datetime:
        """The moment it was last moved to."""
        return self._at

    def monotonic(self) -> float:
        """Seconds it was moved since it was made."""
        return (self._at - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Wait until ``advance`` has passed the moment ``seconds`` from now."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self._at + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (due, next(self._tickets), woken))
        await woken

    async def advance(self, span: timedelta) -> None:
        """Move the time by ``span``, stopping at each sleeper's moment so that it sees its own.

        A sleeper that sleeps again within the span is woken again.
        """
        end = self._at + span
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            self._at = max(self._at, due)
            if not woken.done():
                woken.set_result(None)
            await _let_others_run()
        self._at = end


async def _let_others_run() -> None:
    # A woken task may pass through a few hand-overs before it sleeps again.
    for _ in range(5):
        await asyncio.sleep(0)
