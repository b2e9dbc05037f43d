"""What the venue writes down: orders as they stood, executions, closed results, money moved.

Quantities are in base coins, money in the settle coin; every record is a value and stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    ExecutionType,
    OrderStatus,
    OrderType,
    PositionIdx,
    PriceKind,
    RejectReason,
    Side,
    StopOrderType,
    TimeInForce,
    TransactionType,
    TriggerDirection,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSnapshot:
    """An order as it stood after one change."""

    account: str
    symbol: str
    order_id: str
    link_id: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    position_idx: PositionIdx
    price: Decimal
    """Of a market order: the band price it works at; 0 before its trigger."""
    quantity: Decimal
    """The total, what is filled included."""
    status: OrderStatus
    leaves_quantity: Decimal
    """What still works: 0 once the order has ended."""
    filled_quantity: Decimal
    filled_value: Decimal
    fee: Decimal
    closed_pnl: Decimal
    """Net of the closing fee and the closed part's share of opening fees; 0 when nothing closed."""
    reduce_only: bool
    close_on_trigger: bool
    create_type: CreateType
    cancel_type: CancelType
    reject_reason: RejectReason
    stop_order_type: StopOrderType
    trigger_price: Decimal | None
    trigger_direction: TriggerDirection | None
    trigger_by: PriceKind
    take_profit: Decimal | None
    stop_loss: Decimal | None
    take_profit_by: PriceKind
    stop_loss_by: PriceKind
    last_price_on_created: Decimal
    created_at: datetime
    updated_at: datetime
    seq: int
    """Of the change: executions of the same match share it."""
    created_seq: int
    """Orders sort by this: later orders have larger ones."""

    @property
    def average_price(self) -> Decimal | None:
        """None until something is filled."""
        return self.filled_value / self.filled_quantity if self.filled_quantity else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One fill, or one funding payment."""

    account: str
    symbol: str
    execution_id: str
    execution_type: ExecutionType
    order_id: str
    link_id: str
    """Empty for funding and for orders of the venue."""
    side: Side
    """Of funding: the position's own side."""
    position_idx: PositionIdx
    order_type: OrderType | None
    """None for funding."""
    stop_order_type: StopOrderType
    create_type: CreateType | None
    """None for funding."""
    order_price: Decimal
    order_quantity: Decimal
    leaves_quantity: Decimal
    price: Decimal
    """Of funding: the mark price."""
    quantity: Decimal
    value: Decimal
    fee: Decimal
    """Positive is paid. Of funding: the payment."""
    fee_rate: Decimal
    """Of funding: the rate as this position sees it, negative when it receives (recorded rows)."""
    is_maker: bool
    closed_quantity: Decimal
    pnl: Decimal
    """Realised by this execution, gross of fees; 0 for funding."""
    mark_price: Decimal
    index_price: Decimal
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPnl:
    """What one order closed of a position; one record an order and match."""

    account: str
    symbol: str
    order_id: str
    link_id: str
    side: Side
    """Of the closing order."""
    position_idx: PositionIdx
    order_type: OrderType
    execution_type: ExecutionType
    order_price: Decimal
    order_quantity: Decimal
    closed_quantity: Decimal
    entry_price: Decimal
    """Average, not rounded."""
    exit_price: Decimal
    """Average, not rounded."""
    entry_value: Decimal
    exit_value: Decimal
    open_fee: Decimal
    close_fee: Decimal
    closed_pnl: Decimal
    """Gross - open_fee - close_fee; no funding."""
    leverage: Decimal
    fill_count: int
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One movement of money: ``change`` = ``cash_flow`` + ``funding`` - ``fee``."""

    account: str
    transaction_id: str
    transaction_type: TransactionType
    symbol: str
    """Empty for transfers; so are the ids."""
    side: Side | None
    quantity: Decimal
    position_size: Decimal
    """After it, signed: negative is short."""
    price: Decimal
    cash_flow: Decimal
    """Realised result, or money transferred."""
    funding: Decimal
    """Positive is received: the reverse of ``Execution.fee``."""
    fee: Decimal
    """Positive is paid."""
    change: Decimal
    balance: Decimal
    """Wallet balance after it."""
    fee_rate: Decimal
    execution_id: str
    order_id: str
    link_id: str
    at: datetime
    seq: int
