"""Candles of one price of one symbol: kept as minutes, answered in any of the venue's intervals.

Rule 1: every minute between the first and now has a bar; one in which nothing was traded is flat.
Rule 2: what lies before the start comes from the source's past, and only as far as asked for.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.simulator.bybit.candle import DAY_MS, MINUTE_MS, Bar, start_of
from botrunner.simulator.bybit.wire import milliseconds

MOST_MINUTES = 14 * 1440
"""Two weeks: what is older is dropped, and never read from the past."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPrice:
    """A price before the start, for the bars of the past."""

    at: datetime
    price: Decimal
    quantity: Decimal


class BarSeries:
    """The candles of one price, from the first price on and, on demand, from before it."""

    def __init__(self, past: Iterator[PastPrice] = iter(())) -> None:
        self._minutes: deque[Bar] = deque()
        self._past = past
        self._past_ended = False
        self._running: dict[str, Bar] = {}

    def add(self, at_ms: int, price: Decimal, quantity: Decimal = _ZERO) -> None:
        """Take in a price at a moment not before the last one's."""
        if not self._minutes:
            self._minutes.append(_flat(at_ms - at_ms % MINUTE_MS, price))
        self._fill_to(at_ms)
        self._minutes[-1].add(price, quantity)
        for interval, bar in list(self._running.items()):
            if start_of(interval, at_ms) == bar.start_ms:
                bar.add(price, quantity)
            else:
                del self._running[interval]

    def running(self, interval: str, at_ms: int) -> Bar | None:
        """The unfinished candle of an interval; None before the first price."""
        if not self._minutes:
            return None
        self._fill_to(at_ms)
        start = start_of(interval, at_ms)
        bar = self._running.get(interval)
        if bar is None or bar.start_ms != start:
            bar = next(self._grouped_newest_first(interval, start, at_ms))
            self._running[interval] = bar
        return bar

    def newest_first(self, interval: str, start_ms: int, end_ms: int, at_ms: int) -> Iterator[Bar]:
        """Candles that start within the span, the running one included; lazily."""
        if not self._minutes:
            return iter(())
        self._fill_to(at_ms)
        return self._grouped_newest_first(interval, start_of(interval, start_ms), end_ms)

    def lacks(self, start_ms: int) -> bool:
        """Whether more of the source's past is needed, and to be had, for bars since a moment."""
        if not self._minutes or self._past_ended or len(self._minutes) >= MOST_MINUTES:
            return False
        # The minute that is read last is whole only once a price before it was seen.
        return self._minutes[0].start_ms >= start_ms

    def reach_back(self, start_ms: int, most_steps: int) -> None:
        """Read the source's past until ``start_ms``, at most ``most_steps`` prices of it."""
        for _ in range(most_steps):
            if not self.lacks(start_ms):
                break
            past = next(self._past, None)
            if past is None:
                self._past_ended = True
                break
            self._precede(milliseconds(past.at), past.price, past.quantity)
        self._running.clear()

    def minutes_since(self, start_ms: int) -> Iterator[Bar]:
        """The minutes from a moment on, newest first."""
        for bar in reversed(self._minutes):
            if bar.start_ms < start_ms:
                return
            yield bar

    def _grouped_newest_first(self, interval: str, start_ms: int, end_ms: int) -> Iterator[Bar]:
        group: list[Bar] = []
        for minute in self.minutes_since(start_ms):
            start = start_of(interval, minute.start_ms)
            if start > end_ms:
                continue
            if group and start != start_of(interval, group[-1].start_ms):
                yield _joined(interval, group)
                group = []
            group.append(minute)
        if group:
            yield _joined(interval, group)

    def _fill_to(self, at_ms: int) -> None:
        minute = at_ms - at_ms % MINUTE_MS
        last = self._minutes[-1]
        first = max(last.start_ms + MINUTE_MS, minute - MOST_MINUTES * MINUTE_MS)
        for start in range(first, minute + 1, MINUTE_MS):
            self._minutes.append(_flat(start, last.close))
        while len(self._minutes) > MOST_MINUTES:
            self._minutes.popleft()

    def _precede(self, at_ms: int, price: Decimal, quantity: Decimal) -> None:
        minute = at_ms - at_ms % MINUTE_MS
        first = self._minutes[0].start_ms
        for start in range(first - MINUTE_MS, max(minute, first - DAY_MS) - 1, -MINUTE_MS):
            self._minutes.appendleft(_flat(start, price))
        self._minutes[0].precede(price, quantity)


def _flat(start_ms: int, price: Decimal) -> Bar:
    return Bar(start_ms=start_ms, open=price, high=price, low=price, close=price)


def _joined(interval: str, newest_first: list[Bar]) -> Bar:
    first = newest_first[-1]
    joined = Bar(
        start_ms=start_of(interval, first.start_ms),
        open=first.open,
        high=first.high,
        low=first.low,
        close=first.close,
        volume=first.volume,
        turnover=first.turnover,
    )
    for bar in reversed(newest_first[:-1]):
        joined.append(bar)
    return joined
