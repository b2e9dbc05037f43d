"""What came of a command, in the order in which a server should push it.

``Outcome.events`` lists, in this order: order changes and executions as they happened (those of one
match share ``seq``), the records written, public trades, then at most one ``PositionChanged`` per
position touched and one ``WalletChanged`` per account touched. Position and wallet events carry
what the ledger knows; figures that depend on the mark price are read from the venue's views.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.venue.records import ClosedPnl, Execution, OrderSnapshot, Transaction
from botrunner.venue.refusals import Refusal
from botrunner.venue.vocabulary import PositionIdx, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """An order is new, filled, changed or at its end."""

    order: OrderSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A fill, or funding paid."""

    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlClosed:
    """A position was reduced."""

    record: ClosedPnl


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyMoved:
    """The wallet changed."""

    transaction: Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTrade:
    """A trade everybody sees: the outside's, or a fill of somebody's order."""

    symbol: str
    trade_id: str
    price: Decimal
    quantity: Decimal
    taker_side: Side
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidated:
    """A position was reduced or taken over by the venue; public as well."""

    account: str
    symbol: str
    side: Side
    """Buy: a long was liquidated."""
    quantity: Decimal
    bankruptcy_price: Decimal
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChanged:
    """A position, or an order on its symbol, changed; sent even if the position stayed the same."""

    account: str
    symbol: str
    position_idx: PositionIdx
    size: Decimal
    """Signed: negative is short."""
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletChanged:
    """The wallet or the margin locked in it changed. Not sent when only a mark price moved."""

    account: str
    balance: Decimal
    seq: int


Event = (
    OrderChanged
    | Executed
    | PnlClosed
    | MoneyMoved
    | PublicTrade
    | Liquidated
    | PositionChanged
    | WalletChanged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one command."""

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None
    """Set: nothing changed, and ``events`` is empty."""
    orders: tuple[OrderSnapshot, ...] = ()
    """The orders that the command named, as it left them: the one placed, amended or cancelled;
    of a cancel-all every one it cancelled."""
