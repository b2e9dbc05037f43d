"""Orders as rows of the REST lists and of the private stream."""

from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.bybit.wire import (
    Row,
    milliseconds_text,
    money,
    money_or_empty,
    stepped,
)
from botrunner.simulator.bybit.words import (
    CANCEL_TYPES,
    CATEGORY,
    CREATE_TYPES,
    PRICE_KINDS,
    REJECT_REASONS,
)
from botrunner.venue.records import OrderSnapshot
from botrunner.venue.vocabulary import OrderStatus, OrderType, StopOrderType


def order_row(order: OrderSnapshot, instrument: Instrument) -> Row:
    """A row of ``/v5/order/realtime`` and ``/v5/order/history``; no stop is ``"0"`` here."""
    return _core(order, instrument) | _terms(order, instrument, none="0")


def order_push(order: OrderSnapshot, instrument: Instrument) -> Row:
    """An entry of the ``order`` stream; no stop is ``""`` here."""
    row = _core(order, instrument) | _terms(order, instrument, none="")
    row |= {
        "category": CATEGORY,
        "feeCurrency": instrument.quote_coin,
        "closedPnl": money(order.closed_pnl),
    }
    return row


def order_ids(order: OrderSnapshot) -> Row:
    """What a placement, an amendment or a cancellation is acknowledged with."""
    return {"orderId": order.order_id, "orderLinkId": order.link_id}


def _core(order: OrderSnapshot, instrument: Instrument) -> Row:
    return {
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderLinkId": order.link_id,
        "side": str(order.side),
        "orderType": str(order.order_type),
        "qty": stepped(order.quantity, instrument.quantity_step),
        "orderIv": "",
        "timeInForce": str(order.time_in_force),
        "orderStatus": str(order.status),
        "createType": CREATE_TYPES[order.create_type],
        "cancelType": CANCEL_TYPES[order.cancel_type],
        "rejectReason": REJECT_REASONS[order.reject_reason],
        "lastPriceOnCreated": stepped(order.last_price_on_created, instrument.tick_size),
        "leavesQty": _quantity(order.leaves_quantity, instrument),
        "leavesValue": money(order.leaves_quantity * _working_price(order)),
        "cumExecQty": _quantity(order.filled_quantity, instrument),
        "cumExecValue": money(order.filled_value),
        "cumExecFee": money(order.fee),
        "positionIdx": int(order.position_idx),
        "stopOrderType": str(order.stop_order_type),
        "tpslMode": _mode(order),
        "tpTriggerBy": PRICE_KINDS[order.take_profit_by] if order.take_profit else "",
        "slTriggerBy": PRICE_KINDS[order.stop_loss_by] if order.stop_loss else "",
        "triggerDirection": int(order.trigger_direction or 0),
        "triggerBy": PRICE_KINDS[order.trigger_by] if order.trigger_price else "",
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.close_on_trigger,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "createdTime": milliseconds_text(order.created_at),
        "updatedTime": milliseconds_text(order.updated_at),
    }


def _terms(order: OrderSnapshot, instrument: Instrument, *, none: str) -> Row:
    """Prices, and what the simulator leaves empty; ``none`` is how an absent stop is written."""
    return {
        "isLeverage": "",
        "parentOrderLinkId": "",
        "marketUnit": "",
        "blockTradeId": "",
        "smpOrderId": "",
        "avgPrice": money_or_empty(order.average_price),
        "price": _price(order.price, instrument),
        "triggerPrice": _stop(order.trigger_price, instrument, none=none),
        "takeProfit": _stop(order.take_profit, instrument, none=none),
        "stopLoss": _stop(order.stop_loss, instrument, none=none),
        "tpLimitPrice": none,
        "slLimitPrice": none,
        "cumFeeDetail": {instrument.quote_coin: money(order.fee)} if order.fee else {},
    }


def _working_price(order: OrderSnapshot) -> Decimal:
    untriggered = order.status is OrderStatus.UNTRIGGERED
    if untriggered and order.order_type is OrderType.MARKET and order.trigger_price:
        return order.trigger_price
    return order.price


def _mode(order: OrderSnapshot) -> str:
    # Only stops, and orders that bring some, have a mode.
    stops = order.stop_order_type not in (StopOrderType.NONE, StopOrderType.STOP)
    return "Full" if stops or order.take_profit or order.stop_loss else ""


def _price(price: Decimal, instrument: Instrument) -> str:
    return stepped(price, instrument.tick_size) if price else "0"


def _quantity(quantity: Decimal, instrument: Instrument) -> str:
    return stepped(quantity, instrument.quantity_step) if quantity else "0"


def _stop(price: Decimal | None, instrument: Instrument, *, none: str) -> str:
    return stepped(price, instrument.tick_size) if price else none
