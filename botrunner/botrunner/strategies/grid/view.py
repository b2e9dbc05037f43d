"""What a grid is shown when it is asked what should rest, and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from botrunner.domain.desired import DesiredOrder, OrderSlot
from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.parameters import GridParameters
from botrunner.strategies.grid.state import GridState


class Entries(Enum):
    """What may become of entries."""

    TRADE = "trade"
    KEEP = "keep"
    """What rests stays exactly as it is and nothing is added (GR-35)."""
    NONE = "none"
    """No entry should rest: a stop, or the strategy retires."""


class Verdict(Enum):
    """The answer to a level that is to be placed."""

    PLACE = "place"
    WAIT = "wait"
    """Not now, and what rests stays (RI-34)."""
    RETRY = "retry"
    """Neither order of this level for now, nothing new above; the rest stays (GR-24)."""
    REFUSE = "refuse"
    """Neither this level nor any above it, on either side (GR-20)."""
    STARVE = "starve"
    """REFUSE for want of money: what is left of an opening follows the steps later (GR-32)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRequest:
    """The orders one level lacks: a pair, or what one side misses."""

    level: int
    orders: tuple[DesiredOrder, ...]
    reopening: bool
    """Levels opened at the market beside a filled other side: counts as reducing (GR-32)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelAnswer:
    """What became of the request."""

    verdict: Verdict
    top: int | None = None
    """With PLACE: levels above this one give up their money to it and are cancelled (GR-22)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """An entry that rests or is on its way."""

    price: Decimal
    """With an amendment in flight, the price asked for."""
    remaining: Decimal
    since: datetime
    """When it was placed or last amended."""
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GridView:
    """Everything outside the grid's own state that its answer depends on."""

    parameters: GridParameters
    instrument: Instrument
    fees: FeeRates
    quote: Quote | None
    """None until the first price; then no entry is wanted that does not rest already."""
    resting: Mapping[OrderSlot, Resting]
    """Entries by slot."""
    entries: Entries
    amend_entries: bool
    """False while risk holds entries back: none is moved then."""
    judge: Callable[[LevelRequest], LevelAnswer]
    """Asked lowest level first, once per level; keeps the money it grants."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPlan:
    """The answer: what should rest, and the state with the prices fixed while finding out."""

    state: GridState
    exits: tuple[DesiredOrder, ...]
    entries: tuple[DesiredOrder, ...]
    top: int
    """T of GR-20 after refusals; -1 when no level may rest."""
    waits: bool
    """A level is left out until something happens (an acknowledgement, a fill, a release)."""
    passing: bool
    """A level whose price was passed is on its way alone; those above follow later (GR-46)."""
    wake_at: datetime | None
    """When time alone changes the answer."""
