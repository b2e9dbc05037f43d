"""How the venue rounds.

Fees, funding and realised results are rounded half to even at 8 decimals, when they are booked;
everything else is exact, so that the sum of all money does not move by a single unit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)

ZERO = Decimal(0)

_QUANTUM = Decimal("0.00000001")
# 40 digits keep sums of price * quantity exact far beyond any real amount.
_CONTEXT = Context(
    prec=40, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow]
)


@contextmanager
def exact() -> Iterator[None]:
    """Calculate with the venue's precision, whatever the caller's decimal context is."""
    with localcontext(_CONTEXT):
        yield


def is_money(amount: Decimal) -> bool:
    """Whether it has at most the 8 decimals that a wallet can hold."""
    return amount == amount.quantize(_QUANTUM)


def round_money(amount: Decimal) -> Decimal:
    """To 8 decimals, half to even."""
    return amount.quantize(_QUANTUM, rounding=ROUND_HALF_EVEN)
