"""The port of a price source: what the outside world does to the prices, step by step.

A source is pulled. The server waits ``difference of offsets / speed`` between two steps, or takes
them one by one when it runs step by step; the source itself knows no clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal, Protocol

Level = tuple[Decimal, Decimal]
"""Price and quantity of one level of a book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A trade of the outside world."""

    price: Decimal
    quantity: Decimal
    """Base coin."""
    side: Literal["Buy", "Sell"]
    """Of the taker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep:
    """One moment of one symbol."""

    symbol: str
    offset: timedelta
    """Source time since the source's start; never falls from one step to the next."""
    last: Decimal
    mark: Decimal
    index: Decimal
    bid: Decimal | None = None
    """Best bid, when the source has no whole book; None with ``bids`` None: ``last``."""
    ask: Decimal | None = None
    bids: tuple[Level, ...] | None = None
    """The whole book, best first, when the source has one; then ``asks`` is given too."""
    asks: tuple[Level, ...] | None = None
    trade: Trade | None = None


class PriceSource(Protocol):
    """Where prices come from."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that ``steps`` can name."""
        ...

    def steps(self) -> Iterator[PriceStep]:
        """Steps of all symbols merged by offset, from offset zero on, without an end.

        The first steps give every symbol its price at offset zero. Each call begins anew.
        """
        ...

    def past(self, symbol: str) -> Iterator[PriceStep]:
        """Steps before the start, newest first, offsets below zero; for klines of the past.

        May be without an end; empty where the source has no history.
        """
        ...
