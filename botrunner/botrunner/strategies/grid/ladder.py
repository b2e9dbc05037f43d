"""Where every level of one side stands: price, what is still to fill, and from what it follows."""

from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.domain.precision import ZERO
from botrunner.domain.side import Side
from botrunner.strategies.grid.prices import entry_price
from botrunner.strategies.grid.state import GridSide, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One level of one side."""

    side: Side
    level: int
    price: Decimal
    """Limit price of what is still to fill."""
    missing: Decimal
    """Quantity still to fill; 0 when the level counts as filled."""
    at_market: bool
    """Opened at the opposite best instead of a step beyond the level before."""


def climb(
    side: GridSide,
    top: int,
    market_price: Decimal,
    sizes: tuple[Decimal, ...],
    step_ratio: Decimal,
    instrument: Instrument,
) -> tuple[Rung, ...]:
    """Levels 0..top of a side, each a step from the one before it (GR-20).

    ``sizes`` are the quantities of levels 0..top; opening levels stand at ``market_price``.
    """
    rungs: list[Rung] = []
    previous = market_price
    for number in range(top + 1):
        at_market = number <= side.opening
        price = market_price
        if not at_market:
            price = entry_price(side.side, previous, step_ratio, instrument)
        filled = side.level(number)
        missing = _missing(filled, sizes[number], price, instrument)
        rungs.append(
            Rung(side=side.side, level=number, price=price, missing=missing, at_market=at_market)
        )
        complete = filled is not None and missing == 0
        previous = filled.average_price if filled is not None and complete else price
    return tuple(rungs)


def _missing(
    filled: Level | None, target: Decimal, price: Decimal, instrument: Instrument
) -> Decimal:
    """What a level lacks; a remainder the venue would refuse counts as filled (GR-46)."""
    if filled is None:
        return target
    missing = target - filled.quantity
    if filled.synthetic or missing < instrument.min_quantity:
        return ZERO
    if missing * price < instrument.min_notional:
        return ZERO
    return missing
