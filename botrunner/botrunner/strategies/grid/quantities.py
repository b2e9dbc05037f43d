"""How much each level trades: one rounded reference, every level of both sides from it."""

from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.domain.parameters import AppliedGrid
from botrunner.domain.precision import settled


def reference_quantity(applied: AppliedGrid, price: Decimal, instrument: Instrument) -> Decimal:
    """Quantity of level 0: margin * leverage / price, floored, at least the venue's minimum."""
    wanted = applied.initial_margin * applied.leverage / price
    least = instrument.ceil_quantity(instrument.min_quantity)
    return max(instrument.floor_quantity(wanted), least)


def level_quantity(
    reference: Decimal, multiplier: Decimal, level: int, instrument: Instrument
) -> Decimal:
    """Quantity of a level, rounded once from the reference: 75, 112, 168, 253 for 1.5."""
    return instrument.floor_quantity(reference * multiplier**level)


def levels_within(
    quantity: Decimal, reference: Decimal, multiplier: Decimal, instrument: Instrument
) -> int:
    """The highest k for which levels 0..k do not sum up to more than ``quantity``; at least 0."""
    level, total = 0, level_quantity(reference, multiplier, 0, instrument)
    while True:
        total += level_quantity(reference, multiplier, level + 1, instrument)
        if total > quantity:
            return level
        level += 1


def reference_of(
    quantity: Decimal, multiplier: Decimal, level: int, instrument: Instrument
) -> Decimal | None:
    """The reference whose level has this quantity; None where no multiple of the step fits."""
    guess = instrument.ceil_quantity(settled(quantity / multiplier**level))
    if level_quantity(guess, multiplier, level, instrument) == quantity:
        return guess
    return None
