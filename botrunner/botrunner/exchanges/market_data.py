"""What the public streams say beyond quotes: values for strategies and recordings."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from botrunner.domain.events import QuoteChanged

Level = tuple[Decimal, Decimal]
"""Price and quantity."""


class Source(Enum):
    """Where a message came from (MD-3)."""

    STREAM = "stream"
    REST = "rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePrinted:
    """One public trade."""

    symbol: str
    trade_id: str
    price: Decimal
    quantity: Decimal
    taker_buys: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleChanged:
    """A candle grew or closed; volumes in base and quote coin."""

    symbol: str
    interval: str
    """The venue's name of it: minutes, or D, W, M."""
    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    is_closed: bool
    at: datetime
    """When the venue said so; not when it was traded last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookChanged:
    """The order book as it stands now; never crossed, never with a gap in its sequence."""

    symbol: str
    depth: int
    bids: tuple[Level, ...]
    """Best first."""
    asks: tuple[Level, ...]
    update: int
    at: datetime


MarketData = QuoteChanged | TradePrinted | CandleChanged | BookChanged
