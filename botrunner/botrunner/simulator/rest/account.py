"""The account: wallet, settings, fees, money movements and the key."""

from datetime import timedelta

from botrunner.simulator.bybit.account import account_info, api_key_info, fee_rates, wallet_row
from botrunner.simulator.bybit.auth import uid_of
from botrunner.simulator.bybit.codes import (
    MARGIN_MODE_FAILED,
    RefusedError,
    parameter_error,
)
from botrunner.simulator.bybit.executions import transaction_row
from botrunner.simulator.bybit.paging import page_of, read_window
from botrunner.simulator.bybit.parameters import Parameters
from botrunner.simulator.bybit.refusals import refused
from botrunner.simulator.bybit.wire import Row, milliseconds
from botrunner.simulator.bybit.words import MARGIN_MODE_OF, TRANSACTION_TYPES
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.rest.order_lists import SymbolScope, numbered_back_to
from botrunner.venue.commands import SetBandAdjustment, SetMarginMode
from botrunner.venue.refusals import Refusal, RefusalReason

_COIN = "USDT"
_BLOCKED = (RefusalReason.POSITION_EXISTS, RefusalReason.ORDERS_EXIST)


def wallet_balance(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/account/wallet-balance, valued at this moment."""
    if parameters.text("accountType") != "UNIFIED":
        raise parameter_error("accountType only support UNIFIED.")
    row = wallet_row(exchange.venue.wallet(account))
    wanted = parameters.text("coin")
    if wanted and _COIN not in wanted.split(","):
        row["coin"] = []
    return {"list": [row]}


def info(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/account/info."""
    return account_info(exchange.venue.account(account))


def query_api(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/user/query-api: the key that asks."""
    return api_key_info(exchange.venue.account(account), f"sim-{account}", uid_of(account))


def fee_rate(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/account/fee-rate."""
    parameters.category()
    scope = SymbolScope(exchange, parameters)
    chosen = [item for symbol, item in exchange.instruments.items() if symbol in scope]
    return fee_rates(exchange.venue.account(account), chosen)


def set_margin_mode(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/account/set-margin-mode, of the whole account."""
    mode = parameters.choice("setMarginMode", MARGIN_MODE_OF)
    refusal = exchange.apply(SetMarginMode(account=account, mode=mode)).refusal
    if refusal is None:
        return {"reasons": []}
    if refusal.reason in _BLOCKED:
        raise _margin_mode_failed(refusal)
    raise refused(refusal)


def set_limit_price_action(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/account/set-limit-px-action: move prices into the band, or refuse them."""
    parameters.category()
    adjust = parameters.flag("modifyEnable")
    exchange.apply(SetBandAdjustment(account=account, adjust=adjust))
    return {}


def transaction_log(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/account/transaction-log: the last 24 hours unless a window is named."""
    start, end = parameters.time("startTime"), parameters.time("endTime")
    default = timedelta(hours=24) if start is None and end is None else timedelta(days=7)
    window = read_window(start, end, exchange.now(), default)
    kind, currency = parameters.text("type"), parameters.text("currency", _COIN)
    numbered = numbered_back_to(exchange.venue.transactions(account), window)
    page = page_of(
        (
            (number, item)
            for number, item in numbered
            if currency == _COIN and kind in ("", TRANSACTION_TYPES[item.transaction_type])
        ),
        lambda entry: (entry[0], milliseconds(entry[1].at)),
        parameters.limit(20, 50),
        parameters.text("cursor"),
    )
    rows = [transaction_row(item, _COIN) for _, item in page.items]
    return {"list": [*rows], "nextPageCursor": page.cursor}


def _margin_mode_failed(refusal: Refusal) -> RefusedError:
    reason = refused(refusal)
    return RefusedError(
        MARGIN_MODE_FAILED,
        "Set margin mode failed",
        {"reasons": [{"reasonCode": str(reason.code), "reasonMsg": reason.message}]},
    )
