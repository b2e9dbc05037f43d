"""Orders about which something is uncertain are read by id until a fact settles them (EX-2, EX-9).

Rule 1: a placement is never repeated before the venue has shown that it does not have it. A
request can travel for as long as its receive window lasts, so "nowhere" counts after that only.
Rule 2: an order that rested and is nowhere holds new exposure back, and in the end it is a stop.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from botrunner.domain.actions import ResolveOrder
from botrunner.domain.emergency import StopCause
from botrunner.domain.order import Order, OrderState, Pending
from botrunner.engine.state import SECOND, EngineState, Inquiry
from botrunner.engine.stop import engage

RECEIVE_WINDOW = timedelta(seconds=5)
"""Bybit V5's default; a placement not found this long after sending never arrived."""
SILENCE = timedelta(seconds=15)
"""A request without any outcome for this long is read (the request's own deadline is shorter)."""
LATE_FILLS = timedelta(seconds=2)
_DELAYS_SECONDS = (1, 2, 5, 10)


def ask_where_uncertain(state: EngineState) -> None:
    """Start an inquiry for each uncertain order, and ask again where it is due."""
    for order in list(state.orders.values()):
        since = _uncertain_since(order)
        if since is None:
            continue
        if state.now < since:
            state.wake(since)
            continue
        inquiry = state.inquiries.get(order.order_id)
        if inquiry is None:
            inquiry = Inquiry(since=state.now, next_at=state.now)
        if state.now >= inquiry.next_at:
            state.outbox.append(ResolveOrder(order_id=order.order_id, symbol=order.symbol))
            inquiry = replace(inquiry, next_at=state.now + SILENCE)
        state.inquiries[order.order_id] = inquiry
        state.wake(inquiry.next_at)


def not_found(state: EngineState, order: Order) -> bool:
    """The venue has the order nowhere. True when that proves that it never arrived."""
    inquiry = state.inquiries.get(order.order_id)
    if inquiry is None:
        inquiry = Inquiry(since=state.now, next_at=state.now)
    if order.state is OrderState.UNKNOWN and state.now >= order.created_at + RECEIVE_WINDOW:
        return True
    delay = _DELAYS_SECONDS[min(inquiry.answers, len(_DELAYS_SECONDS) - 1)]
    state.inquiries[order.order_id] = replace(
        inquiry, answers=inquiry.answers + 1, next_at=state.now + delay * SECOND
    )
    if order.state is OrderState.OPEN:
        _missing(state, order, inquiry.since)
    return False


def is_missing(state: EngineState, symbol: str) -> bool:
    """Whether an order of the symbol that rested was found nowhere so far."""
    return any(
        inquiry.answers > 0 and order.symbol == symbol and order.state is OrderState.OPEN
        for order_id, inquiry in state.inquiries.items()
        if (order := state.orders.get(order_id)) is not None
    )


def _missing(state: EngineState, order: Order, since: datetime) -> None:
    if state.now >= since + state.parameters.risk.invariant_grace:
        text = f"order {order.order_id} rested and is nowhere"
        engage(state, StopCause.INVARIANT, text, symbol=order.symbol)


def _uncertain_since(order: Order) -> datetime | None:
    """From when on an order has to be read; None while all is well."""
    if order.state is OrderState.UNKNOWN or order.pending is Pending.READ:
        return order.requested_at
    if order.state is OrderState.SENT or order.pending is not Pending.NONE:
        return order.requested_at + SILENCE
    if order.awaits_fills:
        return (order.settling_since or order.requested_at) + LATE_FILLS
    return None
