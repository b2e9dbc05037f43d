"""The outside world's order book of one symbol, and what is left of it."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice

from botrunner.venue.money import ZERO

Level = tuple[Decimal, Decimal]
"""Price, quantity."""


class BookSide:
    """One side: quantity by price, best price first."""

    __slots__ = ("_descending", "_prices", "_quantities")

    def __init__(self, *, descending: bool) -> None:
        self._descending = descending
        self._prices: list[Decimal] = []
        self._quantities: dict[Decimal, Decimal] = {}

    def replace(self, levels: Iterable[Level]) -> None:
        """Forget everything, and hold these levels."""
        self._quantities = {price: quantity for price, quantity in levels if quantity > ZERO}
        self._prices = sorted(self._quantities)

    def set_quantity(self, price: Decimal, quantity: Decimal) -> None:
        """Set what is there at a price; 0 deletes the level."""
        if quantity > ZERO:
            if price not in self._quantities:
                insort(self._prices, price)
            self._quantities[price] = quantity
        elif price in self._quantities:
            del self._quantities[price]
            del self._prices[bisect_left(self._prices, price)]

    def quantity(self, price: Decimal) -> Decimal:
        """What is there at a price."""
        return self._quantities.get(price, ZERO)

    def best(self) -> Decimal | None:
        """The best price, if there is any."""
        if not self._prices:
            return None
        return self._prices[-1 if self._descending else 0]

    def levels(self) -> Iterator[Level]:
        """Best first."""
        prices = reversed(self._prices) if self._descending else iter(self._prices)
        for price in prices:
            yield price, self._quantities[price]

    def top(self, depth: int) -> list[Level]:
        """The best levels, at most so many."""
        return list(islice(self.levels(), depth))

    def reachable(self, limit: Decimal, quantity: Decimal) -> list[Level]:
        """The best levels up to a limit price that make up at most this quantity."""
        found = []
        for price, there in self.levels():
            beyond = price < limit if self._descending else price > limit
            if beyond or quantity <= ZERO:
                break
            taken = min(there, quantity)
            found.append((price, taken))
            quantity -= taken
        return found

    def reduce(self, price: Decimal, quantity: Decimal) -> None:
        """Take quantity off a level that has it."""
        self.set_quantity(price, self._quantities[price] - quantity)


class OutsideBook:
    """Both sides of what the outside world offers."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = BookSide(descending=True)
        self.asks = BookSide(descending=False)
