"""The venue's reasons for a refusal as codes and texts: one table."""

from collections.abc import Mapping
from decimal import Decimal

from botrunner.simulator.bybit.codes import RefusedError
from botrunner.simulator.bybit.wire import text
from botrunner.venue.refusals import Refusal, RefusalReason

_R = RefusalReason

# {value}, {limit}: the refusal's numbers; _e4, _e2: the same times 10,000 and 100, as integers;
# {side}, {wanted}: of a stop on the wrong side of the price.
TEXTS: Mapping[RefusalReason, tuple[int, str]] = {
    _R.ACCOUNT_UNKNOWN: (10003, "API key is invalid."),
    _R.ACCOUNT_EXISTS: (10001, "params error: account exists"),
    _R.SYMBOL_UNKNOWN: (10001, "params error: symbol invalid"),
    _R.NO_PRICE: (110074, "This contract is not live"),
    _R.AMOUNT_INVALID: (10001, "params error: amount invalid"),
    _R.WITHDRAWAL_TOO_LARGE: (131212, "Insufficient balance"),
    _R.SIDE_INVALID: (10001, "params error: side invalid"),
    _R.POSITION_IDX_MISMATCH: (10001, "position idx not match position mode"),
    _R.QUANTITY_INVALID: (10001, "Qty invalid"),
    _R.QUANTITY_BELOW_MINIMUM: (
        10001,
        "The number of contracts exceeds minimum limit allowed",
    ),
    _R.QUANTITY_ABOVE_MAXIMUM: (
        10001,
        "The number of contracts exceeds maximum limit allowed",
    ),
    _R.PRICE_INVALID: (10001, "params error: price invalid"),
    _R.PRICE_OUT_OF_RANGE: (110003, "Order price exceeds the allowable range."),
    _R.PRICE_ABOVE_BAND: (110121, "Order price is higher than the maximum of {limit}"),
    _R.PRICE_BELOW_BAND: (110120, "Order price is lower than the minimum of {limit}"),
    _R.NOTIONAL_BELOW_MINIMUM: (110094, "Order does not meet minimum order value {limit}USDT"),
    _R.LINK_ID_DUPLICATE: (110072, "OrderLinkedID is duplicate"),
    _R.TOO_MANY_ACTIVE_ORDERS: (110020, "Not allowed to have more than {limit} active orders"),
    _R.TOO_MANY_CONDITIONAL_ORDERS: (
        110009,
        "The number of stop orders exceeds the maximum allowable limit of {limit}",
    ),
    _R.INSUFFICIENT_BALANCE: (110007, "ab not enough for new order"),
    _R.REDUCE_ONLY_NO_POSITION: (
        110017,
        "current position is zero, cannot fix reduce-only order qty",
    ),
    _R.REDUCE_ONLY_WRONG_SIDE: (110017, "orderQty will be truncated to zero"),
    _R.REDUCE_ONLY_EXCEEDS_POSITION: (110017, "Reduce-only rule not satisfied"),
    _R.LEVERAGE_ABOVE_TIER: (
        110013,
        "cannot set leverage [{value_e2}] gt maxLeverage [{limit_e2}] by risk limit",
    ),
    _R.RISK_LIMIT_EXCEEDED: (110022, "The quantity is restricted by the risk limit of {limit}"),
    _R.TRIGGER_INVALID: (10001, "TriggerPrice or TriggerDirection invalid"),
    _R.TRIGGER_NOT_ABOVE: (
        110092,
        "expect Rising, but trigger_price[{value_e4}] <= current[{limit_e4}]",
    ),
    _R.TRIGGER_NOT_BELOW: (
        110093,
        "expect Falling, but trigger_price[{value_e4}] >= current[{limit_e4}]",
    ),
    _R.ORDER_NOT_FOUND: (110001, "order not exists or too late to cancel"),
    _R.AMEND_UNCHANGED: (10001, "order not modified"),
    _R.AMEND_BELOW_FILLED: (10001, "Qty invalid: {value} is not above the filled {limit}"),
    _R.AMEND_NOT_ALLOWED: (10001, "params error: {field} cannot be amended on this order"),
    _R.LEVERAGE_UNCHANGED: (110043, "leverage not modified"),
    _R.LEVERAGE_INVALID: (10001, "leverage invalid"),
    _R.LEVERAGE_SIDES_DIFFER: (10001, "buy leverage invalid, it must equal sell leverage"),
    _R.POSITION_MODE_UNCHANGED: (110025, "Position mode is not modified"),
    _R.POSITION_EXISTS: (
        110024,
        "You have an existing position, so the position mode cannot be switched",
    ),
    _R.ORDERS_EXIST: (110028, "You have existing orders, so the mode cannot be switched"),
    _R.MARGIN_MODE_UNCHANGED: (110026, "Cross/isolated margin mode is not modified"),
    _R.STOPS_ZERO_POSITION: (10001, "can not set tp/sl/ts for zero position"),
    _R.STOPS_UNCHANGED: (34040, "not modified"),
    _R.TAKE_PROFIT_WRONG_SIDE: (
        10001,
        "TakeProfit:{value_e4} set for {side} position should {wanted} than "
        "base_price:{limit_e4}??LastPrice",
    ),
    _R.STOP_LOSS_WRONG_SIDE: (
        10001,
        "StopLoss:{value_e4} set for {side} position should {wanted} than "
        "base_price:{limit_e4}??LastPrice",
    ),
    _R.STOPS_ON_CLOSE: (10001, "params error: tp/sl cannot be set on an order that only closes"),
    _R.NO_BOOK: (110074, "This contract has no order book"),
    _R.TRAILING_INVALID: (10001, "trailing stop invalid: {value}"),
}


def refused(
    refusal: Refusal, instead: Mapping[RefusalReason, tuple[int, str]] = {}
) -> RefusedError:
    """The code and text of a refusal; ``instead`` holds an endpoint's own for some reasons."""
    code, template = instead.get(refusal.reason) or TEXTS[refusal.reason]
    value, limit = refusal.value or Decimal(0), refusal.limit or Decimal(0)
    long_position = (value <= limit) == (refusal.reason is _R.TAKE_PROFIT_WRONG_SIDE)
    higher = value <= limit
    return RefusedError(
        code,
        template.format(
            value=text(value),
            limit=text(limit),
            value_e4=int(value * 10_000),
            limit_e4=int(limit * 10_000),
            value_e2=int(value * 100),
            limit_e2=int(limit * 100),
            side="Buy" if long_position else "Sell",
            wanted="higher" if higher else "lower",
            field=refusal.field,
        ),
    )
