from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events
from botrunner.domain.order import FINAL, TRANSITIONS, Order, OrderState, Pending, advance
from botrunner.domain.side import Purpose, Side

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SENT = Order(
    order_id="a",
    symbol="XRPUSDT",
    strategy="xrp",
    side=Side.LONG,
    purpose=Purpose.ENTRY,
    level=0,
    quantity=Decimal(10),
    price=Decimal(1),
    state=OrderState.SENT,
    created_at=NOON,
    requested_at=NOON,
)
OPEN = replace(SENT, state=OrderState.OPEN)


def fill(quantity: str) -> events.OrderFilled:
    return events.OrderFilled(
        order_id="a",
        execution_id="e",
        symbol="XRPUSDT",
        side=Side.LONG,
        reduces=False,
        quantity=Decimal(quantity),
        price=Decimal(1),
        fee=Decimal(0),
        at=NOON,
    )


OPENED = events.OrderOpened(
    order_id="a",
    at=NOON,
    symbol="XRPUSDT",
    side=Side.LONG,
    reduces=False,
    quantity=Decimal(10),
    price=Decimal(1),
    filled=Decimal(0),
)
FACTS: dict[str, events.OrderEvent] = {
    "accepted": events.OrderAccepted(order_id="a", at=NOON),
    "rejected": events.OrderRejected(
        order_id="a", at=NOON, refusal=events.RefusalClass.OTHER, message=""
    ),
    "denied": events.OrderDenied(order_id="a", at=NOON, reason=""),
    "unknown": events.OrderOutcomeUnknown(order_id="a", at=NOON),
    "opened": OPENED,
    "completed": events.OrderCompleted(order_id="a", at=NOON, filled=Decimal(10)),
    "cancelled": events.OrderCancelled(order_id="a", at=NOON, filled=Decimal(0)),
    "not found": events.OrderNotFound(order_id="a", at=NOON),
    "filled in part": fill("4"),
    "filled": fill("10"),
}
_S = OrderState
LIFE = {
    _S.SENT: {
        "accepted": _S.OPEN,
        "rejected": _S.REJECTED,
        "denied": _S.REJECTED,
        "unknown": _S.UNKNOWN,
        "opened": _S.OPEN,
        "completed": _S.FILLED,
        "cancelled": _S.CANCELLED,
        "filled in part": _S.OPEN,
        "filled": _S.FILLED,
    },
    _S.UNKNOWN: {
        "accepted": _S.OPEN,
        "rejected": _S.REJECTED,
        "opened": _S.OPEN,
        "completed": _S.FILLED,
        "cancelled": _S.CANCELLED,
        "not found": _S.REJECTED,
        "filled in part": _S.OPEN,
        "filled": _S.FILLED,
    },
    _S.OPEN: {
        "rejected": _S.REJECTED,
        "completed": _S.FILLED,
        "cancelled": _S.CANCELLED,
        "filled": _S.FILLED,
    },
}


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_leads_from_each_state_where_the_table_says(state: OrderState, fact: str) -> None:
    after = advance(replace(SENT, state=state), FACTS[fact])

    assert after.state is LIFE.get(state, {}).get(fact, state)


def test_nothing_leads_out_of_a_final_state() -> None:
    assert all(TRANSITIONS[state] == {} for state in FINAL)
    assert set(TRANSITIONS) == set(OrderState)


def test_an_order_whose_outcome_was_unknown_can_turn_out_open() -> None:
    """EX-2."""
    lost = advance(SENT, events.OrderOutcomeUnknown(order_id="a", at=NOON))
    found = advance(lost, OPENED)

    assert (lost.state, found.state) == (OrderState.UNKNOWN, OrderState.OPEN)
    assert found.acknowledged_at == NOON


def test_a_fill_that_races_a_cancel_counts_after_it() -> None:
    """EX-7."""
    cancelled = advance(OPEN, events.OrderCancelled(order_id="a", at=NOON, filled=Decimal(4)))
    filled = advance(cancelled, fill("4"))

    assert cancelled.awaits_fills
    assert not filled.awaits_fills
    assert (filled.state, filled.filled) == (OrderState.CANCELLED, Decimal(4))


def test_an_amendment_in_flight_ends_with_the_new_terms() -> None:
    amending = replace(
        OPEN, pending=Pending.AMEND, asked_price=Decimal("1.1"), asked_quantity=Decimal(12)
    )
    moved = replace(OPENED, price=Decimal("1.1"), quantity=Decimal(12))

    overtaken, after = advance(amending, OPENED), advance(amending, moved)

    assert overtaken.pending is Pending.AMEND
    assert (after.price, after.quantity, after.pending) == (
        Decimal("1.1"),
        Decimal(12),
        Pending.NONE,
    )


def test_a_cancel_in_flight_outlives_a_push_of_the_open_order() -> None:
    assert advance(replace(OPEN, pending=Pending.CANCEL), OPENED).pending is Pending.CANCEL


@pytest.mark.parametrize(
    "event",
    [
        events.AmendOutcomeUnknown(order_id="a", at=NOON),
        events.CancelOutcomeUnknown(order_id="a", at=NOON),
        events.CancelRejected(
            order_id="a", at=NOON, refusal=events.RefusalClass.GONE, message="too late"
        ),
        events.AmendRejected(
            order_id="a", at=NOON, refusal=events.RefusalClass.GONE, message="too late"
        ),
    ],
)
def test_an_order_that_may_be_gone_is_read_before_anything_else(event: events.OrderEvent) -> None:
    """EX-2 and EX-11: order gone on a cancel is read, for a fill counts as a fill."""
    assert advance(replace(OPEN, pending=Pending.CANCEL), event).pending is Pending.READ


def test_a_refused_amendment_leaves_the_order_as_it_was() -> None:
    refused = events.AmendRejected(
        order_id="a", at=NOON, refusal=events.RefusalClass.MONEY, message=""
    )

    assert advance(replace(OPEN, pending=Pending.AMEND), refused) == OPEN


def test_the_first_acknowledgement_is_remembered() -> None:
    later = replace(OPENED, at=NOON + timedelta(seconds=1))
    order = advance(advance(SENT, events.OrderAccepted(order_id="a", at=NOON)), later)

    assert order.acknowledged_at == NOON


def test_an_order_keeps_what_its_executions_came_to() -> None:
    """EX-7: filled, remaining, average price, count, last time, share."""
    later = NOON + timedelta(seconds=3)
    first = replace(fill("2"), price=Decimal("1.00"))
    second = replace(fill("3"), price=Decimal("0.98"), at=later)
    order = advance(advance(OPEN, first), second)

    assert order.filled == order.remaining == 5
    assert order.filled_ratio == Decimal("0.5")
    assert order.average_price == Decimal("0.988")
    assert (order.fill_count, order.last_fill_at) == (2, later)


def test_an_order_adopted_from_an_earlier_life_makes_no_average_up() -> None:
    """EX-7: what was filled before is counted, its price is not known."""
    adopted = replace(OPEN, filled=Decimal(4), reported_filled=Decimal(4))

    assert adopted.average_price is None
    assert advance(adopted, replace(fill("1"), price=Decimal(2))).average_price == 2
    assert advance(adopted, fill("1")).filled == 5
