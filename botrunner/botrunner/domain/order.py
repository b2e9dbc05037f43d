"""Orders and their life.

Rule 1: every change of an order's state is a row of TRANSITIONS.
Rule 2: no venue is known here; adapters translate before they get this far.
Rule 3: UNKNOWN is a state, not an error. Only a fact from the venue leads out of it.
Rule 4: a fill always counts, in whatever state it finds its order: a cancel may have raced it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum

from botrunner.domain import events
from botrunner.domain.desired import OrderSlot
from botrunner.domain.precision import ZERO, settled
from botrunner.domain.side import Purpose, Side


class OrderState(Enum):
    """Where an order stands."""

    SENT = "sent"
    UNKNOWN = "unknown"
    """The placement may or may not have reached the venue."""
    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    """Never lived: refused, denied, or proven never to have arrived."""


class Pending(Enum):
    """A request about a resting order whose end is open."""

    NONE = "none"
    AMEND = "amend"
    CANCEL = "cancel"
    READ = "read"
    """The outcome of an amendment or cancel is unknown, or the order is missing: being read."""


_S = OrderState
FINAL = frozenset({_S.FILLED, _S.CANCELLED, _S.REJECTED})

_LIVE: dict[type[events.OrderEvent], OrderState] = {
    events.OrderAccepted: _S.OPEN,
    events.OrderOpened: _S.OPEN,
    events.OrderCompleted: _S.FILLED,
    events.OrderCancelled: _S.CANCELLED,
    events.OrderRejected: _S.REJECTED,
}
TRANSITIONS: dict[OrderState, dict[type[events.OrderEvent], OrderState]] = {
    _S.SENT: {
        **_LIVE,
        events.OrderDenied: _S.REJECTED,
        events.OrderOutcomeUnknown: _S.UNKNOWN,
        events.OrderFilled: _S.OPEN,
    },
    _S.UNKNOWN: {**_LIVE, events.OrderNotFound: _S.REJECTED, events.OrderFilled: _S.OPEN},
    _S.OPEN: {**_LIVE, events.OrderFilled: _S.OPEN},
    _S.FILLED: {},
    _S.CANCELLED: {},
    _S.REJECTED: {},
}
"""state -> event -> next state. An event without a row changes nothing. OrderFilled turns FILLED
by quantity; OrderNotFound counts only when the engine has read long enough to believe it."""

READ_AFTER = (events.RefusalClass.GONE, events.RefusalClass.NOT_MODIFIED)
"""An amendment or a cancel that is refused so is followed by a read of the order."""
_PENDING_AFTER: dict[type[events.OrderEvent], Pending] = {
    events.OrderOpened: Pending.NONE,
    events.OrderCompleted: Pending.NONE,
    events.OrderCancelled: Pending.NONE,
    events.AmendRejected: Pending.NONE,
    events.CancelRejected: Pending.NONE,
    events.AmendOutcomeUnknown: Pending.READ,
    events.CancelOutcomeUnknown: Pending.READ,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order of ours, as far as facts have told."""

    order_id: str
    symbol: str
    strategy: str
    side: Side
    purpose: Purpose
    level: int
    quantity: Decimal
    """Total, what is filled included."""
    price: Decimal | None
    state: OrderState
    pending: Pending = Pending.NONE
    filled: Decimal = ZERO
    """By executions."""
    seen_quantity: Decimal = ZERO
    """Of the executions that this life was told of; less than ``filled`` after a recovery."""
    seen_value: Decimal = ZERO
    """Quantity times price of the same, quote coin."""
    fill_count: int = 0
    """How many those were."""
    last_fill_at: datetime | None = None
    reported_filled: Decimal = ZERO
    """By order events; more than ``filled`` means that executions are still on their way."""
    created_at: datetime
    acknowledged_at: datetime | None = None
    requested_at: datetime
    """When the last request about it was sent."""
    written_at: datetime | None = None
    """Of a placement whose outcome is unknown: when it was written last, at the latest."""
    doubted: bool = False
    """An exit that the venue did not show in time: its slot is free for another one (GR-34)."""
    settling_since: datetime | None = None
    """When the venue first reported more as filled than the executions had told."""
    asked_price: Decimal | None = None
    """The price that an amendment in flight asks for."""
    asked_quantity: Decimal | None = None
    """The total quantity it asks for."""

    @property
    def slot(self) -> OrderSlot:
        """Where the order stands within its strategy."""
        return (self.side, self.purpose, self.level)

    @property
    def wanted_price(self) -> Decimal | None:
        """The price it will have when the request in flight succeeds."""
        return self.asked_price if self.pending is Pending.AMEND else self.price

    @property
    def remaining(self) -> Decimal:
        """Not filled yet."""
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """What the executions of this life cost per base coin; None before the first."""
        return settled(self.seen_value / self.seen_quantity) if self.seen_quantity else None

    @property
    def filled_ratio(self) -> Decimal:
        """How much of it is filled, a fraction."""
        return self.filled / self.quantity

    @property
    def is_final(self) -> bool:
        """Nothing but late executions can follow."""
        return self.state in FINAL

    @property
    def awaits_fills(self) -> bool:
        """The venue reported more as filled than executions have told so far."""
        return self.reported_filled > self.filled

    @property
    def in_flight(self) -> bool:
        """A request about it is open, so its terms are not certain."""
        return self.state in (_S.SENT, _S.UNKNOWN) or self.pending is not Pending.NONE


