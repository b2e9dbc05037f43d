"""Verdicts as types: Approved can be sent, Refused cannot."""

from dataclasses import dataclass
from enum import Enum

from botrunner.domain.actions import OrderAction, Priority


class Reason(Enum):
    """Why new exposure is refused. Values are the reasons of the status and of the metrics."""

    EMERGENCY = "EmergencyStop"
    TRADING_DISABLED = "TradingDisabled"
    RESTRICTED = "Restricted"
    """A lost stream, channel, breaker or credential blocks new exposure (RI-34)."""
    STALE_PRICE = "PriceStale"
    CLOCK = "ClockSkew"
    SYMBOL = "SymbolUncertain"
    """An order of the symbol is missing at the venue (EX-9)."""
    OPEN_POSITIONS = "MaxOpenPositions"
    SYMBOL_NOTIONAL = "MaxNotionalPerSymbol"
    ACCOUNT_NOTIONAL = "MaxNotionalPerAccount"
    LEVERAGE = "MaxLeverage"
    MONEY = "Money"
    MAX_ORDER_QUANTITY = "MaxOrderQty"
    RISK_TIER = "RiskTier"
    MIN_NOTIONAL = "MinNotional"
    PRICE = "Price"
    VENUE_MONEY = "VenueMoney"
    """The venue refused for want of money, whatever our own sum said."""
    VENUE = "VenueRefused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not to be sent, and why."""

    reason: Reason
    message: str
    """In words, with the numbers that decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """May be sent, as long as the stop generation is still this one when it is written."""

    action: OrderAction
    generation: int
    priority: Priority
