"""Placing, amending and cancelling orders."""

import re

from botrunner.simulator.bybit.codes import parameter_error
from botrunner.simulator.bybit.orders import order_ids
from botrunner.simulator.bybit.parameters import Parameters
from botrunner.simulator.bybit.refusals import refused
from botrunner.simulator.bybit.wire import Json, Row
from botrunner.simulator.bybit.words import PRICE_KIND_OF
from botrunner.simulator.exchange import Exchange
from botrunner.venue.commands import AmendOrder, CancelAll, CancelOrder, Command, PlaceOrder
from botrunner.venue.events import Outcome
from botrunner.venue.vocabulary import (
    OrderFilter,
    OrderType,
    PositionIdx,
    Side,
    TimeInForce,
    TriggerDirection,
)

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_SIDES = {str(side): side for side in Side}
_ORDER_TYPES = {str(kind): kind for kind in OrderType}
_TIMES_IN_FORCE = {str(time): time for time in TimeInForce}
_FILTERS = {
    "": OrderFilter.ALL,
    "Order": OrderFilter.ACTIVE,
    "StopOrder": OrderFilter.CONDITIONAL,
    "OpenOrder": OrderFilter.ALL,
}
_PLAIN = {
    "tpslMode": "Full",
    "tpOrderType": "Market",
    "slOrderType": "Market",
    "smpType": "None",
    "slippageToleranceType": "UNKNOWN",
}
"""Parameters of which only the plain value is simulated."""
_NOT_SIMULATED = ("tpLimitPrice", "slLimitPrice", "bboSideType", "bboLevel", "slippageTolerance")


def create(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/order/create: an acknowledgement, which is no fill."""
    parameters.category()
    exchange.instrument(parameters.required("symbol"))
    refuse_what_is_not_simulated(parameters)
    outcome = _applied(exchange, _placement(account, parameters))
    return order_ids(outcome.orders[0])


def amend(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/order/amend: ``qty`` is the order's new total."""
    parameters.category()
    symbol = exchange.instrument(parameters.required("symbol")).symbol
    order_id, link_id = _ids(parameters)
    refuse_what_is_not_simulated(parameters)
    outcome = _applied(
        exchange,
        AmendOrder(
            account=account,
            symbol=symbol,
            order_id=order_id,
            link_id=link_id,
            quantity=parameters.number("qty", "Qty invalid"),
            price=parameters.number("price"),
            trigger_price=parameters.number("triggerPrice"),
            take_profit=parameters.number("takeProfit"),
            stop_loss=parameters.number("stopLoss"),
        ),
    )
    return order_ids(outcome.orders[0])


def cancel(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/order/cancel."""
    parameters.category()
    symbol = exchange.instrument(parameters.required("symbol")).symbol
    order_id, link_id = _ids(parameters)
    outcome = _applied(
        exchange,
        CancelOrder(account=account, symbol=symbol, order_id=order_id, link_id=link_id),
    )
    return order_ids(outcome.orders[0])


def cancel_all(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/order/cancel-all: of a symbol, or of all that settle in a coin."""
    parameters.category()
    order_filter = parameters.choice("orderFilter", _FILTERS)
    if parameters.text("stopOrderType") == "Stop" and order_filter is OrderFilter.CONDITIONAL:
        order_filter = OrderFilter.USER_CONDITIONAL
    orders: list[Json] = []
    for symbol in _cancel_scope(exchange, parameters):
        command = CancelAll(account=account, symbol=symbol, order_filter=order_filter)
        orders += [order_ids(order) for order in _applied(exchange, command).orders]
    return {"list": orders, "success": "1"}


def refuse_what_is_not_simulated(parameters: Parameters) -> None:
    """Raise RefusedError for what would change the order's meaning and is not simulated."""
    for name, plain in _PLAIN.items():
        if parameters.text(name, plain) != plain:
            raise parameter_error(f"params error: {name} invalid, only {plain} is simulated")
    for name in _NOT_SIMULATED:
        if parameters.text(name, "0") != "0":
            raise parameter_error(f"params error: {name} invalid, it is not simulated")


def _placement(account: str, parameters: Parameters) -> PlaceOrder:
    quantity = parameters.number("qty", "Qty invalid")
    if quantity is None or quantity < 0:
        raise parameter_error("Qty invalid")
    order_type = parameters.choice("orderType", _ORDER_TYPES)
    return PlaceOrder(
        account=account,
        symbol=parameters.required("symbol"),
        side=parameters.choice("side", _SIDES),
        order_type=order_type,
        quantity=quantity,
        price=parameters.number("price") if order_type is OrderType.LIMIT else None,
        time_in_force=parameters.choice("timeInForce", _TIMES_IN_FORCE, "GTC"),
        position_idx=_position_idx(parameters),
        link_id=_link_id(parameters),
        reduce_only=parameters.flag("reduceOnly"),
        close_on_trigger=parameters.flag("closeOnTrigger"),
        trigger_price=parameters.number_above_zero("triggerPrice"),
        trigger_direction=_trigger_direction(parameters),
        trigger_by=parameters.choice("triggerBy", PRICE_KIND_OF, "LastPrice"),
        take_profit=parameters.number_above_zero("takeProfit"),
        stop_loss=parameters.number_above_zero("stopLoss"),
        take_profit_by=parameters.choice("tpTriggerBy", PRICE_KIND_OF, "LastPrice"),
        stop_loss_by=parameters.choice("slTriggerBy", PRICE_KIND_OF, "LastPrice"),
    )


def _position_idx(parameters: Parameters) -> PositionIdx:
    index = parameters.integer("positionIdx", 0)
    if index not in (0, 1, 2):
        raise parameter_error("params error: positionIdx invalid")
    return PositionIdx(index)


def _link_id(parameters: Parameters) -> str:
    link_id = parameters.text("orderLinkId")
    if link_id and not _LINK_ID.fullmatch(link_id):
        raise parameter_error("params error: orderLinkId invalid")
    return link_id


def _trigger_direction(parameters: Parameters) -> TriggerDirection | None:
    direction = parameters.integer("triggerDirection", 0)
    if direction not in (0, 1, 2):
        raise parameter_error("params error: triggerDirection invalid")
    return TriggerDirection(direction) if direction else None


def _ids(parameters: Parameters) -> tuple[str, str]:
    order_id, link_id = parameters.text("orderId"), parameters.text("orderLinkId")
    if not order_id and not link_id:
        raise parameter_error("params error: orderId or orderLinkId is required")
    return order_id, link_id


def _cancel_scope(exchange: Exchange, parameters: Parameters) -> tuple[str | None, ...]:
    if symbol := parameters.text("symbol"):
        return (exchange.instrument(symbol).symbol,)
    if base := parameters.text("baseCoin"):
        found = exchange.instruments.values()
        return tuple(item.symbol for item in found if item.base_coin == base)
    settle = parameters.text("settleCoin")
    if not settle:
        raise parameter_error("params error: symbol, baseCoin or settleCoin is required")
    return (None,) if settle == "USDT" else ()


def _applied(exchange: Exchange, command: Command) -> Outcome:
    outcome = exchange.apply(command)
    if outcome.refusal is not None:
        raise refused(outcome.refusal)
    return outcome
