"""Orders and executions: sides, states and what cannot be believed (EX-1, EX-10)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from botrunner.domain import ids
from botrunner.domain.events import (
    FillKind,
    FundingSettled,
    OrderCancelled,
    OrderCompleted,
    OrderFilled,
    OrderOpened,
    OrderRejected,
)
from botrunner.domain.side import Purpose, Side
from botrunner.exchanges.bybit import mapper_orders
from botrunner.exchanges.bybit.history import orders_of_fills
from botrunner.exchanges.bybit.known_orders import KnownOrder, KnownOrders
from botrunner.exchanges.bybit.private_messages import events_of
from botrunner.exchanges.errors import MessageError

AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=2_000)


def our_id(side: Side = Side.LONG, purpose: Purpose = Purpose.ENTRY) -> str:
    identity = ids.OrderIdentity(
        epoch=1, strategy="grid", side=side, purpose=purpose, level=0, sequence=1
    )
    return ids.encode(identity)


def order_row(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "XRPUSDT",
        "orderId": "venue-1",
        "orderLinkId": our_id(),
        "side": "Buy",
        "positionIdx": 1,
        "orderStatus": "New",
        "price": "0.5",
        "qty": "100",
        "cumExecQty": "0",
        "reduceOnly": False,
        "rejectReason": "EC_NoError",
        "cancelType": "UNKNOWN",
        "createdTime": "1000",
        "updatedTime": "2000",
        **changes,
    }


def execution_row(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "XRPUSDT",
        "orderId": "venue-1",
        "orderLinkId": "",
        "side": "Buy",
        "execType": "Trade",
        "createType": "CreateByUser",
        "execId": "e1",
        "execQty": "10",
        "execPrice": "0.5",
        "execFee": "0.001",
        "closedSize": "0",
        "execTime": "2000",
        "orderPrice": "0.5",
        "orderQty": "100",
        **changes,
    }


def test_executions_of_one_millisecond_keep_their_order_in_a_list() -> None:
    """GR-42: a list comes newest first, and its times are too coarse to tell."""
    rows = [
        execution_row(execId="third", execTime="2001"),
        execution_row(execId="second", execTime="2000"),
        execution_row(execId="first", execTime="2000"),
    ]
    events = mapper_orders.listed_executions(rows, KnownOrders())

    assert [event.execution_id for event in events if isinstance(event, OrderFilled)] == [
        "first",
        "second",
        "third",
    ]


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("New", OrderOpened),
        ("PartiallyFilled", OrderOpened),
        ("Untriggered", OrderOpened),
        ("Triggered", OrderOpened),
        ("Filled", OrderCompleted),
        ("Cancelled", OrderCancelled),
        ("Deactivated", OrderCancelled),
        ("Rejected", OrderRejected),
    ],
)
def test_each_state_of_the_venue_is_one_fact(status: str, event: type[object]) -> None:
    assert type(mapper_orders.order_event(order_row(orderStatus=status))) is event


def test_a_resting_order_is_told_with_its_terms() -> None:
    row = order_row(orderStatus="PartiallyFilled", cumExecQty="40")

    assert mapper_orders.order_event(row) == OrderOpened(
        order_id=our_id(),
        at=AT,
        symbol="XRPUSDT",
        side=Side.LONG,
        reduces=False,
        quantity=D(100),
        price=D("0.5"),
        filled=D(40),
        created_at=AT - timedelta(seconds=1),
    )


def test_a_rejection_after_a_partial_fill_is_a_cancel_of_the_rest() -> None:
    event = mapper_orders.order_event(order_row(orderStatus="Rejected", cumExecQty="40"))

    assert event == OrderCancelled(order_id=our_id(), at=AT, filled=D(40))


def test_a_post_only_order_that_would_have_traded_was_refused() -> None:
    row = order_row(orderStatus="Cancelled", rejectReason="EC_PostOnlyWillTakeLiquidity")
    event = mapper_orders.order_event(row)

    assert isinstance(event, OrderRejected)
    assert event.message == "EC_PostOnlyWillTakeLiquidity"


@pytest.mark.parametrize(
    ("cancel_type", "by_venue"),
    [("CancelByPrepareLiq", True), ("CancelAllBeforeLiq", True), ("CancelByUser", False)],
)
def test_a_cancel_before_a_liquidation_is_told_apart(cancel_type: str, by_venue: bool) -> None:
    """RI-1: cause ``venue``."""
    event = mapper_orders.order_event(order_row(orderStatus="Cancelled", cancelType=cancel_type))

    assert isinstance(event, OrderCancelled)
    assert event.by_venue is by_venue


@pytest.mark.parametrize("link", ["", "their-own-id", "tf-not-quite"])
def test_a_foreign_order_goes_by_the_venues_id(link: str) -> None:
    assert mapper_orders.order_id(order_row(orderLinkId=link)) == "venue-1"


@pytest.mark.parametrize(
    ("index", "side", "expected", "reduces"),
    [
        (1, "Buy", Side.LONG, False),
        (1, "Sell", Side.LONG, True),
        (2, "Sell", Side.SHORT, False),
        (2, "Buy", Side.SHORT, True),
    ],
)
def test_the_position_number_tells_the_side_of_an_order(
    index: int, side: str, expected: Side, reduces: bool
) -> None:
    known = mapper_orders.known_order(order_row(positionIdx=index, side=side))

    assert (known.side, known.reduces) == (expected, reduces)


@pytest.mark.parametrize(
    ("side", "reduce_only", "expected"),
    [("Buy", False, Side.LONG), ("Buy", True, Side.SHORT), ("Sell", True, Side.LONG)],
)
def test_in_one_way_mode_reduce_only_tells_it(side: str, reduce_only: bool, expected: Side) -> None:
    known = mapper_orders.known_order(order_row(positionIdx=0, side=side, reduceOnly=reduce_only))

    assert (known.side, known.reduces) == (expected, reduce_only)


@pytest.mark.parametrize(
    ("side", "closed", "expected", "reduces"),
    [
        ("Buy", "0", Side.LONG, False),
        ("Buy", "10", Side.SHORT, True),
        ("Sell", "0", Side.SHORT, False),
        ("Sell", "10", Side.LONG, True),
        ("Sell", "", Side.SHORT, False),
    ],
)
def test_an_execution_of_an_unseen_foreign_order_is_placed_by_what_it_closed(
    side: str, closed: str, expected: Side, reduces: bool
) -> None:
    fill = mapper_orders.execution_event(execution_row(side=side, closedSize=closed), KnownOrders())

    assert isinstance(fill, OrderFilled)
    assert (fill.side, fill.reduces) == (expected, reduces)


def test_the_order_of_an_execution_tells_more_than_what_it_closed() -> None:
    known = KnownOrders()
    mapper_orders.order_events([order_row(positionIdx=2, side="Buy")], known)
    fill = mapper_orders.execution_event(execution_row(closedSize=""), known)

    assert isinstance(fill, OrderFilled)
    assert (fill.side, fill.reduces) == (Side.SHORT, True)


def test_our_own_id_tells_the_side_of_an_execution_before_its_order_is_seen() -> None:
    row = execution_row(side="Buy", orderLinkId=our_id(Side.SHORT, Purpose.TAKE_PROFIT))
    fill = mapper_orders.execution_event(row, KnownOrders())

    assert isinstance(fill, OrderFilled)
    assert (fill.side, fill.reduces) == (Side.SHORT, True)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"execType": "BustTrade"}, FillKind.LIQUIDATION),
        ({"execType": "AdlTrade"}, FillKind.DELEVERAGING),
        ({"createType": "CreateByLiq"}, FillKind.LIQUIDATION),
        ({"createType": "CreateByTakeOver_PassThrough"}, FillKind.LIQUIDATION),
        ({"createType": "CreateByAdl_PassThrough"}, FillKind.DELEVERAGING),
    ],
)
def test_what_the_venue_trades_itself_closes_and_is_told_apart(
    changes: dict[str, str], kind: FillKind
) -> None:
    """RI-1: execution and creation types of a liquidation, a takeover and a deleveraging."""
    row = execution_row(side="Sell", closedSize="", **changes)
    fill = mapper_orders.execution_event(row, KnownOrders())

    assert isinstance(fill, OrderFilled)
    assert (fill.kind, fill.side, fill.reduces) == (kind, Side.LONG, True)


@pytest.mark.parametrize(
    "kind", ["BlockTrade", "MovePosition", "FutureSpread", "Delivery", "Settle"]
)
def test_what_moves_a_position_outside_the_book_is_a_fill_of_other_hands(kind: str) -> None:
    """EX-10, GR-35: one row of an unknown kind would make every read of its span fail."""
    row = execution_row(side="Sell", closedSize="5", execType=kind, orderLinkId="")
    fill = mapper_orders.execution_event(row, KnownOrders())

    assert isinstance(fill, OrderFilled)
    assert (fill.kind, fill.side, fill.reduces) == (FillKind.TRADE, Side.LONG, True)
    assert ids.decode(fill.order_id) is None


def test_funding_is_no_fill_and_received_is_negative() -> None:
    row = execution_row(execType="Funding", side="Sell", execFee="-0.02")

    assert mapper_orders.execution_event(row, KnownOrders()) == FundingSettled(
        symbol="XRPUSDT", side=Side.SHORT, paid=D("-0.02"), execution_id="e1", at=AT
    )


@pytest.mark.parametrize(
    ("side", "fee", "rate", "expected"),
    [
        # As recorded: the rate as the position sees it, so fee and rate agree.
        ("Buy", "0.04486547", "0.00076104", Side.LONG),
        ("Sell", "0.6364003", "0.00203714", Side.SHORT),
        ("Sell", "-0.08720013", "-0.0001", Side.SHORT),
        ("Buy", "-0.003676", "-0.0001", Side.LONG),
        # Were it the market's rate: a short pays at a negative one.
        ("Sell", "0.02", "-0.0001", Side.SHORT),
        ("Sell", "-0.02", "0.0001", Side.SHORT),
        ("Buy", "0.02", "0.0001", Side.LONG),
        ("Buy", "-0.02", "-0.0001", Side.LONG),
        # Without a rate, and where nothing was paid.
        ("Sell", "0.02", "", Side.SHORT),
        ("Buy", "0", "0", Side.LONG),
    ],
)
def test_the_side_of_a_funding_settlement_holds_whatever_the_rate_is_of(
    side: str, fee: str, rate: str, expected: Side
) -> None:
    """GR-30."""
    row = execution_row(execType="Funding", side=side, execFee=fee, feeRate=rate)
    event = mapper_orders.execution_event(row, KnownOrders())

    assert isinstance(event, FundingSettled)
    assert event.side is expected


@pytest.mark.parametrize(
    "changes",
    [
        {"orderStatus": "Pondering"},
        {"positionIdx": 3},
        {"side": ""},
        {"cumExecQty": "-1"},
        {"cumExecQty": "many"},
        {"updatedTime": "soon"},
        {"updatedTime": "0"},
        {"orderId": None, "orderLinkId": "x"},
    ],
)
def test_an_order_that_cannot_be_spoils_its_whole_message(changes: dict[str, Any]) -> None:
    """EX-10: it changes nothing, what is remembered included."""
    known = KnownOrders()
    rows = [order_row(orderId="good"), order_row(**changes)]
    frame = {"topic": "order", "data": rows}
    with pytest.raises(MessageError):
        events_of(frame, known)

    assert known.by_venue_id("good") is None


def test_rows_of_other_kinds_of_contracts_are_left_out() -> None:
    frame = {"topic": "order", "data": [{"category": "spot"}, order_row(category="linear")]}

    assert len(events_of(frame, KnownOrders())) == 1


def test_executions_of_one_message_come_oldest_first_and_shifted_pages_count_once() -> None:
    rows = [execution_row(execId="b", execTime="3000"), execution_row(execId="a")]
    events = mapper_orders.execution_events(mapper_orders.distinct([*rows, rows[0]]), KnownOrders())

    assert [event.execution_id for event in events] == ["a", "b"]


def test_an_order_is_rebuilt_from_its_executions() -> None:
    """GR-42: the history lags, and an amended order may be older than the life it fills."""
    rows = [
        execution_row(execId="a", execQty="10", orderLinkId=our_id()),
        execution_row(execId="b", execQty="30", execTime="3000", orderLinkId=our_id()),
        execution_row(execId="c", execType="Funding"),
    ]
    (order,) = orders_of_fills(rows, KnownOrders()).values()

    assert (order.order_id, order.quantity, order.filled) == (our_id(), D(100), D(40))
    assert (order.price, order.is_open, order.created_at) == (D("0.5"), False, AT)


def known_order(*, is_open: bool) -> KnownOrder:
    return KnownOrder(order_id="a", symbol="X", side=Side.LONG, reduces=False, is_open=is_open)


def test_an_order_that_ended_stays_ended_whatever_arrives_late() -> None:
    known = KnownOrders()
    known.learn("1", known_order(is_open=False))
    known.learn("1", known_order(is_open=True))

    assert known.open_orders() == {}


def test_the_oldest_ended_order_is_forgotten_first_and_open_ones_never() -> None:
    known = KnownOrders(capacity=2)
    known.learn("open", known_order(is_open=True))
    for number in range(3):
        known.learn(str(number), known_order(is_open=False))

    assert known.by_venue_id("0") is None
    assert known.by_venue_id("1") is not None
    assert list(known.open_orders()) == ["open"]
    known.forget("open")
    assert known.by_venue_id("open") is None
