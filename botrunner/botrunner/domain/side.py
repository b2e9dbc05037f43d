"""The two sides of a hedged position, and what an order is for."""

from enum import Enum


class Side(Enum):
    """A position side in hedge mode; the venue's buy and sell are the adapters' business."""

    LONG = "long"
    SHORT = "short"

    # Sides are in the keys of almost every table; a member is one object, so its identity will do,
    # at a fifth of what the hash of its name takes.
    __hash__ = object.__hash__

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short: profit is sign * (price - entry price)."""
        return 1 if self is Side.LONG else -1

    @property
    def opposite(self) -> "Side":
        """The other side of the hedge."""
        return Side.SHORT if self is Side.LONG else Side.LONG


class Purpose(Enum):
    """Why an order exists. Everything but an entry only ever reduces a position."""

    ENTRY = "entry"
    TAKE_PROFIT = "takeProfit"
    STOP_LOSS = "stopLoss"
    CLOSE = "close"
    """A market close under policy Flatten, or of a strategy that retires by Flatten."""

    @property
    def reduces(self) -> bool:
        """Whether such an order closes instead of opening (reduce-only)."""
        return self is not Purpose.ENTRY


SIDES = (Side.LONG, Side.SHORT)
"""The order in which sides are looked at everywhere: long first (GR-11)."""
