"""The contract of the specification's examples, and orders and positions as a venue has them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain.instrument import Instrument, RiskTier
from botrunner.domain.side import Side

ZERO = Decimal(0)


def instrument(symbol: str = "XRPUSDT") -> Instrument:
    """Tick 0.0001, step 1: the contract of the specification's examples."""
    return Instrument(
        symbol=symbol,
        base_coin=symbol.removesuffix("USDT"),
        quote_coin="USDT",
        tick_size=Decimal("0.0001"),
        quantity_step=Decimal(1),
        min_quantity=Decimal(1),
        max_quantity=Decimal(1_000_000),
        max_market_quantity=Decimal(500_000),
        min_notional=Decimal(5),
        min_price=Decimal("0.0001"),
        max_price=Decimal(2000),
        min_leverage=Decimal(1),
        max_leverage=Decimal(75),
        leverage_step=Decimal("0.01"),
        funding_interval_minutes=480,
        price_limit_ratio_x=Decimal("0.05"),
        price_limit_ratio_y=Decimal("0.1"),
        tiers=(
            RiskTier(
                limit=Decimal(10_000_000),
                initial_margin_rate=Decimal("0.0133"),
                maintenance_margin_rate=Decimal("0.01"),
                max_leverage=Decimal(75),
                deduction=ZERO,
            ),
        ),
    )


@dataclass(slots=True)
class VenueOrder:
    """An order as the venue has it."""

    order_id: str
    symbol: str
    side: Side
    reduces: bool
    price: Decimal
    quantity: Decimal
    created_at: datetime
    filled: Decimal = ZERO
    is_open: bool = True

    @property
    def remaining(self) -> Decimal:
        return self.quantity - self.filled

    def buys(self) -> bool:
        return (self.side is Side.LONG) is not self.reduces


@dataclass(slots=True)
class Held:
    """One side of a position."""

    quantity: Decimal = ZERO
    notional: Decimal = ZERO
