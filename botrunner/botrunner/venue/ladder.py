"""Prices in order, and what waits at each of them in order of arrival."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Generic, TypeVar

_Entry = TypeVar("_Entry")


class PriceLadder(Generic[_Entry]):
    """Entries by price, then by arrival; each is known by a number that the caller gives it."""

    __slots__ = ("_levels", "_prices")

    def __init__(self) -> None:
        self._levels: dict[Decimal, dict[int, _Entry]] = {}
        self._prices: list[Decimal] = []

    def __iter__(self) -> Iterator[_Entry]:
        """Lowest price first."""
        for price in self._prices:
            yield from self._levels[price].values()

    def add(self, price: Decimal, number: int, entry: _Entry) -> None:
        """Put an entry at the end of its price's queue."""
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = {}
            insort(self._prices, price)
        level[number] = entry

    def remove(self, price: Decimal, number: int) -> None:
        """Take an entry out; KeyError if it is not there."""
        level = self._levels[price]
        del level[number]
        if not level:
            del self._levels[price]
            del self._prices[bisect_left(self._prices, price)]

    def lowest(self) -> Decimal | None:
        """The lowest price with an entry."""
        return self._prices[0] if self._prices else None

    def highest(self) -> Decimal | None:
        """The highest price with an entry."""
        return self._prices[-1] if self._prices else None

    def at(self, price: Decimal) -> Mapping[int, _Entry]:
        """What waits at a price, first come first; empty if nothing does."""
        return self._levels.get(price, {})

    def first_at(self, price: Decimal) -> _Entry:
        """The first in the queue of a price that has one."""
        return next(iter(self._levels[price].values()))
