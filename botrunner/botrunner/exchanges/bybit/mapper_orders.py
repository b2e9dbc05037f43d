"""Rows of orders and executions, of streams and of REST alike, to domain values. Pure.

A row that cannot be believed raises MessageError; then nothing of its message counts.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from botrunner.domain import ids
from botrunner.domain.control import ReadOrder
from botrunner.domain.events import (
    FillKind,
    FundingSettled,
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderFilled,
    OrderOpened,
    OrderRejected,
    RefusalClass,
)
from botrunner.domain.side import Side
from botrunner.exchanges.bybit import fields
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.bybit.known_orders import KnownOrder, KnownOrders
from botrunner.exchanges.errors import MessageError

OPEN_STATUSES = frozenset({"New", "PartiallyFilled", "Untriggered", "Triggered"})
_ENDED = frozenset({"Cancelled", "Deactivated"})
_CANCELLED_BY_VENUE = frozenset({"CancelByPrepareLiq", "CancelAllBeforeLiq"})
_POST_ONLY_CROSSED = "EC_PostOnlyWillTakeLiquidity"
"""The request was answered with success, and matching refused the order."""
_KINDS = {
    "Trade": FillKind.TRADE,
    # What a person agrees outside the book, and how the venue ends a contract that it delists
    # (V5's page of enums): fills of other hands.
    "BlockTrade": FillKind.TRADE,
    "MovePosition": FillKind.TRADE,
    "FutureSpread": FillKind.TRADE,
    "Delivery": FillKind.TRADE,
    "Settle": FillKind.TRADE,
    "BustTrade": FillKind.LIQUIDATION,
    "AdlTrade": FillKind.DELEVERAGING,
}
_KINDS_BY_CREATION = {
    "CreateByLiq": FillKind.LIQUIDATION,
    "CreateByTakeOver_PassThrough": FillKind.LIQUIDATION,
    "CreateByAdl_PassThrough": FillKind.DELEVERAGING,
}
_FUNDING = "Funding"
_SIDES = {1: Side.LONG, 2: Side.SHORT}
_BUYS = {"Buy": True, "Sell": False}


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Executions once each: a page that shifted while it was read repeats rows."""
    return list({fields.name(row, "execId"): row for row in rows}.values())


def is_linear(row: Row) -> bool:
    """Whether the row is about a linear contract; REST rows do not say, for they were asked so."""
    return row.get("category", fields.CATEGORY) == fields.CATEGORY


def order_id(row: Row) -> str:
    """The client order id where it is one of ours, else the venue's."""
    link = fields.text_or_empty(row, "orderLinkId")
    return link if ids.decode(link) is not None else fields.name(row, "orderId")


def known_order(row: Row) -> KnownOrder:
    """What executions need of their order: side and direction, which they do not carry."""
    buys = _buys(row)
    side = _order_side(row, buys)
    return KnownOrder(
        order_id=order_id(row),
        symbol=fields.name(row, "symbol"),
        side=side,
        reduces=buys is not (side is Side.LONG),
        is_open=fields.name(row, "orderStatus") in OPEN_STATUSES,
    )


def order_event(row: Row) -> OrderEvent:
    """The state that an order row tells."""
    status = fields.name(row, "orderStatus")
    identity, at = order_id(row), fields.moment(row, "updatedTime")
    filled = fields.not_negative(row, "cumExecQty")
    if status in OPEN_STATUSES:
        known = known_order(row)
        return OrderOpened(
            order_id=identity,
            symbol=known.symbol,
            side=known.side,
            reduces=known.reduces,
            at=at,
            # A stop over the whole position has no quantity of its own.
            quantity=fields.not_negative(row, "qty"),
            price=fields.decimal_or_zero(row, "price"),
            filled=filled,
            created_at=fields.moment(row, "createdTime"),
        )
    if status == "Filled":
        return OrderCompleted(order_id=identity, at=at, filled=filled)
    if status in _ENDED or status == "Rejected":
        return _ended(row, status, identity, at, filled)
    raise MessageError(f"orderStatus: {status!r} is unknown")


def read_order(row: Row) -> ReadOrder:
    """An order as a read found it."""
    known = known_order(row)
    return ReadOrder(
        order_id=known.order_id,
        symbol=known.symbol,
        side=known.side,
        reduces=known.reduces,
        price=fields.decimal_or_zero(row, "price"),
        quantity=fields.not_negative(row, "qty"),
        filled=fields.not_negative(row, "cumExecQty"),
        is_open=known.is_open,
        created_at=fields.moment(row, "createdTime"),
    )


