"""What is known of a market at one moment."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain.side import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Best prices of one symbol, in the quote coin."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    mark: Decimal
    """The price the venue values positions with."""
    at: datetime

    def taker_entry(self, side: Side) -> Decimal:
        """The opposite best for opening ``side``: buy at the ask, sell at the bid (GR-13)."""
        return self.ask if side is Side.LONG else self.bid

    def taker_exit(self, side: Side) -> Decimal:
        """The opposite best for closing ``side``: a long sells at the bid."""
        return self.bid if side is Side.LONG else self.ask

    def entry_crosses(self, side: Side, price: Decimal) -> bool:
        """Whether a limit entry at this price would trade at once."""
        return price >= self.ask if side is Side.LONG else price <= self.bid

    def exit_crosses(self, side: Side, price: Decimal) -> bool:
        """Whether a limit exit at this price would trade at once."""
        return price <= self.bid if side is Side.LONG else price >= self.ask


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRates:
    """Fractions of the traded value; a negative maker rate is a rebate."""

    maker: Decimal
    taker: Decimal
