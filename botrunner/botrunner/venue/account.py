"""What the venue knows of an account: settings, money, and its holding on each symbol."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.position import Position
from botrunner.venue.records import ClosedPnl, Execution, OrderSnapshot, Transaction
from botrunner.venue.settings import FeeRates
from botrunner.venue.vocabulary import MarginMode, PositionIdx, PositionMode, Side

_INDEXES = {
    PositionMode.ONE_WAY: (PositionIdx.NET,),
    PositionMode.HEDGE: (PositionIdx.LONG, PositionIdx.SHORT),
}


class Figures(NamedTuple):
    """A holding, or all of an account, valued at the mark."""

    unrealised: Decimal
    position_initial: Decimal
    position_maintenance: Decimal
    order_initial: Decimal


@dataclass(slots=True, kw_only=True, eq=False)
class Holding:
    """An account on one symbol: leverage, mode, positions, and what its open orders add up to."""

    account: str
    symbol: str
    created_at: datetime
    buy_leverage: Decimal
    sell_leverage: Decimal
    mode: PositionMode = PositionMode.ONE_WAY
    all_positions: dict[PositionIdx, Position] = field(default_factory=dict)
    active_orders: int = 0
    conditional_orders: int = 0
    """Untriggered, without the stops of positions."""
    buy_quantity: Decimal = ZERO
    """Of resting orders that may open; the values are quantity * limit price."""
    buy_value: Decimal = ZERO
    sell_quantity: Decimal = ZERO
    sell_value: Decimal = ZERO
    closing_orders: dict[int, Order] = field(default_factory=dict)
    """Resting orders that may only reduce."""
    figures: Figures | None = None
    """Valid for ``figures_mark``; None when something else has changed."""
    figures_mark: Decimal = ZERO

    def position(self, position_idx: PositionIdx) -> Position:
        """The position of an index, flat until something is filled."""
        position = self.all_positions.get(position_idx)
        if position is None:
            position = Position(
                position_idx=position_idx, created_at=self.created_at, updated_at=self.created_at
            )
            self.all_positions[position_idx] = position
        return position

    def positions(self) -> tuple[Position, ...]:
        """Those of the present mode, flat ones included."""
        return tuple(self.position(position_idx) for position_idx in _INDEXES[self.mode])

    def open_positions(self) -> list[Position]:
        """Those that are not flat."""
        return [p for p in self.all_positions.values() if p.size]

    def allows(self, position_idx: PositionIdx) -> bool:
        """Whether the index belongs to the present mode."""
        return position_idx in _INDEXES[self.mode]

    def leverage(self, side: Side) -> Decimal:
        """Of a buy (and a long), or of a sell (and a short)."""
        return self.buy_leverage if side is Side.BUY else self.sell_leverage

    def book_open(self, order: Order, quantity: Decimal) -> None:
        """Count a quantity of a resting order; negative takes it off."""
        order.booked_quantity += quantity
        if order.side is Side.BUY:
            self.buy_quantity += quantity
            self.buy_value += quantity * order.price
        else:
            self.sell_quantity += quantity
            self.sell_value += quantity * order.price
        self.figures = None


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """One account."""

    name: str
    number: int
    fees: FeeRates
    opened_at: datetime
    updated_at: datetime
    history_limit: int
    balance: Decimal = ZERO
    deposited: Decimal = ZERO
    """Put in minus taken out."""
    margin_mode: MarginMode = MarginMode.CROSS
    adjust_to_band: bool = True
    holdings: dict[str, Holding] = field(default_factory=dict)
    open_orders: dict[str, Order] = field(default_factory=dict)
    """By order id, oldest first."""
    link_ids: dict[str, str] = field(default_factory=dict)
    """Order ids by the client's ids, of all orders that are remembered."""
    closed_by_id: dict[str, OrderSnapshot] = field(default_factory=dict)
    closed_orders: deque[OrderSnapshot] = field(default_factory=deque)
    executions: deque[Execution] = field(default_factory=deque)
    closed_pnl: deque[ClosedPnl] = field(default_factory=deque)
    transactions: deque[Transaction] = field(default_factory=deque)

    def __post_init__(self) -> None:
        for name in ("executions", "closed_pnl", "transactions"):
            setattr(self, name, deque(maxlen=self.history_limit))

    def remember(self, order: OrderSnapshot) -> None:
        """Move an ended order to the history, forgetting the oldest beyond the limit."""
        self.open_orders.pop(order.order_id, None)
        self.closed_orders.append(order)
        self.closed_by_id[order.order_id] = order
        if len(self.closed_orders) > self.history_limit:
            self._forget(self.closed_orders.popleft())

    def find_open(self, order_id: str, link_id: str) -> Order | None:
        """An open order by either id; ``order_id`` wins."""
        return self.open_orders.get(order_id or self.link_ids.get(link_id, ""))

    def order(self, order_id: str, link_id: str) -> OrderSnapshot | None:
        """An order, open or in the history, by either id."""
        found = self.find_open(order_id, link_id)
        if found is not None:
            return found.shown
        return self.closed_by_id.get(order_id or self.link_ids.get(link_id, ""))

    def _forget(self, order: OrderSnapshot) -> None:
        del self.closed_by_id[order.order_id]
        if self.link_ids.get(order.link_id) == order.order_id:
            del self.link_ids[order.link_id]
