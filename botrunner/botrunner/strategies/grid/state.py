"""What a grid remembers: which levels are filled, and the few prices that were fixed on the way.

Rule 1: a fill changes the state here and nowhere else; live trading and recovery fold the same
fills through the same functions.
Rule 2: levels count entries. An exit takes from the holding, never from the levels; a side's
levels end when the side is closed.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from botrunner.domain.parameters import AppliedGrid
from botrunner.domain.position import Holding
from botrunner.domain.precision import settled
from botrunner.domain.side import SIDES, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One entry level that is filled, at least in part."""

    number: int
    quantity: Decimal
    """Filled, base coin."""
    notional: Decimal
    synthetic: bool = False
    """Made from a position that the history does not explain: stands for 0..number, complete."""

    @property
    def average_price(self) -> Decimal:
        """What the filled part cost, per base coin."""
        return settled(self.notional / self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A limit price taken from the market, and when: it is renewed after the entry timeout."""

    price: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSide:
    """One side of the grid."""

    side: Side
    levels: tuple[Level, ...] = ()
    """Ascending by number."""
    holding: Holding = field(default_factory=Holding)
    opening: int = 0
    """The highest level that this life of the side opens at the market (GR-11, GR-32)."""
    starved: bool = False
    """Not one level of the opening could be paid: its depth is taken anew at the retry (GR-32)."""
    since: datetime | None = None
    """When the fill happened that ended the life before; orders of that life are older."""
    quoted: Quoted | None = None
    """The price at which the opening levels rest."""
    exit_price: Decimal | None = None
    """The take-profit's price, fixed after entries and funding only (GR-30)."""
    exit_filled_at: datetime | None = None
    """When the take-profit last filled in part, without an entry since."""
    closing: Quoted | None = None
    """A small remainder is being closed at this price (GR-33)."""

    @property
    def highest(self) -> int:
        """F of GR-20: the highest filled or partly filled level, -1 when there is none."""
        return self.levels[-1].number if self.levels else -1

    @property
    def is_emptied(self) -> bool:
        """Levels were filled and nothing of them is held any more."""
        return bool(self.levels) and self.holding.is_flat

    def level(self, number: int) -> Level | None:
        """What is filled of a level; a synthetic level answers for all it stands for."""
        for level in self.levels:
            if level.number == number or (level.synthetic and number < level.number):
                return level
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class GridState:
    """Both sides of one grid and what they share."""

    applied: AppliedGrid
    """In force until both sides are flat."""
    reference: Decimal | None
    """Rounded quantity of level 0; None until the first order of a new start is placed."""
    long: GridSide
    short: GridSide

    def side(self, side: Side) -> GridSide:
        """One of the two sides."""
        return self.long if side is Side.LONG else self.short

    def with_side(self, changed: GridSide) -> "GridState":
        """With one side replaced."""
        if changed.side is Side.LONG:
            return replace(self, long=changed)
        return replace(self, short=changed)

    @property
    def is_flat(self) -> bool:
        """Neither side has a filled level or holds anything."""
        return all(not self.side(side).levels and self.side(side).holding.is_flat for side in SIDES)


def fresh(applied: AppliedGrid) -> GridState:
    """A grid that has not traded yet: GR-11 comes next."""
    return GridState(
        applied=applied,
        reference=None,
        long=GridSide(side=Side.LONG),
        short=GridSide(side=Side.SHORT),
    )


def entered(
    state: GridState, side: Side, number: int, quantity: Decimal, price: Decimal, fee: Decimal
) -> GridState:
    """After a fill of an entry."""
    before = state.side(side)
    levels = {level.number: level for level in before.levels}
    old = levels.get(number, Level(number=number, quantity=Decimal(0), notional=Decimal(0)))
    levels[number] = replace(
        old, quantity=old.quantity + quantity, notional=old.notional + quantity * price
    )
    return state.with_side(
        replace(
            before,
            levels=tuple(levels[key] for key in sorted(levels)),
            holding=before.holding.entered(quantity, price, fee),
            exit_price=None,
            exit_filled_at=None,
            closing=None,
        )
    )


def exited(state: GridState, side: Side, quantity: Decimal, at: datetime) -> GridState:
    """After a fill of the side's own take-profit; the fill that empties the side reopens it."""
    reduced = state.side(side).holding.reduced(quantity)
    if reduced.is_flat:
        return closed(state, side, at)
    return state.with_side(replace(state.side(side), holding=reduced, exit_filled_at=at))


def reduced(state: GridState, side: Side, quantity: Decimal) -> GridState:
    """After a reduction that is not the take-profit's: the levels stay, nothing reopens."""
    before = state.side(side)
    return state.with_side(replace(before, holding=before.holding.reduced(quantity)))


def charged(state: GridState, side: Side, paid: Decimal) -> GridState:
    """After a funding settlement; the take-profit is priced anew."""
    before = state.side(side)
    if before.holding.is_flat:
        return state
    return state.with_side(
        replace(before, holding=before.holding.charged(paid), exit_price=None, closing=None)
    )


def closed(state: GridState, side: Side, at: datetime | None) -> GridState:
    """The side's life ends; how deep the next one opens follows from the other side (GR-32)."""
    other = state.side(side.opposite)
    if other.highest < 0:
        return fresh(state.applied)
    return state.with_side(GridSide(side=side, opening=opening_beside(other), since=at))


def opening_beside(other: GridSide) -> int:
    """The highest level to open at the market: max(0, N - 3), N levels being filled opposite."""
    return max(0, other.highest + 1 - 3)


def with_emptied_closed(state: GridState, at: datetime) -> GridState:
    """After a stop or a hold: sides that were closed by other hands begin a new life."""
    if all(state.side(side).holding.is_flat for side in SIDES):
        return fresh(state.applied)
    for side in SIDES:
        if state.side(side).is_emptied:
            state = closed(state, side, at)
    return state
