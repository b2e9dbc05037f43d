"""Facts about orders and markets, told to the engine in one order. Past tense; ``at`` is UTC.

Rule 1: an event is a fact. What a request's answer leaves open is an ``...OutcomeUnknown``.
Rule 2: ``order_id`` is the client order id; a foreign order carries the venue's id instead.
Rule 3: fills come from executions, once per execution id; order events never carry money.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from botrunner.domain.account import Wallet
from botrunner.domain.market import Quote
from botrunner.domain.position import Position
from botrunner.domain.side import Side


class RefusalClass(Enum):
    """Why the venue refused a write, as far as the reaction differs (EX-11)."""

    MONEY = "money"
    RATE = "rate"
    CLOCK = "clock"
    CREDENTIALS = "credentials"
    GONE = "gone"
    """The order an amendment or a cancel names is final already."""
    NOT_MODIFIED = "notModified"
    POSITION_MODE = "positionMode"
    """The order names a side of a hedge, and the symbol is in one-way mode."""
    OTHER = "other"


class FillKind(Enum):
    """What caused a fill (Bybit V5 ``execType``; funding is an event of its own)."""

    TRADE = "trade"
    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    """The venue answered a placement with success. The order rests once the stream says so."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected:
    """The venue definitely refused a placement, in its answer or on the stream."""

    order_id: str
    at: datetime
    refusal: RefusalClass
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDenied:
    """A placement was never sent: breaker, ban or stop generation."""

    order_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOutcomeUnknown:
    """A placement was sent and nothing certain came back. Resolved by reading, never repeated."""

    order_id: str
    at: datetime
    sent_at: datetime | None = None
    """When it was written last, at the latest; None where that is not known, then ``at``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOpened:
    """Stream or read: the order rests with these terms (also after an amendment)."""

    order_id: str
    at: datetime
    symbol: str
    side: Side
    reduces: bool
    quantity: Decimal
    """Total, what is filled included."""
    price: Decimal
    filled: Decimal
    created_at: datetime | None = None
    """When the venue took the order; None where it does not say, then ``at`` stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted:
    """Stream or read: the order is filled; its executions may arrive before or after this."""

    order_id: str
    at: datetime
    filled: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """Stream or read: the order is gone with this much filled."""

    order_id: str
    at: datetime
    filled: Decimal
    by_venue: bool = False
    """Cancelled by the venue itself before or in a liquidation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotFound:
    """A read by id found the order nowhere: open orders, history, executions."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """One execution, of our order or of somebody else's on the account."""

    order_id: str
    execution_id: str
    symbol: str
    side: Side
    """The position side it changed."""
    reduces: bool
    quantity: Decimal
    price: Decimal
    fee: Decimal
    """Quote coin, positive when paid."""
    at: datetime
    kind: FillKind = FillKind.TRADE


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendAccepted:
    """The venue answered an amendment with success; the new terms come by OrderOpened."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendRejected:
    """The venue definitely refused an amendment, or it was denied before sending."""

    order_id: str
    at: datetime
    refusal: RefusalClass
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOutcomeUnknown:
    """An amendment was sent and nothing certain came back."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAccepted:
    """The venue answered a cancel with success; the order ends by OrderCancelled."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRejected:
    """The venue refused a cancel, or it was denied before sending; GONE means: read the order."""

    order_id: str
    at: datetime
    refusal: RefusalClass
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOutcomeUnknown:
    """A cancel was sent and nothing certain came back."""

    order_id: str
    at: datetime


OrderEvent = (
    OrderAccepted
    | OrderRejected
    | OrderDenied
    | OrderOutcomeUnknown
    | OrderOpened
    | OrderCompleted
    | OrderCancelled
    | OrderNotFound
    | OrderFilled
    | AmendAccepted
    | AmendRejected
    | AmendOutcomeUnknown
    | CancelAccepted
    | CancelRejected
    | CancelOutcomeUnknown
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteChanged:
    """New best, last or mark prices of a symbol."""

    symbol: str
    quote: Quote

    @property
    def at(self) -> datetime:
        """When the prices were valid."""
        return self.quote.at


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletChanged:
    """The wallet was pushed or read."""

    wallet: Wallet

    @property
    def at(self) -> datetime:
        """When the venue took the reading."""
        return self.wallet.at


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChanged:
    """One side of one symbol as the venue has it now; quantity 0 is flat."""

    position: Position
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingSettled:
    """Funding of one side was booked."""

    symbol: str
    side: Side
    paid: Decimal
    """Quote coin; negative when received."""
    execution_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """Time passed; the runtime sends one at least when ``Interest.wake_at`` is reached."""

    at: datetime


AccountEvent = WalletChanged | PositionChanged | FundingSettled
MarketEvent = QuoteChanged | TimerFired
