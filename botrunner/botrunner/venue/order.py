"""An order while it lives: the venue's own, changing record."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from botrunner.venue.ladder import PriceLadder
from botrunner.venue.money import ZERO
from botrunner.venue.order_life import check_transition
from botrunner.venue.records import OrderSnapshot
from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    OrderStatus,
    OrderType,
    PositionIdx,
    PriceKind,
    RejectReason,
    Side,
    StopOrderType,
    TimeInForce,
    TriggerDirection,
)


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """What an order is, where it waits and what became of it so far."""

    account: str
    symbol: str
    number: int
    """Counts all orders of the venue: who came first."""
    order_id: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    position_idx: PositionIdx
    price: Decimal
    quantity: Decimal
    created_at: datetime
    updated_at: datetime
    created_seq: int
    create_type: CreateType = CreateType.USER
    link_id: str = ""
    reduce_only: bool = False
    close_on_trigger: bool = False
    closing: bool = False
    """May never add to a position: reduce-only, or a close in hedge mode."""
    whole_position: bool = False
    """Its quantity is the position's size, whatever that is at the trigger."""
    stop_order_type: StopOrderType = StopOrderType.NONE
    trigger_price: Decimal | None = None
    trigger_direction: TriggerDirection | None = None
    trigger_by: PriceKind = PriceKind.LAST
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit_by: PriceKind = PriceKind.LAST
    stop_loss_by: PriceKind = PriceKind.LAST
    stops_attached: bool = False
    """Whether its take profit and stop loss were handed to the position."""
    last_price_on_created: Decimal = ZERO

    status: OrderStatus | None = None
    """None until it is first reported."""
    cancel_type: CancelType = CancelType.NONE
    reject_reason: RejectReason = RejectReason.NONE
    filled_quantity: Decimal = ZERO
    filled_value: Decimal = ZERO
    fee: Decimal = ZERO
    closed_pnl: Decimal = ZERO
    seq: int = 0
    shown: OrderSnapshot | None = field(default=None, repr=False)
    """As it was last reported; nothing about it changes without a report."""

    ladder: "PriceLadder[Order] | None" = field(default=None, repr=False)
    """Where it waits: in the book, or for its trigger."""
    ladder_price: Decimal = ZERO
    booked_quantity: Decimal = ZERO
    """How much of it is counted in the margin of open orders."""
    queue_ahead: Decimal = ZERO
    """Outside quantity at its price that was there before it."""

    @property
    def sign(self) -> int:
        """1 buys, -1 sells."""
        return 1 if self.side is Side.BUY else -1

    @property
    def leaves(self) -> Decimal:
        """What is not filled yet."""
        return self.quantity - self.filled_quantity

    @property
    def is_position_stop(self) -> bool:
        """Whether it is a take profit, stop loss or trailing stop that follows a position."""
        return self.stop_order_type not in (StopOrderType.NONE, StopOrderType.STOP)

    def become(self, status: OrderStatus) -> None:
        """Change the status; ImpossibleTransitionError unless the order's life allows it."""
        check_transition(self.status, status)
        self.status = status

    def wait_in(self, ladder: "PriceLadder[Order]", price: Decimal) -> None:
        """Queue up at a price."""
        ladder.add(price, self.number, self)
        self.ladder = ladder
        self.ladder_price = price

    def leave(self) -> None:
        """Stop waiting, wherever it waits."""
        if self.ladder is not None:
            self.ladder.remove(self.ladder_price, self.number)
            self.ladder = None

    def snapshot(self) -> OrderSnapshot:
        """How it stands, kept in ``shown``; only of an order that has a status."""
        status = self.status
        if status is None:
            raise ValueError("an order without a status cannot be shown")
        works = status in _WORKING
        self.shown = OrderSnapshot(
            account=self.account,
            symbol=self.symbol,
            order_id=self.order_id,
            link_id=self.link_id,
            side=self.side,
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            position_idx=self.position_idx,
            price=self.price,
            quantity=self.quantity,
            status=status,
            leaves_quantity=self.quantity - self.filled_quantity if works else ZERO,
            filled_quantity=self.filled_quantity,
            filled_value=self.filled_value,
            fee=self.fee,
            closed_pnl=self.closed_pnl,
            reduce_only=self.reduce_only,
            close_on_trigger=self.close_on_trigger,
            create_type=self.create_type,
            cancel_type=self.cancel_type,
            reject_reason=self.reject_reason,
            stop_order_type=self.stop_order_type,
            trigger_price=self.trigger_price,
            trigger_direction=self.trigger_direction,
            trigger_by=self.trigger_by,
            take_profit=self.take_profit,
            stop_loss=self.stop_loss,
            take_profit_by=self.take_profit_by,
            stop_loss_by=self.stop_loss_by,
            last_price_on_created=self.last_price_on_created,
            created_at=self.created_at,
            updated_at=self.updated_at,
            seq=self.seq,
            created_seq=self.created_seq,
        )
        return self.shown


_WORKING = frozenset(
    {
        OrderStatus.NEW,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.UNTRIGGERED,
        OrderStatus.TRIGGERED,
    }
)
