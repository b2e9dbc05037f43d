"""Prices of one symbol from recorded candles."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.candles import Candle, CandleSeries
from botrunner.simulator.prices.mirror import bounce, mirror_past
from botrunner.simulator.prices.path import line_through, walk_line
from botrunner.simulator.prices.quote import Quoter, Spread

# Of the past only candles of a minute are wanted, and days of them must come quickly, at any speed.
_COARSER_PAST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlePrices:
    """Walks the line inside each candle, forwards through the file and back again."""

    instrument: Instrument
    series: CandleSeries
    resolution: timedelta
    """Source time between two steps on the line."""
    spread: Spread = Spread()

    @property
    def symbol(self) -> str:
        """The contract these are the prices of."""
        return self.instrument.symbol

    def steps(self) -> Iterator[PriceStep]:
        """Steps from zero on, without an end; volume is traded at each step, to the step below."""
        quoter = Quoter(self.instrument, self.spread)
        base = timedelta(0)
        for position, forwards in bounce(len(self.series.candles)):
            yield from self._inside(self.series.candles[position], forwards, quoter, base)
            base += self.series.interval

    def past(self) -> Iterator[PriceStep]:
        """The mirror image of ``steps``, with fewer points, and of joined candles at high speed."""
        resolution = self.resolution * _COARSER_PAST
        count = min(resolution // self.series.interval, len(self.series.candles))
        series = self.series.joined(max(count, 1))
        return mirror_past(replace(self, resolution=resolution, series=series).steps())

    def _inside(
        self, candle: Candle, forwards: bool, quoter: Quoter, base: timedelta
    ) -> Iterator[PriceStep]:
        line = line_through(candle)
        traded = Decimal(0)
        for point in walk_line(
            line if forwards else line[::-1],
            candle.volume,
            interval=self.series.interval,
            resolution=self.resolution,
        ):
            total = self.instrument.floor_quantity(point.traded)
            yield quoter.step(base + point.at, point.price, total - traded)
            traded = total
