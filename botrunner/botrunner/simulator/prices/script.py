"""Prices that somebody wrote down: waypoints, reached by a jump or by a glide.

The first waypoint is the price at offset zero. A jump holds the price before it until its moment;
a glide moves there evenly from the waypoint before it, a step every ``resolution``. Where a
waypoint gives no mark, index, bid or ask they follow from its last price (see ``quote``).
After the last waypoint the price holds, or runs the script backwards and forwards again.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.mirror import back_and_forth, mirror_past
from botrunner.simulator.prices.quote import Quoter, Spread

_MICROSECOND = timedelta(microseconds=1)
_COARSER_PAST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Waypoint:
    """A price at a moment."""

    at: timedelta
    """Since the start; each later than the one before it, the first at zero."""
    last: Decimal
    mark: Decimal | None = None
    index: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    glide: bool = False
    """Move here evenly from the waypoint before, instead of jumping at ``at``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptPrices:
    """The prices of one symbol by waypoints."""

    instrument: Instrument
    waypoints: Sequence[Waypoint]
    resolution: timedelta = timedelta(seconds=1)
    """Source time between two steps of a glide, and of a price that holds."""
    mirror: bool = False
    """Run back after the end instead of holding the last price."""
    spread: Spread = Spread()

    @property
    def symbol(self) -> str:
        """The contract these are the prices of."""
        return self.instrument.symbol

    def steps(self) -> Iterator[PriceStep]:
        """The script, then its last price every ``resolution`` or its mirror, without an end."""
        points = list(self._points())
        quoter = Quoter(self.instrument, self.spread)
        for offset, point in self._endless(points):
            yield self._step(quoter, offset, point)

    def past(self) -> Iterator[PriceStep]:
        """The mirror image of ``steps``, with fewer of them: days of it must come quickly."""
        return mirror_past(replace(self, resolution=self.resolution * _COARSER_PAST).steps())

    def _points(self) -> Iterator[Waypoint]:
        yield self.waypoints[0]
        for start, end in itertools.pairwise(self.waypoints):
            if end.glide:
                yield from self._between(start, end)
            yield end

    def _between(self, start: Waypoint, end: Waypoint) -> Iterator[Waypoint]:
        span = (end.at - start.at) // _MICROSECOND
        at = start.at + self.resolution
        while at < end.at:
            share = Decimal((at - start.at) // _MICROSECOND) / span
            # Mark, index and the quotes of a glide follow its last price.
            yield Waypoint(at=at, last=start.last + (end.last - start.last) * share)
            at += self.resolution

    def _endless(self, points: list[Waypoint]) -> Iterator[tuple[timedelta, Waypoint]]:
        length = points[-1].at + self.resolution
        if self.mirror:
            moments = [point.at for point in points]
            return ((at, points[position]) for at, position in back_and_forth(moments, length))
        hold = ((length + self.resolution * count, points[-1]) for count in itertools.count())
        return itertools.chain(((point.at, point) for point in points), hold)

    def _step(self, quoter: Quoter, offset: timedelta, point: Waypoint) -> PriceStep:
        step = quoter.step(offset, point.last)
        return replace(
            step,
            mark=step.mark if point.mark is None else point.mark,
            index=step.index if point.index is None else point.index,
            bid=step.bid if point.bid is None else point.bid,
            ask=step.ask if point.ask is None else point.ask,
        )
