"""A random walk on the ticks, seeded: the same seed, symbol and settings give the same prices.

Every ``interval`` the price moves by a whole number of ticks, drawn evenly from ``-most .. most``.
``most`` is ``volatility_bps`` of the price for an interval of one second, and grows by the square
root of the interval, as a walk does; it is at least one tick. The price is reflected at the walls
``start * (1 - band_ratio)`` and ``start * (1 + band_ratio)``, so that a walk of months stays
tradable. Only integers are drawn: the digits do not depend on the machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from botrunner.domain.instrument import Instrument
from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.mirror import mirror_past
from botrunner.simulator.prices.quote import Quoter, Spread, nearest_price

_BASIS_POINT = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkPrices:
    """A walk that starts at ``start`` at offset zero."""

    instrument: Instrument
    start: Decimal
    seed: int
    interval: timedelta = timedelta(seconds=1)
    """Source time between two steps."""
    volatility_bps: Decimal = Decimal(2)
    """The largest move of one second, in hundredths of a percent of the price."""
    band_ratio: Decimal = Decimal("0.2")
    """Half the width of the band, a fraction of the start."""
    spread: Spread = Spread()

    @property
    def symbol(self) -> str:
        """The contract these are the prices of."""
        return self.instrument.symbol

    def steps(self) -> Iterator[PriceStep]:
        """One step an interval, each with a trade of 1 to 1,000 quantity steps, without an end."""
        return self._walk("future", self.interval)

    def past(self) -> Iterator[PriceStep]:
        """Another walk from the same start, backwards in time: it says nothing about ``steps``.

        Its steps are 64 times as far apart: days of it must come quickly.
        """
        return mirror_past(self._walk("past", self.interval * 64))

    def _walk(self, direction: str, interval: timedelta) -> Iterator[PriceStep]:
        random = Random(f"{self.seed}/{self.symbol}/{direction}")
        quoter = Quoter(self.instrument, self.spread)
        price = nearest_price(self.instrument, self.start)
        largest = self.volatility_bps * Decimal(str(interval.total_seconds())).sqrt()
        offset = timedelta(0)
        while True:
            quantity = self.instrument.quantity_step * random.randint(1, 1_000)
            yield quoter.step(offset, price, quantity)
            price = self._reflect(price + self._move(random, price * largest))
            offset += interval

    def _move(self, random: Random, bps_of_price: Decimal) -> Decimal:
        tick = self.instrument.tick_size
        most = max(1, int(bps_of_price * _BASIS_POINT / tick))
        return random.randint(-most, most) * tick

    def _reflect(self, price: Decimal) -> Decimal:
        low = nearest_price(self.instrument, self.start * (1 - self.band_ratio))
        high = nearest_price(self.instrument, self.start * (1 + self.band_ratio))
        if price < low:
            price = 2 * low - price
        if price > high:
            price = 2 * high - price
        return min(max(price, low), high)
