"""The account as the venue reports it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """One reading of a unified cross-margin account, in USDT; rates are fractions."""

    equity: Decimal
    margin_balance: Decimal
    """Wallet balance plus unrealised profit of perpetuals (Bybit V5 ``totalMarginBalance``)."""
    available: Decimal
    """What new orders may use; resting orders are already taken off (``totalAvailableBalance``)."""
    initial_margin: Decimal
    """Of positions and orders."""
    maintenance_margin: Decimal
    maintenance_margin_rate: Decimal
    """As reported; changes with wallet events only, never with the price."""
    unrealised_pnl: Decimal
    """Of all perpetuals, at the marks of this reading (``totalPerpUPL``)."""
    at: datetime

    @property
    def haircut(self) -> Decimal:
        """Collateral that does not count: margin balance less initial margin less available.

        Zero where available is zero, for then the venue has cut it off.
        """
        if self.available <= 0:
            return Decimal(0)
        return self.margin_balance - self.initial_margin - self.available
