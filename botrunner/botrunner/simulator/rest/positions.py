"""Positions, leverage, modes and stops."""

from botrunner.simulator.bybit.codes import (
    LEVERAGE_ABOVE_LIMIT,
    NOT_MODIFIED,
    UNIFIED_ONLY,
    RefusedError,
    parameter_error,
)
from botrunner.simulator.bybit.executions import closed_pnl_row
from botrunner.simulator.bybit.market import listed
from botrunner.simulator.bybit.paging import page_of, read_window
from botrunner.simulator.bybit.parameters import Parameters
from botrunner.simulator.bybit.positions import position_row
from botrunner.simulator.bybit.refusals import refused
from botrunner.simulator.bybit.wire import Row, milliseconds
from botrunner.simulator.bybit.words import POSITION_MODE_OF, PRICE_KIND_OF
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.rest.order_entry import refuse_what_is_not_simulated
from botrunner.simulator.rest.order_lists import SymbolScope, numbered_back_to
from botrunner.venue.commands import Command, SetLeverage, SetTradingStop, SwitchMode
from botrunner.venue.refusals import RefusalReason
from botrunner.venue.views import PositionView
from botrunner.venue.vocabulary import PositionIdx

_LEVERAGE_TEXTS = {
    RefusalReason.INSUFFICIENT_BALANCE: (110044, "Available margin is insufficient"),
}


def positions(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/position/list: with a symbol flat positions too, with a coin only open ones."""
    parameters.category()
    chosen = tuple(enumerate(_chosen(exchange, account, parameters)))
    page = page_of(
        chosen,
        lambda entry: (len(chosen) - entry[0], milliseconds(entry[1].updated_at)),
        parameters.limit(20, 200),
        parameters.text("cursor"),
    )
    rows = [position_row(item, exchange.instruments[item.symbol]) for _, item in page.items]
    return listed(rows, page.cursor)


def set_leverage(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/position/set-leverage."""
    parameters.category()
    instrument = exchange.instrument(parameters.required("symbol"))
    buy, sell = parameters.number("buyLeverage"), parameters.number("sellLeverage")
    if buy is None or sell is None:
        raise parameter_error("params error: buyLeverage and sellLeverage are required")
    highest = max(buy, sell)
    if highest > instrument.max_leverage:
        raise RefusedError(
            LEVERAGE_ABOVE_LIMIT,
            f"cannot set leverage [{int(highest * 100)}] gt maxLeverage "
            f"[{int(instrument.max_leverage * 100)}] by risk limit",
        )
    command = SetLeverage(account=account, symbol=instrument.symbol, buy=buy, sell=sell)
    outcome = exchange.apply(command)
    if outcome.refusal is not None:
        raise refused(outcome.refusal, _LEVERAGE_TEXTS)
    return {}


def switch_mode(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/position/switch-mode: mode 0 is one-way, 3 is hedge."""
    parameters.category()
    mode = POSITION_MODE_OF.get(parameters.integer("mode", -1))
    if mode is None:
        raise parameter_error("params error: mode invalid")
    symbol, coin = parameters.text("symbol"), parameters.text("coin")
    if not symbol and coin != "USDT":
        raise parameter_error("params error: symbol or coin is required")
    named = exchange.instrument(symbol).symbol if symbol else None
    return _done(exchange, SwitchMode(account=account, mode=mode, symbol=named))


def switch_isolated(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/position/switch-isolated: abandoned for unified accounts."""
    raise RefusedError(UNIFIED_ONLY, "unified account is forbidden")


def trading_stop(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """POST /v5/position/trading-stop, of the whole position: "0" removes a stop."""
    parameters.category()
    instrument = exchange.instrument(parameters.required("symbol"))
    parameters.required("tpslMode")
    refuse_what_is_not_simulated(parameters)
    index = parameters.integer("positionIdx", -1)
    if index not in (0, 1, 2):
        raise parameter_error("params error: positionIdx invalid")
    stops = ("takeProfit", "stopLoss", "trailingStop", "activePrice")
    if not any(parameters.has(name) for name in stops):
        raise RefusedError(NOT_MODIFIED, "not modified")
    return _done(
        exchange,
        SetTradingStop(
            account=account,
            symbol=instrument.symbol,
            position_idx=PositionIdx(index),
            take_profit=parameters.number("takeProfit"),
            stop_loss=parameters.number("stopLoss"),
            take_profit_by=parameters.choice("tpTriggerBy", PRICE_KIND_OF, "LastPrice"),
            stop_loss_by=parameters.choice("slTriggerBy", PRICE_KIND_OF, "LastPrice"),
            trailing_distance=parameters.number("trailingStop"),
            activation_price=parameters.number_above_zero("activePrice"),
        ),
    )


def closed_pnl(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/position/closed-pnl."""
    parameters.category()
    scope = SymbolScope(exchange, parameters)
    window = read_window(parameters.time("startTime"), parameters.time("endTime"), exchange.now())
    numbered = numbered_back_to(exchange.venue.closed_pnl(account), window)
    page = page_of(
        ((number, item) for number, item in numbered if item.symbol in scope),
        lambda entry: (entry[0], milliseconds(entry[1].at)),
        parameters.limit(50, 100),
        parameters.text("cursor"),
    )
    rows = [closed_pnl_row(item, exchange.instruments[item.symbol]) for _, item in page.items]
    return listed(rows, page.cursor)


def _chosen(exchange: Exchange, account: str, parameters: Parameters) -> tuple[PositionView, ...]:
    if symbol := parameters.text("symbol"):
        return exchange.venue.positions(account, exchange.instrument(symbol).symbol)
    settle = parameters.text("settleCoin")
    if not settle:
        raise parameter_error("params error: symbol or settleCoin is required")
    return exchange.venue.positions(account) if settle == "USDT" else ()


def _done(exchange: Exchange, command: Command) -> Row:
    outcome = exchange.apply(command)
    if outcome.refusal is not None:
        raise refused(outcome.refusal)
    return {}
