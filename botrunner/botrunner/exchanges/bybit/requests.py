"""Actions as requests of Bybit V5: intents to sides and position numbers. Pure.

Hedge mode: open long Buy/1, close long Sell/1, open short Sell/2, close short Buy/2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from botrunner.domain.actions import AmendOrder, ApplySetting, CancelOrder, PlaceOrder
from botrunner.domain.control import Setting
from botrunner.domain.side import Purpose, Side
from botrunner.exchanges.bybit.fields import CATEGORY, milliseconds, plain
from botrunner.exchanges.outcome import Operation
from botrunner.exchanges.retry import Effort

POSITION_INDEX = {Side.LONG: 1, Side.SHORT: 2}
SETTLE_COIN = "USDT"
HEDGE_MODE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. ``method`` is the client's name for the endpoint; all numbers are strings."""

    method: str
    group: str
    """Endpoint group: breaker and reported limits are kept per group."""
    operation: Operation
    effort: Effort
    params: Mapping[str, str | int | bool] = field(default_factory=dict)
    is_essential: bool = False
    """Cancels and reduce-only orders: no breaker holds them back."""
    is_signed: bool = True


ORDER, POSITION, ACCOUNT, MARKET = "order", "position", "account", "market"


def place(order: PlaceOrder) -> Request:
    """A limit order that rests, or a market order where the price is None."""
    params: dict[str, str | int | bool] = {
        "category": CATEGORY,
        "symbol": order.symbol,
        "side": _side(order.side, order.purpose),
        "positionIdx": POSITION_INDEX[order.side],
        "qty": plain(order.quantity),
        "reduceOnly": order.reduce_only,
        "orderLinkId": order.order_id,
    }
    if order.price is None:
        params |= {"orderType": "Market", "timeInForce": "IOC"}
    else:
        params |= {
            "orderType": "Limit",
            "price": plain(order.price),
            "timeInForce": "PostOnly" if order.post_only else "GTC",
        }
    return Request(
        method="place_order",
        group=ORDER,
        operation=Operation.PLACE,
        effort=_effort(order),
        params=params,
        is_essential=order.reduce_only,
    )


def amend(order: AmendOrder) -> Request:
    """New quantity (what is filled included) and price of a resting order."""
    return Request(
        method="amend_order",
        group=ORDER,
        operation=Operation.AMEND,
        effort=Effort.LIMIT,
        params={
            "category": CATEGORY,
            "symbol": order.symbol,
            "orderLinkId": order.order_id,
            "qty": plain(order.quantity),
            "price": plain(order.price),
        },
        is_essential=order.purpose.reduces,
    )


def cancel(order: CancelOrder) -> Request:
    """End a resting order, by client order id, or by the venue's where it is foreign."""
    return Request(
        method="cancel_order",
        group=ORDER,
        operation=Operation.CANCEL,
        effort=Effort.CANCEL,
        params={
            "category": CATEGORY,
            "symbol": order.symbol,
            "orderId" if order.foreign else "orderLinkId": order.order_id,
        },
        is_essential=True,
    )


def apply_setting(action: ApplySetting) -> Request:
    """Leverage, hedge mode or cross margin; to be what it is already counts as done."""
    match action.setting:
        case Setting.LEVERAGE:
            leverage = plain(action.value)
            return _setting(
                "set_leverage",
                POSITION,
                symbol=action.symbol,
                buyLeverage=leverage,
                sellLeverage=leverage,
            )
        case Setting.HEDGE_MODE:
            return _setting("switch_position_mode", POSITION, symbol=action.symbol, mode=HEDGE_MODE)
        case Setting.CROSS_MARGIN:
            request = _setting("set_margin_mode", ACCOUNT, setMarginMode="REGULAR_MARGIN")
            params = {key: value for key, value in request.params.items() if key != "category"}
            return replace(request, params=params)


def open_orders(*, symbol: str = "") -> Request:
    """Resting orders of a symbol, or of the account."""
    where = {"symbol": symbol} if symbol else {"settleCoin": SETTLE_COIN}
    return _read("get_open_orders", ORDER, category=CATEGORY, limit=50, **where)


