"""GR-3 and GR-20 judged by the venue's orders and fills alone; the engine is not asked.

Which levels are filled follows from the client order ids of the fills since the side was last
flat; what rests, from the open orders.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from botrunner.domain.events import OrderFilled
from botrunner.domain.ids import decode
from botrunner.domain.instrument import Instrument
from botrunner.domain.parameters import GridParameters
from botrunner.domain.side import SIDES, Purpose, Side

ZERO = Decimal(0)


class OpenOrder(Protocol):
    """An order that rests."""

    @property
    def link_id(self) -> str: ...
    @property
    def leaves_quantity(self) -> Decimal: ...
    @property
    def price(self) -> Decimal: ...


class Books(Protocol):
    """What the venue wrote down of one account."""

    @property
    def instruments(self) -> Mapping[str, Instrument]: ...
    @property
    def fills(self) -> Sequence[OrderFilled]:
        """Oldest first; only ever grows."""
        ...

    def open_orders(self, symbol: str) -> Iterable[OpenOrder]: ...


@dataclass(slots=True)
class SideBook:
    """One side's life since it was last flat."""

    quantity: dict[int, Decimal] = field(default_factory=dict)
    """Filled, by level."""
    value: dict[int, Decimal] = field(default_factory=dict)
    closed: Decimal = ZERO
    at_market: int = 0
    """The highest level that GR-32 opened at the market."""

    @property
    def held(self) -> Decimal:
        return sum(self.quantity.values(), ZERO) - self.closed

    @property
    def highest(self) -> int:
        """F of GR-20."""
        return max(self.quantity, default=-1)


@dataclass(frozen=True, slots=True)
class Rests:
    """An entry that rests."""

    quantity: Decimal
    price: Decimal


class DayRules:
    """Takes fills in as the venue makes them and says what is broken."""

    def __init__(self, books: Books, symbol: str, grid: GridParameters) -> None:
        self._books, self._symbol, self._grid = books, symbol, grid
        self._instrument = books.instruments[symbol]
        self._taken = 0
        self._sides = {side: SideBook() for side in SIDES}
        self.closed_sides = 0
        self.deepest = -1

    def broken(self) -> list[str]:
        """Every broken rule, in words; only to be asked while nothing is in flight."""
        self._take_fills()
        resting = self._resting()
        highest = max(self._sides[side].highest for side in SIDES)
        self.deepest = max(self.deepest, highest)
        top = min(self._grid.max_levels_per_side, highest + 1)
        found = [*self._uneven(resting, top), *self._exits()]
        for side in SIDES:
            found += [*self._above(resting[side], side, top), *self._prices(resting[side], side)]
        return found

    def _take_fills(self) -> None:
        for fill in self._books.fills[self._taken :]:
            self._take(fill)
        self._taken = len(self._books.fills)

    def _take(self, fill: OrderFilled) -> None:
        identity, book = decode(fill.order_id), self._sides[fill.side]
        assert identity is not None and identity.side is fill.side
        if fill.reduces:
            book.closed += fill.quantity
            if book.held == 0:
                deep = self._sides[fill.side.opposite].highest + 1
                self._sides[fill.side] = SideBook(at_market=max(0, deep - 3))
                self.closed_sides += 1
            return
        level = identity.level
        book.quantity[level] = book.quantity.get(level, ZERO) + fill.quantity
        book.value[level] = book.value.get(level, ZERO) + fill.quantity * fill.price

    def _resting(self) -> dict[Side, dict[int, Rests]]:
        found: dict[Side, dict[int, Rests]] = {side: {} for side in SIDES}
        for order in self._books.open_orders(self._symbol):
            identity = decode(order.link_id)
            assert identity is not None
            if identity.purpose is Purpose.ENTRY:
                levels = found[identity.side]
                assert identity.level not in levels, f"level {identity.level} rests twice"
                levels[identity.level] = Rests(order.leaves_quantity, order.price)
        return found

    def _uneven(self, resting: dict[Side, dict[int, Rests]], top: int) -> Iterator[str]:
        """Every level 0..T has the same whole quantity on both sides: multiplier times the last."""
        reference = self._total(resting, Side.LONG, 0)
        if reference == 0:
            yield "no level 0"
        for level in range(top + 1):
            factor = self._grid.wanted.averaging_multiplier**level
            wanted = self._instrument.floor_quantity(reference * factor)
            for side in SIDES:
                total = self._total(resting, side, level)
                if total != wanted:
                    yield f"{side.value} {level}: {total} of {wanted}"

    def _total(self, resting: dict[Side, dict[int, Rests]], side: Side, level: int) -> Decimal:
        rests = resting[side].get(level)
        return self._sides[side].quantity.get(level, ZERO) + (rests.quantity if rests else ZERO)

    def _above(self, resting: dict[int, Rests], side: Side, top: int) -> Iterator[str]:
        for level in resting:
            if level > top:
                yield f"{side.value} {level} rests above {top}"

    def _prices(self, resting: dict[int, Rests], side: Side) -> Iterator[str]:
        """A resting level stands one step from the level below it, unless opened at the market."""
        for level, rests in resting.items():
            below = self._price_of(resting, side, level - 1)
            if level > self._sides[side].at_market and below is not None:
                wanted = self._beyond(below, side)
                if rests.price != wanted:
                    yield f"{side.value} {level} rests at {rests.price}, not at {wanted}"

    def _price_of(self, resting: dict[int, Rests], side: Side, level: int) -> Decimal | None:
        rests = resting.get(level)
        if rests is not None:
            return rests.price
        book = self._sides[side]
        quantity = book.quantity.get(level)
        return book.value[level] / quantity if quantity else None

    def _beyond(self, price: Decimal, side: Side) -> Decimal:
        moved = price * (1 - side.sign * self._grid.step_ratio)
        if side is Side.LONG:
            return self._instrument.floor_price(moved)
        return self._instrument.ceil_price(moved)

    def _exits(self) -> Iterator[str]:
        """Each side's take-profit closes the whole side."""
        covered = dict.fromkeys(SIDES, ZERO)
        for order in self._books.open_orders(self._symbol):
            identity = decode(order.link_id)
            if identity is not None and identity.purpose is Purpose.TAKE_PROFIT:
                covered[identity.side] += order.leaves_quantity
        for side in SIDES:
            held = self._sides[side].held
            if covered[side] != held:
                yield f"{side.value}: take-profit of {covered[side]} for {held}"
