"""A price source that says what a test tells it to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from botrunner.simulator.price_source import PriceStep

START_PRICES: Mapping[str, str] = {"BTCUSDT": "50000", "XRPUSDT": "0.5000"}


def price_step(symbol: str, price: str, seconds: float = 0.0) -> PriceStep:
    """A step in which all prices of a symbol are the same."""
    number = Decimal(price)
    return PriceStep(
        symbol=symbol,
        offset=timedelta(seconds=seconds),
        last=number,
        mark=number,
        index=number,
        bid=number,
        ask=number,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyPrices:
    """First prices, then the steps given, then an end; with a past if one is given."""

    start: Mapping[str, str] = field(default_factory=lambda: START_PRICES)
    then: Sequence[PriceStep] = ()
    before: Mapping[str, Sequence[PriceStep]] = field(default_factory=dict)
    """Newest first, by symbol."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that have a first price."""
        return tuple(self.start)

    def steps(self) -> Iterator[PriceStep]:
        """First prices, then what follows."""
        for symbol, price in self.start.items():
            yield price_step(symbol, price)
        yield from self.then

    def past(self, symbol: str) -> Iterator[PriceStep]:
        """What the test gave as the past."""
        return iter(self.before.get(symbol, ()))