def order_by_id(method: str, order_id: str, symbol: str, *, by_link: bool) -> Request:
    """One order; ``method`` says where: get_open_orders, get_order_history or get_executions."""
    key = "orderLinkId" if by_link else "orderId"
    return _read(method, ORDER, category=CATEGORY, symbol=symbol, limit=50, **{key: order_id})


def order_history(symbol: str, start: datetime, end: datetime) -> Request:
    """Final orders of a symbol in a window of at most 7 days."""
    return _window("get_order_history", 50, start, end, symbol)


def executions(start: datetime, end: datetime, *, symbol: str = "") -> Request:
    """Executions of a window of at most 7 days, of a symbol or of the account."""
    return _window("get_executions", 100, start, end, symbol)


def positions(*, symbol: str = "") -> Request:
    """Both sides of a symbol, flat ones too; without a symbol what is open."""
    where = {"symbol": symbol} if symbol else {"settleCoin": SETTLE_COIN}
    return _read("get_positions", POSITION, category=CATEGORY, limit=200, **where)


def wallet() -> Request:
    """The unified wallet."""
    return _read("get_wallet_balance", ACCOUNT, accountType="UNIFIED")


def transaction_log(start: datetime, end: datetime) -> Request:
    """Every booking of the unified account in a span of at most 7 days."""
    span = {"startTime": milliseconds(start), "endTime": milliseconds(end)}
    return _read("get_transaction_log", ACCOUNT, accountType="UNIFIED", limit=50, **span)


def account_information() -> Request:
    """Margin mode and kind of the account."""
    return _read("get_account_info", ACCOUNT)


def key_information() -> Request:
    """Permissions and owner of the key in use."""
    return _read("get_api_key_information", ACCOUNT)


def fee_rates(symbol: str) -> Request:
    """Maker and taker fee of a symbol; demo has none."""
    return _read("get_fee_rates", ACCOUNT, category=CATEGORY, symbol=symbol)


def server_time() -> Request:
    """The venue's clock."""
    return _public("get_server_time")


def instrument(symbol: str) -> Request:
    """Steps and limits of a contract."""
    return _public("get_instruments_info", category=CATEGORY, symbol=symbol)


def risk_tiers(symbol: str) -> Request:
    """The risk-limit table of a contract."""
    return _public("get_risk_limit", category=CATEGORY, symbol=symbol)


def ticker(symbol: str) -> Request:
    """Best prices, last and mark."""
    return _public("get_tickers", category=CATEGORY, symbol=symbol)


def candles(symbol: str, interval: str, limit: int) -> Request:
    """The newest candles, the running one included."""
    return _public("get_kline", category=CATEGORY, symbol=symbol, interval=interval, limit=limit)


def spot_price(coin: str, at: datetime) -> Request:
    """The minute's candle of a coin against USDT."""
    begins = milliseconds(at.replace(second=0, microsecond=0))
    return _public(
        "get_kline", category="spot", symbol=f"{coin}USDT", interval="1", start=begins, limit=1
    )


def on_page(request: Request, cursor: str) -> Request:
    """The same question for the page that a cursor names; the cursor goes back as it came."""
    return replace(request, params={**request.params, "cursor": cursor})


def _side(side: Side, purpose: Purpose) -> str:
    buys = (side is Side.LONG) is not purpose.reduces
    return "Buy" if buys else "Sell"


def _effort(order: PlaceOrder) -> Effort:
    if order.purpose is Purpose.STOP_LOSS:
        return Effort.CONDITIONAL
    return Effort.MARKET if order.price is None else Effort.LIMIT


def _setting(method: str, group: str, **params: str | int) -> Request:
    return Request(
        method=method,
        group=group,
        operation=Operation.SETTING,
        effort=Effort.READ,
        params={"category": CATEGORY, **params},
    )


def _read(method: str, group: str, **params: str | int) -> Request:
    return Request(
        method=method,
        group=group,
        operation=Operation.READ,
        effort=Effort.READ,
        params=params,
        is_essential=True,
    )


def _public(method: str, **params: str | int) -> Request:
    return replace(_read(method, MARKET, **params), is_signed=False)


def _window(method: str, limit: int, start: datetime, end: datetime, symbol: str) -> Request:
    where = {"symbol": symbol} if symbol else {}
    span = {"startTime": milliseconds(start), "endTime": milliseconds(end)}
    return _read(method, ORDER, category=CATEGORY, limit=limit, **span, **where)
