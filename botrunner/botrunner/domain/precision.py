"""Decimal precision: 28 digits while calculating, 24 (half-even) before a tick or a step.

The four digits between absorb the dust of pro-rata divisions, so that a price which is exactly a
tick on paper is never rounded to its neighbour.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal

_SETTLED = Context(prec=24, rounding=ROUND_HALF_EVEN)

ZERO = Decimal(0)
ONE = Decimal(1)


def settled(number: Decimal) -> Decimal:
    """Round half-even to 24 significant digits: what is then rounded to a tick or a step."""
    return _SETTLED.plus(number)
