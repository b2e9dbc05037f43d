"""One symbol's prices at another speed than the others'."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.merge import SymbolPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class SpedPrices:
    """The same steps, ``speed`` times as close together."""

    prices: SymbolPrices
    speed: Decimal
    """Greater than zero."""

    @property
    def symbol(self) -> str:
        """The contract these are the prices of."""
        return self.prices.symbol

    def steps(self) -> Iterator[PriceStep]:
        """Steps from zero on, without an end."""
        return self._speed_up(self.prices.steps())

    def past(self) -> Iterator[PriceStep]:
        """Steps before zero, newest first."""
        return self._speed_up(self.prices.past())

    def _speed_up(self, steps: Iterable[PriceStep]) -> Iterator[PriceStep]:
        for step in steps:
            microseconds = Decimal(step.offset // timedelta(microseconds=1)) / self.speed
            yield replace(step, offset=timedelta(microseconds=round(microseconds)))
