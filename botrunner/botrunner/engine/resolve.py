"""Orders about which something is uncertain are read by id until a fact settles them (EX-2, EX-9).

Rule 1: a placement is never repeated before the venue has shown that it does not have it. A
request can travel for as long as its receive window lasts, so "nowhere" counts after that only.
Rule 2: an exit does not wait for that (GR-34): read twice in two seconds and nowhere, it frees its
slot. Should it rest after all, two reduce-only orders close no more than there is, and the surplus
is cancelled as soon as it is seen.
Rule 3: an order that rested and is nowhere holds new exposure back, and in the end it is a stop.
Rule 4: one that has ended with executions missing is read at a growing distance; in the end the
strategy is recovered without them.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from botrunner.domain.actions import Notify, ResolveOrder
from botrunner.domain.emergency import StopCause
from botrunner.domain.order import Order, OrderState, Pending
from botrunner.engine import recovery
from botrunner.engine.state import SECOND, EngineState, Inquiry, Phase
from botrunner.engine.stop import engage

RECEIVE_WINDOW = timedelta(seconds=5)
"""Bybit V5's default; a placement not found this long after sending never arrived."""
SILENCE = timedelta(seconds=15)
"""A request without any outcome for this long is read (the request's own deadline is shorter)."""
EXIT_SILENCE = SECOND
"""A request about an exit is read so much sooner."""
DOUBT = 2 * SECOND
"""An exit that no answer and no read has shown for so long is placed once more."""
LATE_FILLS = timedelta(seconds=2)
_DELAYS_SECONDS = (1, 2, 5, 10)
_UNSEEN = (OrderState.SENT, OrderState.UNKNOWN)


def ask_where_uncertain(state: EngineState) -> None:
    """Start an inquiry for each uncertain order, and ask again where it is due."""
    for order in list(state.orders.values()):
        if order.state is OrderState.OPEN and not (order.in_flight or order.awaits_fills):
            continue
        order = _given_up(state, order)
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
            inquiry = replace(inquiry, next_at=state.now + _patience(state, order, inquiry))
        state.inquiries[order.order_id] = inquiry
        state.wake(inquiry.next_at)
        if not order.in_flight:
            _recover_without(state, order, inquiry.since)


def not_found(state: EngineState, order: Order) -> bool:
    """The venue has the order nowhere. True when that proves that it never arrived."""
    inquiry = state.inquiries.get(order.order_id)
    if inquiry is None:
        inquiry = Inquiry(since=state.now, next_at=state.now)
    if order.state is OrderState.UNKNOWN and state.now >= _window_end(order):
        return True
    state.inquiries[order.order_id] = replace(
        inquiry, answers=inquiry.answers + 1, next_at=_next_look(state, order, inquiry)
    )
    if order.state is OrderState.OPEN:
        _missing(state, order, inquiry.since)
    _doubt(state, order)
    return False


def told(state: EngineState, before: Order, order: Order) -> None:
    """A fact about the order came in: its inquiry ends once nothing about it is uncertain.

    Whoever writes down what a fact made of an order says so here: an inquiry that outlived its
    question would count as a missing order, and the next one would begin with its age.
    """
    if not order.in_flight and (before.in_flight or not order.awaits_fills):
        state.inquiries.pop(order.order_id, None)


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


def _recover_without(state: EngineState, order: Order, since: datetime) -> None:
    """Executions that never come: what is held says what was filled (GR-42)."""
    run = state.runs.get(order.strategy)
    if run is None or run.phase is not Phase.TRADING:
        return
    if state.now >= since + SILENCE:
        text = f"{run.name}: executions of {order.order_id} never came"
        state.outbox.append(Notify(reason="OutOfSync", message=text))
        recovery.begin(state, run)


def _doubt(state: EngineState, order: Order) -> None:
    """Twice nowhere, with time enough to arrive: the exit's slot is free for another one."""
    if not _is_unseen_exit(order) or state.now < order.created_at + DOUBT:
        return
    state.orders.put(replace(order, doubted=True))
    run = state.runs.get(order.strategy)
    if run is not None:
        run.dirty = True


def _given_up(state: EngineState, order: Order) -> Order:
    """An exit's amendment without an answer: its terms are read and, if need be, asked anew."""
    unanswered = order.purpose.reduces and order.pending is Pending.AMEND
    if not unanswered:
        return order
    if state.now < order.requested_at + DOUBT:
        state.wake(order.requested_at + DOUBT)
        return order
    order = replace(order, pending=Pending.READ)
    state.orders.put(order)
    state.inquiries.pop(order.order_id, None)
    return order


def _uncertain_since(order: Order) -> datetime | None:
    """From when on an order has to be read; None while all is well."""
    if order.state is OrderState.UNKNOWN or order.pending is Pending.READ:
        return order.requested_at
    if order.state is OrderState.SENT or order.pending is not Pending.NONE:
        unseen = _is_unseen_exit(order)
        return order.requested_at + (EXIT_SILENCE if unseen else SILENCE)
    if order.awaits_fills:
        return (order.settling_since or order.requested_at) + LATE_FILLS
    return None


def _is_unseen_exit(order: Order) -> bool:
    return order.purpose.reduces and order.state in _UNSEEN


def _patience(state: EngineState, order: Order, inquiry: Inquiry) -> timedelta:
    """So long an answer to a read is waited for, or the executions that the answer lacks.

    The venue's lists lag behind each other.
    """
    if not order.in_flight and state.now < inquiry.since + SILENCE:
        return LATE_FILLS
    return DOUBT if _is_unseen_exit(order) and not order.doubted else SILENCE


def _window_end(order: Order) -> datetime:
    return (order.written_at or order.created_at) + RECEIVE_WINDOW


def _next_look(state: EngineState, order: Order, inquiry: Inquiry) -> datetime:
    """Later each time, but never past the moment at which the answer decides something."""
    delay = _DELAYS_SECONDS[min(inquiry.answers, len(_DELAYS_SECONDS) - 1)]
    moments = [state.now + delay * SECOND]
    if order.state is OrderState.UNKNOWN:
        moments.append(_window_end(order))
    if _is_unseen_exit(order):
        moments.append(order.created_at + DOUBT)
    return min(moment for moment in moments if moment > state.now)
