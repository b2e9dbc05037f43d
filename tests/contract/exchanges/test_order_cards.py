"""Cards about orders: what comes of them, judged by the venue's ledger and request log."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from botrunner.domain.actions import AmendOrder, ReadAccount, ResolveOrder
from botrunner.domain.control import AccountRead
from botrunner.domain.events import (
    AmendAccepted,
    AmendRejected,
    CancelAccepted,
    CancelOutcomeUnknown,
    CancelRejected,
    OrderAccepted,
    OrderCancelled,
    OrderCompleted,
    OrderDenied,
    OrderFilled,
    OrderNotFound,
    OrderOpened,
    OrderOutcomeUnknown,
    OrderRejected,
    RefusalClass,
)
from botrunner.domain.side import Purpose, Side
from contract.exchanges.conftest import MakeDesk
from contract.exchanges.desk import AMEND, CANCEL, CREATE, SYMBOL, Desk, QuickClock


async def test_an_order_is_accepted_and_then_rests(desk: Desk) -> None:
    """XC-01."""
    order = desk.order("0.4")
    answer = await desk.place(order)
    opened = await desk.until("OrderOpened", order_id=order.order_id)
    (resting,) = (await desk.ledger())["openOrders"]

    assert isinstance(answer, OrderAccepted)
    assert (opened.quantity, opened.price, opened.filled) == (D(100), D("0.4"), D(0))
    assert (opened.side, opened.reduces) == (Side.LONG, False)
    assert (resting["linkId"], resting["side"]) == (order.order_id, "Buy")


@pytest.mark.parametrize(
    ("price", "quantity", "refusal"),
    [
        ("0.4", "300000", RefusalClass.MONEY),
        ("0.4", "1", RefusalClass.OTHER),
        ("0.40001", "100", RefusalClass.OTHER),
    ],
)
async def test_a_definite_refusal_says_whether_it_was_for_money(
    desk: Desk, price: str, quantity: str, refusal: RefusalClass
) -> None:
    """XC-02."""
    answer = await desk.place(desk.order(price, quantity))

    assert isinstance(answer, OrderRejected)
    assert answer.refusal is refusal
    assert (await desk.ledger())["openOrders"] == []


async def test_an_exit_with_nothing_to_reduce_finds_it_gone(desk: Desk) -> None:
    """XC-03: a take-profit that raced its own fill."""
    answer = await desk.place(desk.order("0.6", purpose=Purpose.TAKE_PROFIT))

    assert isinstance(answer, OrderRejected)
    assert answer.refusal is RefusalClass.GONE


@pytest.mark.parametrize("purpose", [Purpose.ENTRY, Purpose.TAKE_PROFIT])
async def test_an_order_for_a_side_of_a_hedge_is_refused_for_the_one_way_mode(
    make_desk: MakeDesk, purpose: Purpose
) -> None:
    """XC-97, GR-10: nothing is placed, and nothing is tried in the other mode."""
    desk = make_desk()
    await desk.exchange.read_wallet()
    answer = await desk.place(desk.order("0.4", purpose=purpose))

    assert isinstance(answer, OrderRejected)
    assert answer.refusal is RefusalClass.POSITION_MODE
    assert len(await desk.received(CREATE)) == 1


@pytest.mark.parametrize(
    ("fault", "details"),
    [("lose-acknowledgement", {}), ("delay", {"milliseconds": 1_500, "path": CREATE})],
)
async def test_a_lost_acknowledgement_is_unknown_and_resolved_by_reading(
    make_desk: MakeDesk, fault: str, details: dict[str, object]
) -> None:
    """XC-04, EX-2: accepted once, asked for once, never repeated; cut off, or too late."""
    desk = make_desk(timeout_seconds=0.5)
    await desk.start()
    await desk.command(fault, account=desk.name, **details)
    order = desk.order("0.4")
    answer = await desk.place(order)
    resolved = await desk.exchange.resolve(ResolveOrder(order_id=order.order_id, symbol=SYMBOL))

    assert isinstance(answer, OrderOutcomeUnknown)
    assert [type(event) for event in resolved] == [OrderOpened]
    assert len(await desk.received(CREATE)) == 1
    assert len((await desk.ledger())["openOrders"]) == 1


@pytest.mark.parametrize(
    "forced",
    [
        {"http_status": 503},
        {"code": 10016, "message": "internal"},
        {"code": 10000, "message": "timeout"},
        {"code": 999999, "message": "never heard of"},
    ],
)
async def test_a_write_the_venue_cannot_answer_for_is_unknown_and_found_nowhere(
    desk: Desk, forced: dict[str, object]
) -> None:
    """XC-05, EX-11: 5xx, overload, an unmapped code, a body that is no envelope."""
    names = {"http_status": "httpStatus"}
    body = {names.get(key, key): value for key, value in forced.items()}
    await desk.command("answer", account=desk.name, path=CREATE, **body)
    order = desk.order("0.4")
    answer = await desk.place(order)
    resolved = await desk.exchange.resolve(ResolveOrder(order_id=order.order_id, symbol=SYMBOL))

    assert isinstance(answer, OrderOutcomeUnknown)
    assert [type(event) for event in resolved] == [OrderNotFound]
    assert len(await desk.received(CREATE)) == 1


async def test_a_client_order_id_used_twice_leads_to_the_first_order(desk: Desk) -> None:
    """XC-06."""
    order = desk.order("0.4")
    await desk.place(order)
    again = await desk.place(replace(order, price=D("0.3")))
    resolved = await desk.exchange.resolve(ResolveOrder(order_id=order.order_id, symbol=SYMBOL))

    assert isinstance(again, OrderOutcomeUnknown)
    assert isinstance(resolved[-1], OrderOpened)
    assert resolved[-1].price == D("0.4")
    assert len((await desk.ledger())["openOrders"]) == 1


async def test_a_market_order_fills_and_its_executions_are_told_once(desk: Desk) -> None:
    """XC-07."""
    order = desk.order(None)
    await desk.place(order)
    fill = await desk.until("OrderFilled", order_id=order.order_id)
    done = await desk.until("OrderCompleted", order_id=order.order_id)
    executions = (await desk.ledger())["executions"]

    assert (fill.side, fill.reduces, fill.price) == (Side.LONG, False, D("0.5001"))
    assert fill.quantity == done.filled == D(100)
    assert fill.fee == D("0.0275055")
    assert [one["executionId"] for one in executions] == [fill.execution_id]


async def test_a_cancelled_order_is_gone_for_the_next_cancel(desk: Desk) -> None:
    """XC-08, EX-11: gone on a cancel means: read it."""
    order = desk.order("0.4")
    await desk.place(order)
    first = await desk.cancel(order.order_id)
    await desk.until("OrderCancelled", order_id=order.order_id)
    second = await desk.cancel(order.order_id)
    resolved = await desk.exchange.resolve(ResolveOrder(order_id=order.order_id, symbol=SYMBOL))

    assert isinstance(first, CancelAccepted)
    assert isinstance(second, CancelRejected)
    assert second.refusal is RefusalClass.GONE
    assert [type(event) for event in resolved] == [OrderCancelled]


async def test_a_fill_that_raced_the_cancel_is_found_by_reading(desk: Desk) -> None:
    """XC-09: a fill counts as a fill."""
    order = desk.order("0.49")
    await desk.place(order)
    await desk.price("0.48", bid="0.4799", ask="0.4801")
    await desk.until("OrderCompleted", order_id=order.order_id)
    answer = await desk.cancel(order.order_id)
    resolved = await desk.exchange.resolve(ResolveOrder(order_id=order.order_id, symbol=SYMBOL))

    assert isinstance(answer, CancelRejected)
    assert answer.refusal is RefusalClass.GONE
    assert [type(event) for event in resolved] == [OrderFilled, OrderCompleted]


async def test_a_cancel_without_an_answer_is_sent_again(desk: Desk) -> None:
    """XC-10, EX-4: to cancel twice is to cancel once."""
    order = desk.order("0.4")
    await desk.place(order)
    await desk.command("lose-acknowledgement", account=desk.name, path=CANCEL)
    answer = await desk.cancel(order.order_id)

    assert isinstance(answer, CancelRejected)
    assert answer.refusal is RefusalClass.GONE
    assert len(await desk.received(CANCEL)) == 2
    assert (await desk.ledger())["openOrders"] == []


async def test_a_cancel_that_is_never_answered_is_unknown(make_desk: MakeDesk) -> None:
    """XC-11, EX-4: five retries after the first try."""
    desk = make_desk(clock=QuickClock())
    order = desk.order("0.4")
    await desk.command("answer", account=desk.name, path=CANCEL, httpStatus=500, count=None)
    answer = await desk.cancel(order.order_id)

    assert isinstance(answer, CancelOutcomeUnknown)
    assert len(await desk.received(CANCEL)) == 6


async def test_an_amendment_changes_price_and_whole_quantity(desk: Desk) -> None:
    """XC-12."""
    order = desk.order("0.4")
    await desk.place(order)
    change = AmendOrder(
        order_id=order.order_id,
        symbol=SYMBOL,
        side=Side.LONG,
        purpose=Purpose.ENTRY,
        quantity=D(150),
        price=D("0.41"),
    )
    answer = await desk.exchange.amend(change, may_send=lambda: True)
    opened = await desk.until("OrderOpened", order_id=order.order_id, price=D("0.41"))
    again = await desk.exchange.amend(change, may_send=lambda: True)

    assert isinstance(answer, AmendAccepted)
    assert opened.quantity == D(150)
    assert isinstance(again, AmendRejected)
    assert again.refusal is RefusalClass.NOT_MODIFIED


async def test_an_amendment_of_an_order_that_is_gone_says_so(desk: Desk) -> None:
    """XC-13."""
    change = AmendOrder(
        order_id=desk.new_id(),
        symbol=SYMBOL,
        side=Side.LONG,
        purpose=Purpose.ENTRY,
        quantity=D(150),
        price=D("0.41"),
    )
    answer = await desk.exchange.amend(change, may_send=lambda: True)

    assert isinstance(answer, AmendRejected)
    assert answer.refusal is RefusalClass.GONE
    assert len(await desk.received(AMEND)) == 1


async def test_an_order_that_may_not_be_sent_any_more_never_leaves(desk: Desk) -> None:
    """XC-14: the stop generation is asked once more at the write."""
    answer = await desk.exchange.place(desk.order("0.4"), may_send=lambda: False)

    assert isinstance(answer, OrderDenied)
    assert await desk.received(CREATE) == []


async def test_a_foreign_order_is_seen_by_the_venues_id_and_cancelled_by_it(
    desk: Desk,
) -> None:
    """XC-15, GR-47."""
    foreign = replace(desk.order("0.4"), order_id="somebody-else")
    await desk.place(foreign)
    opened = await desk.wait_for(
        lambda: next((e for e in desk.events if isinstance(e, OrderOpened)), None), "the order"
    )
    (read,) = await desk.exchange.read_account(ReadAccount(token=7))
    answer = await desk.cancel(opened.order_id, foreign=True)

    assert opened.order_id != "somebody-else"
    assert isinstance(read, AccountRead)
    assert [order.order_id for order in read.open_orders] == [opened.order_id]
    assert isinstance(answer, CancelAccepted)
