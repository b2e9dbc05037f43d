"""The average premium of the last 30 seconds that the price band leans on."""

from collections import deque
from datetime import datetime
from decimal import Decimal

from botrunner.venue.money import ZERO

_WINDOW = 30


class PremiumAverage:
    """mid - mark, one sample a second, held while nothing new comes."""

    __slots__ = ("_latest", "_samples")

    def __init__(self) -> None:
        self._latest: tuple[int, Decimal] | None = None
        # (second, the premium at its end), at most one a second: the window needs no more.
        self._samples: deque[tuple[int, Decimal]] = deque(maxlen=_WINDOW + 1)

    def observe(self, premium: Decimal, at: datetime) -> None:
        """The premium from this moment on."""
        second = int(at.timestamp())
        if self._latest is not None and self._latest[0] < second:
            self._samples.append(self._latest)
        self._latest = (second, premium)

    def average(self, at: datetime) -> Decimal:
        """Over the whole seconds before ``at``, 30 or as many as there are; the latest if none."""
        if self._latest is None:
            return ZERO
        end = int(at.timestamp())
        changes = list(self._samples)
        if self._latest[0] < end:
            changes.append(self._latest)
        if not changes:
            return self._latest[1]
        start = max(changes[0][0], end - _WINDOW)
        return self._held(changes, start, end) / (end - start)

    @staticmethod
    def _held(changes: list[tuple[int, Decimal]], start: int, end: int) -> Decimal:
        total = ZERO
        for number, (second, premium) in enumerate(changes):
            until = changes[number + 1][0] if number + 1 < len(changes) else end
            total += premium * max(0, until - max(second, start))
        return total
