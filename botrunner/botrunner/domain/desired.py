"""What a strategy wants to rest: the only thing strategies say."""

from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.side import Purpose, Side

OrderSlot = tuple[Side, Purpose, int]
"""The place of an order within its strategy: side, purpose, level. One order rests in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredOrder:
    """One order that should rest, in the words of a strategy."""

    side: Side
    purpose: Purpose
    level: int
    """Grid level of an entry; number of the part of a take-profit."""
    quantity: Decimal
    """Still to be filled: what an order in this slot has filled already is not in it."""
    price: Decimal | None
    """Limit price; None closes at the market."""

    @property
    def slot(self) -> OrderSlot:
        """Where the order stands within its strategy."""
        return (self.side, self.purpose, self.level)
