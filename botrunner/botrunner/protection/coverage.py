"""Whether a grid's side has its way out (GR-34), and whether its levels are all there (GR-3)."""

from collections.abc import Iterable
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.domain.precision import ZERO


def is_exposed(held: Decimal, exits: Iterable[Decimal]) -> bool:
    """Whether more is held than the resting exits would close."""
    return sum(exits, ZERO) < held


def is_covered(
    target: Decimal,
    filled: Decimal,
    resting: Decimal,
    average_price: Decimal,
    instrument: Instrument,
) -> bool:
    """Whether a level is filled or rests for all that is missing.

    A remainder that the venue would refuse counts as filled (GR-46); ``average_price`` values it.
    """
    missing = target - filled - resting
    if missing <= 0:
        return True
    too_small = missing < instrument.min_quantity
    too_cheap = missing * average_price < instrument.min_notional
    return filled > 0 and (too_small or too_cheap)
