"""Every endpoint there is, with its limit: the table of the REST interface.

Limits are the venue's for users without a VIP level (the reference's section on rate limits).
"""

from collections.abc import Callable, Mapping
from operator import attrgetter

from botrunner.simulator.klines import BarSeries
from botrunner.simulator.market import SymbolMarket
from botrunner.simulator.rest import account, market, order_entry, order_lists, positions
from botrunner.simulator.rest.call import Endpoint, Handler


def _public(handler: Handler) -> Endpoint:
    return Endpoint(handler=handler, per_second=None)


def _candles(handler: Handler, pick: Callable[[SymbolMarket], BarSeries]) -> Endpoint:
    return Endpoint(handler=handler, per_second=None, prepare=market.past_reader(pick))


def _signed(handler: Handler, per_second: int) -> Endpoint:
    return Endpoint(handler=handler, per_second=per_second)


ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {
    ("GET", "/v5/market/time"): _public(market.time),
    ("GET", "/v5/market/instruments-info"): _public(market.instruments),
    ("GET", "/v5/market/tickers"): _public(market.tickers),
    ("GET", "/v5/market/kline"): _candles(market.kline, attrgetter("last")),
    ("GET", "/v5/market/mark-price-kline"): _candles(market.mark_price_kline, attrgetter("mark")),
    ("GET", "/v5/market/index-price-kline"): _candles(
        market.index_price_kline, attrgetter("index")
    ),
    ("GET", "/v5/market/orderbook"): _public(market.order_book),
    ("GET", "/v5/market/recent-trade"): _public(market.recent_trades),
    ("GET", "/v5/market/funding/history"): _public(market.funding_history),
    ("GET", "/v5/market/risk-limit"): _public(market.risk_limit),
    ("GET", "/v5/market/price-limit"): _public(market.price_limit),
    ("POST", "/v5/order/create"): _signed(order_entry.create, 10),
    ("POST", "/v5/order/amend"): _signed(order_entry.amend, 10),
    ("POST", "/v5/order/cancel"): _signed(order_entry.cancel, 10),
    ("POST", "/v5/order/cancel-all"): _signed(order_entry.cancel_all, 10),
    ("GET", "/v5/order/realtime"): _signed(order_lists.realtime, 50),
    ("GET", "/v5/order/history"): _signed(order_lists.history, 50),
    ("GET", "/v5/execution/list"): _signed(order_lists.executions, 50),
    ("GET", "/v5/position/list"): _signed(positions.positions, 50),
    ("GET", "/v5/position/closed-pnl"): _signed(positions.closed_pnl, 50),
    ("POST", "/v5/position/set-leverage"): _signed(positions.set_leverage, 10),
    ("POST", "/v5/position/switch-mode"): _signed(positions.switch_mode, 10),
    ("POST", "/v5/position/switch-isolated"): _signed(positions.switch_isolated, 10),
    ("POST", "/v5/position/trading-stop"): _signed(positions.trading_stop, 10),
    ("GET", "/v5/account/wallet-balance"): _signed(account.wallet_balance, 50),
    ("GET", "/v5/account/info"): _signed(account.info, 50),
    ("GET", "/v5/account/fee-rate"): _signed(account.fee_rate, 5),
    ("GET", "/v5/account/transaction-log"): _signed(account.transaction_log, 25),
    ("POST", "/v5/account/set-margin-mode"): _signed(account.set_margin_mode, 5),
    ("POST", "/v5/account/set-limit-px-action"): _signed(account.set_limit_price_action, 5),
    ("GET", "/v5/user/query-api"): _signed(account.query_api, 10),
}
"""Endpoints by method and path."""
