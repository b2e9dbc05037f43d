"""What is configurable about the simulated exchange. Defaults are Bybit's linear perpetuals."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class TouchRule(StrEnum):
    """When a price path (a symbol without a book) fills a resting order."""

    TOUCH = "Touch"
    """The opposite price reaches the order's price."""
    THROUGH = "Through"
    """It goes beyond the order's price: pessimistic about the queue."""


class ExcessClose(StrEnum):
    """What happens to a close in hedge mode that is larger than the position."""

    TRIM = "Trim"
    REFUSE = "Refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRates:
    """Fractions of the executed value; a negative maker rate is a rebate."""

    maker: Decimal = Decimal("0.0002")
    taker: Decimal = Decimal("0.00055")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSettings:
    """One venue's rules."""

    settle_coin: str = "USDT"
    usd_rate: Decimal = Decimal(1)
    """USD per unit of the settle coin: account-wide figures are in USD."""
    fees: FeeRates = FeeRates()
    """Of accounts that are opened without their own."""
    default_leverage: Decimal = Decimal(10)
    touch_rule: TouchRule = TouchRule.TOUCH
    excess_close: ExcessClose = ExcessClose.TRIM
    hedge_offset: bool = False
    """In hedge mode charge the larger side's margin and both fee reserves instead of the sum."""
    max_active_orders: int = 500
    """Of one account on one symbol."""
    max_conditional_orders: int = 10
    """Of one account on one symbol; the stops of positions do not count."""
    band_alpha: Decimal = Decimal(1)
    """Weight of the average premium in the price band."""
    insurance_balance: Decimal = Decimal(1_000_000)
    """What the insurance fund starts with; when it is used up, positions are deleveraged."""
    history_limit: int = 20_000
    """Closed orders, executions, transactions and closed P&L kept, each, an account."""
