"""Writes of orders: from an action to the event that says what came of it.

One policy per kind of write: a lost placement is unknown and read, a lost cancel is sent again by
``deliver`` (twice is once) and read when that did not help.
"""

from datetime import datetime

from botrunner.domain.actions import AmendOrder, CancelOrder, PlaceOrder
from botrunner.domain.events import (
    AmendAccepted,
    AmendOutcomeUnknown,
    AmendRejected,
    CancelAccepted,
    CancelOutcomeUnknown,
    CancelRejected,
    OrderAccepted,
    OrderDenied,
    OrderEvent,
    OrderOutcomeUnknown,
    OrderRejected,
)
from botrunner.exchanges.bybit import requests
from botrunner.exchanges.bybit.deliver import Delivery
from botrunner.exchanges.errors import ExchangeError
from botrunner.exchanges.outcome import Operation, Outcome, Problem, outcome_of, refusal_of
from botrunner.exchanges.port import Guard
from botrunner.service.clock import Clock


class Writes:
    """Places, amends and cancels. Never raises ExchangeError."""

    def __init__(self, delivery: Delivery, clock: Clock) -> None:
        self._delivery = delivery
        self._clock = clock

    async def place(self, order: PlaceOrder, may_send: Guard) -> OrderEvent:
        """OrderAccepted, -Rejected, -Denied or -OutcomeUnknown."""
        written = _Written(may_send, self._clock)
        try:
            await self._delivery.deliver(requests.place(order), written.may_send)
        except ExchangeError as error:
            return not_placed(order.order_id, error.problem, self._clock.now(), written.at)
        return OrderAccepted(order_id=order.order_id, at=self._clock.now())

    async def amend(self, order: AmendOrder, may_send: Guard) -> OrderEvent:
        """AmendAccepted, -Rejected or -OutcomeUnknown."""
        try:
            await self._delivery.deliver(requests.amend(order), may_send)
        except ExchangeError as error:
            return not_amended(order.order_id, error.problem, self._clock.now())
        return AmendAccepted(order_id=order.order_id, at=self._clock.now())

    async def cancel(self, order: CancelOrder, may_send: Guard) -> OrderEvent:
        """CancelAccepted, -Rejected or -OutcomeUnknown."""
        try:
            await self._delivery.deliver(requests.cancel(order), may_send)
        except ExchangeError as error:
            return not_cancelled(order.order_id, error.problem, self._clock.now())
        return CancelAccepted(order_id=order.order_id, at=self._clock.now())


class _Written:
    """Remembers when a request was written last: from then on its receive window runs."""

    def __init__(self, may_send: Guard, clock: Clock) -> None:
        self._may_send, self._clock = may_send, clock
        self.at: datetime | None = None

    def may_send(self) -> bool:
        """Asked right before every write, on another thread."""
        self.at = self._clock.now()
        return self._may_send()


def not_placed(
    order_id: str, problem: Problem, at: datetime, sent_at: datetime | None = None
) -> OrderEvent:
    """What a failed placement came to; ``sent_at``: when it was written last."""
    match outcome_of(problem.failure, Operation.PLACE):
        case Outcome.UNKNOWN:
            return OrderOutcomeUnknown(order_id=order_id, at=at, sent_at=sent_at)
        case Outcome.DENIED:
            return OrderDenied(order_id=order_id, at=at, reason=str(problem))
        case _:
            refusal = refusal_of(problem.failure)
            return OrderRejected(order_id=order_id, at=at, refusal=refusal, message=str(problem))


def not_amended(order_id: str, problem: Problem, at: datetime) -> OrderEvent:
    """What a failed amendment came to; one that never left changed nothing and is refused."""
    if outcome_of(problem.failure, Operation.AMEND) is Outcome.UNKNOWN:
        return AmendOutcomeUnknown(order_id=order_id, at=at)
    refusal = refusal_of(problem.failure)
    return AmendRejected(order_id=order_id, at=at, refusal=refusal, message=str(problem))


def not_cancelled(order_id: str, problem: Problem, at: datetime) -> OrderEvent:
    """What a failed cancel came to."""
    if outcome_of(problem.failure, Operation.CANCEL) is Outcome.UNKNOWN:
        return CancelOutcomeUnknown(order_id=order_id, at=at)
    refusal = refusal_of(problem.failure)
    return CancelRejected(order_id=order_id, at=at, refusal=refusal, message=str(problem))
