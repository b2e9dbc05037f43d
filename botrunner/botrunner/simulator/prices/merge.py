"""Several symbols as one source."""

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Protocol

from botrunner.simulator.price_source import PriceStep


class SymbolPrices(Protocol):
    """The prices of one symbol; ``steps`` begin at offset zero, neither of the two ends."""

    @property
    def symbol(self) -> str:
        """The contract these are the prices of."""
        ...

    def steps(self) -> Iterator[PriceStep]:
        """Steps from offset zero on; each call begins anew."""
        ...

    def past(self) -> Iterator[PriceStep]:
        """Steps before zero, newest first."""
        ...


class MergedPrices:
    """A price source of several symbols; at the same offset in the order they were given."""

    def __init__(self, prices: Sequence[SymbolPrices]) -> None:
        self._prices = {each.symbol: each for each in prices}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol, in the order given."""
        return tuple(self._prices)

    def steps(self) -> Iterator[PriceStep]:
        """Steps of all symbols by offset, without an end."""
        return merge(*(each.steps() for each in self._prices.values()), key=lambda s: s.offset)

    def past(self, symbol: str) -> Iterator[PriceStep]:
        """Steps of one symbol before the start, newest first; nothing for a symbol not held."""
        prices = self._prices.get(symbol)
        return iter(()) if prices is None else prices.past()