def execution_event(row: Row, known: KnownOrders) -> OrderFilled | FundingSettled:
    """A fill or a funding settlement. Executions do not say which side of the hedge they are of.

    The order tells, then the client order id, then "closed" together with buy or sell.
    """
    kind = fields.name(row, "execType")
    if kind == _FUNDING:
        return _funding_event(row)
    fill_kind = _fill_kind(row, kind)
    side, reduces = _execution_side(row, known, fill_kind)
    return OrderFilled(
        order_id=order_id(row),
        execution_id=fields.name(row, "execId"),
        symbol=fields.name(row, "symbol"),
        side=side,
        reduces=reduces,
        quantity=fields.positive(row, "execQty"),
        price=fields.positive(row, "execPrice"),
        fee=fields.decimal_or_zero(row, "execFee"),
        at=fields.moment(row, "execTime"),
        kind=fill_kind,
    )


def order_events(rows: Iterable[Row], known: KnownOrders) -> tuple[OrderEvent, ...]:
    """All rows of one message. ``known`` learns of them only when every row can be believed."""
    learned = [(known_order(row), fields.name(row, "orderId"), order_event(row)) for row in rows]
    for order, venue_id, _ in learned:
        known.learn(venue_id, order)
    return tuple(event for _, _, event in learned)


def execution_events(
    rows: Iterable[Row], known: KnownOrders
) -> tuple[OrderFilled | FundingSettled, ...]:
    """All rows of one message, oldest first."""
    events = [execution_event(row, known) for row in rows]
    return tuple(sorted(events, key=lambda event: event.at))


def listed_executions(
    rows: Iterable[Row], known: KnownOrders
) -> tuple[OrderFilled | FundingSettled, ...]:
    """All rows of a list, which comes newest first, oldest first.

    Executions of one millisecond keep the order in which they happened: the lower row is the older.
    """
    return execution_events(reversed(list(rows)), known)


def _funding_event(row: Row) -> FundingSettled:
    paid = fields.decimal(row, "execFee")
    return FundingSettled(
        symbol=fields.name(row, "symbol"),
        side=_funding_side(row, paid),
        paid=paid,
        execution_id=fields.name(row, "execId"),
        at=fields.moment(row, "execTime"),
    )


def _funding_side(row: Row, paid: Decimal) -> Side:
    """Which side of the hedge a settlement is of; the venue's documents do not say.

    In every recorded row execFee is execValue * feeRate, so the rate is as the position sees it,
    and ``side`` fits the position's own. Were the rate the market's, a long would pay at a
    positive one: different signs could only be a short's.
    """
    rate = fields.decimal_or_zero(row, "feeRate")
    if paid * rate < 0:
        return Side.SHORT
    return Side.LONG if _buys(row) else Side.SHORT


def _ended(row: Row, status: str, identity: str, at: datetime, filled: Decimal) -> OrderEvent:
    reason = fields.text_or_empty(row, "rejectReason")
    refused = status == "Rejected" or reason == _POST_ONLY_CROSSED
    if refused and filled == 0:
        return OrderRejected(
            order_id=identity, at=at, refusal=RefusalClass.OTHER, message=reason or status
        )
    # A rejection of what is filled in part is a cancel of the rest.
    return OrderCancelled(
        order_id=identity,
        at=at,
        filled=filled,
        by_venue=fields.text_or_empty(row, "cancelType") in _CANCELLED_BY_VENUE,
    )


def _fill_kind(row: Row, exec_type: str) -> FillKind:
    kind = _KINDS_BY_CREATION.get(fields.text_or_empty(row, "createType"))
    kind = kind or _KINDS.get(exec_type)
    if kind is None:
        raise MessageError(f"execType: {exec_type!r} is unknown")
    return kind


def _execution_side(row: Row, known: KnownOrders, kind: FillKind) -> tuple[Side, bool]:
    order = known.by_venue_id(fields.name(row, "orderId"))
    if order is not None:
        return order.side, order.reduces
    identity = ids.decode(fields.text_or_empty(row, "orderLinkId"))
    if identity is not None:
        return identity.side, identity.purpose.reduces
    buys = _buys(row)
    # What the venue itself trades only ever closes.
    reduces = kind is not FillKind.TRADE or fields.decimal_or_zero(row, "closedSize") > 0
    return (Side.LONG if buys is not reduces else Side.SHORT), reduces


def _order_side(row: Row, buys: bool) -> Side:
    index = fields.integer(row, "positionIdx")
    if index in _SIDES:
        return _SIDES[index]
    if index != 0:
        raise MessageError(f"positionIdx: {index} is neither 0, 1 nor 2")
    # One-way mode: a reducing buy closes a short.
    reduces = fields.boolean(row, "reduceOnly")
    return Side.LONG if buys is not reduces else Side.SHORT


def _buys(row: Row) -> bool:
    side = fields.text(row, "side")
    if side not in _BUYS:
        raise MessageError(f"side: {side!r} is neither Buy nor Sell")
    return _BUYS[side]
