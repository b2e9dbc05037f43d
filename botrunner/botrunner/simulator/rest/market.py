"""Public market data."""

from collections.abc import Callable, Iterator
from itertools import islice

from botrunner.simulator.bybit.candle import INTERVALS, Bar, end_of, start_of
from botrunner.simulator.bybit.codes import parameter_error
from botrunner.simulator.bybit.market import (
    book_result,
    funding_row,
    instrument_row,
    kline_row,
    listed,
    price_kline_row,
    price_limit_result,
    risk_limit_row,
    ticker_row,
    trade_row,
)
from botrunner.simulator.bybit.paging import page_of
from botrunner.simulator.bybit.parameters import Parameters
from botrunner.simulator.bybit.wire import Json, Row, milliseconds
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.klines import BarSeries
from botrunner.simulator.market import SymbolMarket
from botrunner.simulator.rest.call import Preparation

_RISK_SYMBOLS_A_PAGE = 15
_PAST_STEPS_A_TURN = 1_000


def time(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/time."""
    now = exchange.now()
    microseconds = milliseconds(now) // 1000 * 1_000_000 + now.microsecond
    return {"timeSecond": str(microseconds // 1_000_000), "timeNano": f"{microseconds}000"}


def instruments(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/instruments-info."""
    parameters.category()
    symbols = _symbols(exchange, parameters)
    coin, status = parameters.text("baseCoin"), parameters.text("status", "Trading")
    numbered = [
        (number, exchange.instruments[symbol])
        for number, symbol in enumerate(exchange.instruments, start=1)
        if symbol in symbols and status == "Trading"
    ]
    chosen = [(n, item) for n, item in numbered if coin in ("", item.base_coin)]
    page = page_of(
        chosen,
        lambda entry: (len(exchange.instruments) - entry[0], 0),
        parameters.limit(500, 1000),
        parameters.text("cursor"),
    )
    rows = [instrument_row(item, number, exchange.opened_at) for number, item in page.items]
    return listed(rows, page.cursor)


def tickers(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/tickers."""
    parameters.category()
    rows: list[Json] = [
        ticker_row(exchange.instruments[symbol], exchange.ticker(symbol))
        for symbol in _symbols(exchange, parameters)
    ]
    return {"category": "linear", "list": rows}


def kline(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/kline."""
    symbol = parameters.required("symbol")
    instrument = exchange.instrument(symbol)
    series = exchange.markets[symbol].last
    return _klines(exchange, parameters, series, lambda bar: kline_row(bar, instrument))


def mark_price_kline(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/mark-price-kline."""
    symbol = parameters.required("symbol")
    instrument = exchange.instrument(symbol)
    series = exchange.markets[symbol].mark
    return _klines(exchange, parameters, series, lambda bar: price_kline_row(bar, instrument))


def index_price_kline(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/index-price-kline."""
    symbol = parameters.required("symbol")
    instrument = exchange.instrument(symbol)
    series = exchange.markets[symbol].index
    return _klines(exchange, parameters, series, lambda bar: price_kline_row(bar, instrument))


def order_book(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/orderbook."""
    parameters.category()
    symbol = parameters.required("symbol")
    instrument = exchange.instrument(symbol)
    depth = parameters.limit(25, 1000)
    return book_result(exchange.book(symbol, depth), instrument, depth, exchange.now_ms())


def recent_trades(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/recent-trade."""
    parameters.category()
    symbol = parameters.required("symbol")
    instrument = exchange.instrument(symbol)
    limit = parameters.limit(500, 1000)
    newest = list(exchange.markets[symbol].trades)[-limit:]
    rows: list[Json] = [trade_row(trade, instrument) for trade in reversed(newest)]
    return {"category": "linear", "list": rows}


def funding_history(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/funding/history."""
    parameters.category()
    symbol = parameters.required("symbol")
    exchange.instrument(symbol)
    start, end = parameters.time("startTime"), parameters.time("endTime")
    if start is not None and end is None:
        raise parameter_error("params error: endTime invalid, startTime alone is not enough")
    records = [
        record
        for record in reversed(exchange.markets[symbol].funding)
        if (start or 0) <= milliseconds(record.at) <= (end or milliseconds(record.at))
    ]
    limit = parameters.limit(200, 200)
    rows: list[Json] = [funding_row(symbol, record.rate, record.at) for record in records[:limit]]
    return {"category": "linear", "list": rows}


def risk_limit(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/risk-limit: all tiers of 15 symbols a page."""
    parameters.category()
    symbols = _symbols(exchange, parameters)
    page = page_of(
        tuple(enumerate(symbols)),
        lambda entry: (len(symbols) - entry[0], 0),
        _RISK_SYMBOLS_A_PAGE,
        parameters.text("cursor"),
    )
    rows = [
        risk_limit_row(symbol, tier, number)
        for _, symbol in page.items
        for number, tier in enumerate(exchange.instruments[symbol].tiers, start=1)
    ]
    return listed(rows, page.cursor)


def price_limit(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/market/price-limit."""
    symbol = parameters.required("symbol")
    instrument = exchange.instrument(symbol)
    band = exchange.price_band(symbol)
    return price_limit_result(instrument, band, exchange.now_ms())


def past_reader(pick: Callable[[SymbolMarket], BarSeries]) -> Preparation:
    """Reads as much of the source's past as the candles asked for need, in short turns."""

    def read(exchange: Exchange, parameters: Parameters) -> Iterator[None]:
        series = pick(exchange.markets[exchange.instrument(parameters.required("symbol")).symbol])
        span = _Span(exchange, parameters)
        while series.lacks(span.start):
            series.reach_back(span.start, _PAST_STEPS_A_TURN)
            yield

    return read


class _Span:
    """The candles a request asks for."""

    def __init__(self, exchange: Exchange, parameters: Parameters) -> None:
        self.interval = parameters.text("interval")
        if self.interval not in INTERVALS:
            raise parameter_error("params error: interval invalid")
        self.limit = parameters.limit(200, 1000)
        self.now = exchange.now_ms()
        length = end_of(self.interval, 0) + 1
        start, end = parameters.time("start"), parameters.time("end")
        if end is None:
            end = self.now if start is None else start + self.limit * length
        self.end = end
        if start is None:
            start = start_of(self.interval, end) - (self.limit - 1) * length
        self.start = start


def _klines(
    exchange: Exchange,
    parameters: Parameters,
    series: BarSeries,
    row: Callable[[Bar], list[Json]],
) -> Row:
    parameters.category()
    span = _Span(exchange, parameters)
    found = series.newest_first(span.interval, span.start, span.end, span.now)
    rows: list[Json] = [row(bar) for bar in islice(found, span.limit)]
    return {"category": "linear", "symbol": parameters.required("symbol"), "list": rows}


def _symbols(exchange: Exchange, parameters: Parameters) -> tuple[str, ...]:
    symbol = parameters.text("symbol")
    if not symbol:
        return tuple(exchange.instruments)
    return (exchange.instrument(symbol).symbol,)
