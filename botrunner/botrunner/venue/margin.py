"""Margin formulas of linear contracts, cross margin as Bybit calculates it since September 2025.

All take and give exact numbers in the settle coin. ``sign`` is 1 for a long or a buy, -1 for a
short or a sell; sizes are unsigned; rates are fractions.
"""

from decimal import Decimal

from botrunner.domain.instrument import RiskTier
from botrunner.venue.money import ZERO

_BREAK_EVEN_RATE = Decimal("0.00055")


def fee_reserve(*, entry_value: Decimal, leverage: Decimal, sign: int, taker: Decimal) -> Decimal:
    """The fee of closing at the position's bankruptcy price, entry * (1 - sign / leverage)."""
    return entry_value * (1 - sign / leverage) * taker


def initial_margin(*, value: Decimal, leverage: Decimal, reserve: Decimal) -> Decimal:
    """Of a position; ``value`` is size * mark (cross) or size * entry (isolated)."""
    return value / leverage + reserve


def maintenance_margin(*, value: Decimal, tier: RiskTier, reserve: Decimal) -> Decimal:
    """Of a position; ``value`` is size * mark, and ``tier`` the tier of that value."""
    return value * tier.maintenance_margin_rate - tier.deduction + reserve


def order_cost_rate(*, leverage: Decimal, sign: int, taker: Decimal) -> Decimal:
    """Margin an order needs, as a fraction of quantity * price.

    The position's margin, the fee of opening and the fee of closing at the bankruptcy price.
    """
    return 1 / leverage + taker + (1 - sign / leverage) * taker


def takeover_price(
    *, size: Decimal, sign: int, mark: Decimal, share: Decimal, taker: Decimal
) -> Decimal:
    """The price at which closing, with its fee, costs exactly ``share`` of the account's margin.

    Solves sign * size * (price - mark) - size * price * taker = -share.
    """
    return (sign * size * mark - share) / (size * (sign - taker))


def break_even_price(
    *, size: Decimal, entry_value: Decimal, realised: Decimal, taker: Decimal
) -> Decimal:
    """Where closing leaves nothing gained or lost; ``size`` is signed, ``realised`` net of fees."""
    rate = max(taker, _BREAK_EVEN_RATE)
    signed_value = entry_value if size > ZERO else -entry_value
    return (signed_value - realised) / (size - abs(size) * rate)
