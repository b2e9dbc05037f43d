"""What is due: keys, each at most once, each worked on by at most one worker.

Rule 1: time and chance are arguments. ``now`` is seconds of a clock that never goes back.
Rule 2: a key that is added while it is worked on is due again when that is done: the worker may
have read before the change.

The shape of client-go's workqueue; its rate limiter too: the longer of the key's own exponential
backoff and a token bucket that all retries share (client-go: util/workqueue, DefaultController
RateLimiter).
"""

import heapq
import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long a key waits after its failures in a row."""

    first_seconds: float = 0.005
    most_seconds: float = 300.0

    def seconds(self, failures: int, jitter: float) -> float:
        """The wait after so many failures; ``jitter`` of [0, 1) takes up to half of it away."""
        # 2**64 of the shortest wait is beyond any cap; the bound keeps the power a small number.
        full = min(self.most_seconds, self.first_seconds * 2.0 ** min(failures - 1, 64))
        return full * (1 - jitter / 2)


class TokenBucket:
    """So many at once, so many a second."""

    def __init__(self, *, rate: float, burst: float) -> None:
        """Begin full; ``rate`` is tokens a second."""
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = 0.0

    def reserve(self, now: float) -> float:
        """Take a token and give the seconds until it may be used."""
        earned = max(0.0, now - self._at) * self._rate
        self._tokens = min(self._burst, self._tokens + earned) - 1
        self._at = max(self._at, now)
        return max(0.0, -self._tokens / self._rate)


class WorkQueue(Generic[K]):
    """Keys that are due now, due later, or in work."""

    def __init__(
        self, *, backoff: Backoff | None = None, bucket: TokenBucket | None = None
    ) -> None:
        """Begin empty; without arguments retries wait 5 ms to 5 min, and start 50 a second."""
        self._backoff = backoff or Backoff()
        self._bucket = bucket or TokenBucket(rate=50, burst=100)
        self._due: dict[K, float] = {}
        self._running: dict[K, float] = {}
        self._again: dict[K, float] = {}
        self._failures: dict[K, int] = {}
        self._later: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._added = 0

    def add(self, key: K, now: float) -> None:
        """Make a key due; nothing changes when it is."""
        waiting = self._again if key in self._running else self._due
        waiting.setdefault(key, now)

    def add_after(self, key: K, seconds: float, now: float) -> None:
        """Make a key due later, or earlier than it was already to be."""
        at = now + seconds
        if key in self._later and self._later[key] <= at:
            return
        self._later[key] = at
        self._added += 1
        heapq.heappush(self._heap, (at, self._added, key))

    def take(self, now: float) -> K | None:
        """The key that is due longest, now in work; None when none is due.

        What was to come later for this key is dropped: the pass that begins decides anew.
        """
        self._ripen(now)
        if not self._due:
            return None
        key = next(iter(self._due))
        del self._due[key]
        self._later.pop(key, None)
        self._running[key] = now
        return key

    def done(self, key: K) -> None:
        """The key's work has ended, well or not; it is due at once if it was added meanwhile."""
        del self._running[key]
        if key in self._again:
            self._due[key] = self._again.pop(key)

    def retry(
        self, key: K, now: float, jitter: float, *, least: float = 0, most: float = math.inf
    ) -> float:
        """Make a key due again after a failure and give the seconds until then.

        ``least`` is what the other side asked for, ``most`` a bound of its own backoff, both in
        seconds; the bucket holds for all.
        """
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        own = max(least, min(most, self._backoff.seconds(failures, jitter)))
        wait = max(own, self._bucket.reserve(now))
        self.add_after(key, wait, now)
        return wait

    def forget(self, key: K) -> None:
        """A success: the next failure waits the shortest time again."""
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        """Failures in a row."""
        return self._failures.get(key, 0)

    def next_at(self) -> float | None:
        """When something that is not due yet comes due; None when nothing waits."""
        while self._heap and self._later.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def oldest_age(self, now: float) -> float:
        """Seconds that the oldest key that is due or in work has been so; 0 when there is none."""
        self._ripen(now)
        since = (*self._due.values(), *self._running.values(), *self._again.values())
        return now - min(since, default=now)

    @property
    def depth(self) -> int:
        """Number of keys that are due."""
        return len(self._due)

    @property
    def waiting(self) -> int:
        """Number of keys that come due later."""
        return len(self._later)

    def _ripen(self, now: float) -> None:
        while (at := self.next_at()) is not None and at <= now:
            _, _, key = heapq.heappop(self._heap)
            del self._later[key]
            waiting = self._again if key in self._running else self._due
            waiting.setdefault(key, at)