def advance(order: Order, event: events.OrderEvent) -> Order:
    """The order after a fact. Late and repeated facts change nothing but fills."""
    if isinstance(event, events.OrderFilled):
        return _filled(order, event)
    state = TRANSITIONS[order.state].get(type(event), order.state)
    order = replace(
        order,
        state=state,
        pending=_pending(order, event),
        doubted=order.doubted and state in (_S.SENT, _S.UNKNOWN),
        acknowledged_at=order.acknowledged_at or _acknowledged(order.state, state, event.at),
    )
    return _with_terms(order, event)


def _filled(order: Order, event: events.OrderFilled) -> Order:
    filled = order.filled + event.quantity
    state = TRANSITIONS[order.state].get(events.OrderFilled, order.state)
    if state is _S.OPEN and filled >= order.quantity:
        state = _S.FILLED
    pending = Pending.NONE if state in FINAL else order.pending
    return replace(
        order,
        filled=filled,
        seen_quantity=order.seen_quantity + event.quantity,
        seen_value=order.seen_value + event.quantity * event.price,
        fill_count=order.fill_count + 1,
        last_fill_at=event.at,
        state=state,
        pending=pending,
        doubted=False,
        acknowledged_at=order.acknowledged_at or event.at,
    )


def _pending(order: Order, event: events.OrderEvent) -> Pending:
    match event:
        case events.CancelRejected() | events.AmendRejected() if event.refusal in READ_AFTER:
            return Pending.READ
        case events.OrderOpened() if _is_stale(order, event):
            return order.pending
        case _:
            return _PENDING_AFTER.get(type(event), order.pending)


def _is_stale(order: Order, event: events.OrderOpened) -> bool:
    """A push that does not show what the request in flight asks for was overtaken by it."""
    match order.pending:
        case Pending.CANCEL:
            return True
        case Pending.AMEND:
            return (event.price, event.quantity) != (order.asked_price, order.asked_quantity)
        case _:
            return False


def _acknowledged(before: OrderState, after: OrderState, at: datetime) -> datetime | None:
    return at if before in (_S.SENT, _S.UNKNOWN) and after is not _S.UNKNOWN else None


def _with_terms(order: Order, event: events.OrderEvent) -> Order:
    match event:
        case events.OrderOpened():
            order = replace(order, quantity=event.quantity, price=event.price)
            return _reported(order, event.filled, event.at)
        case events.OrderCompleted() | events.OrderCancelled():
            return _reported(order, event.filled, event.at)
        case events.OrderOutcomeUnknown():
            return replace(order, written_at=event.sent_at or event.at)
        case _:
            return order


def _reported(order: Order, filled: Decimal, at: datetime) -> Order:
    order = replace(order, reported_filled=max(order.reported_filled, filled))
    since = order.settling_since or at if order.awaits_fills else None
    return replace(order, settling_since=since)
