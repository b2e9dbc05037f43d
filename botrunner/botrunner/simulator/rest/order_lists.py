"""Open orders, closed orders and executions, newest first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Protocol, TypeVar

from botrunner.simulator.bybit.codes import parameter_error
from botrunner.simulator.bybit.executions import execution_row
from botrunner.simulator.bybit.market import listed
from botrunner.simulator.bybit.orders import order_row
from botrunner.simulator.bybit.paging import Window, page_of, read_window
from botrunner.simulator.bybit.parameters import Parameters
from botrunner.simulator.bybit.wire import Row, milliseconds
from botrunner.simulator.bybit.words import EXECUTION_TYPES
from botrunner.simulator.exchange import Exchange
from botrunner.venue.records import Execution, OrderSnapshot
from botrunner.venue.vocabulary import OrderStatus, StopOrderType

_LAST_CLOSED = 500
_UNFILLED_KEPT = timedelta(hours=24)


def realtime(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/order/realtime: open orders, or with ``openOnly=1`` the last 500 closed ones."""
    parameters.category()
    wanted = OrderWanted(exchange, parameters, scope_needed=True)
    orders: Iterable[OrderSnapshot] = exchange.venue.open_orders(account)
    if parameters.integer("openOnly", 0):
        closed = exchange.venue.closed_orders(account)
        orders = islice(reversed(closed), _LAST_CLOSED)
    newest_first = sorted(filter(wanted, orders), key=lambda order: -order.created_seq)
    return _order_page(exchange, parameters, newest_first)


def history(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/order/history: closed orders; those without a fill can be seen for 24 hours only."""
    parameters.category()
    wanted = OrderWanted(exchange, parameters, scope_needed=False)
    now = exchange.now()
    window = _order_window(parameters, now)
    status = parameters.text("orderStatus")
    closed: Iterator[OrderSnapshot] = reversed(exchange.venue.closed_orders(account))
    if window is not None:
        # They stand in the order in which they ended.
        closed = takewhile(lambda order: order.updated_at >= window.start, closed)
    found = [
        order
        for order in closed
        if wanted(order)
        and status in ("", str(order.status))
        and (window is None or window.covers(order.updated_at))
        and (order.filled_quantity or order.updated_at > now - _UNFILLED_KEPT)
    ]
    found.sort(key=lambda order: -order.created_seq)
    return _order_page(exchange, parameters, found)


def executions(exchange: Exchange, account: str, parameters: Parameters) -> Row:
    """GET /v5/execution/list: fills and funding."""
    parameters.category()
    wanted = ExecutionWanted(exchange, parameters)
    window = read_window(parameters.time("startTime"), parameters.time("endTime"), exchange.now())
    numbered = numbered_back_to(exchange.venue.executions(account), window)
    chosen = ((number, item) for number, item in numbered if wanted(item))
    page = page_of(
        chosen,
        lambda entry: (entry[0], milliseconds(entry[1].at)),
        parameters.limit(50, 100),
        parameters.text("cursor"),
    )
    rows = [execution_row(item, exchange.instruments[item.symbol]) for _, item in page.items]
    return listed(rows, page.cursor)


class Dated(Protocol):
    """A record with a time."""

    @property
    def at(self) -> datetime:
        """When it happened."""
        ...


R = TypeVar("R", bound=Dated)


def numbered_back_to(records: Sequence[R], window: Window) -> Iterator[tuple[int, R]]:
    """Records of the window, newest first, each with its place in the list counted from 1."""
    for number, record in zip(range(len(records), 0, -1), reversed(records), strict=True):
        if record.at < window.start:
            return
        if window.covers(record.at):
            yield number, record


class SymbolScope:
    """The symbols a request is about: one, those of a base coin, those that settle in a coin."""

    def __init__(self, exchange: Exchange, parameters: Parameters) -> None:
        symbol, base = parameters.text("symbol"), parameters.text("baseCoin")
        settle = parameters.text("settleCoin")
        self.given = bool(symbol or base or settle)
        if symbol:
            self._symbols = {exchange.instrument(symbol).symbol}
            return
        self._symbols = {
            item.symbol
            for item in exchange.instruments.values()
            if base in ("", item.base_coin) and settle in ("", item.quote_coin)
        }

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._symbols


class OrderWanted:
    """Which orders a request asks for: by id first, then by link id, then by symbol and coins."""

    def __init__(self, exchange: Exchange, parameters: Parameters, *, scope_needed: bool) -> None:
        self._scope = SymbolScope(exchange, parameters)
        self._order_id = parameters.text("orderId")
        self._link_id = "" if self._order_id else parameters.text("orderLinkId")
        self._filter = parameters.text("orderFilter")
        if scope_needed and not (self._order_id or self._link_id or self._scope.given):
            raise parameter_error("params error: symbol, baseCoin or settleCoin is required")

    def __call__(self, order: OrderSnapshot) -> bool:
        """Whether the order is one of them."""
        if self._order_id:
            return order.order_id == self._order_id
        if self._link_id:
            return order.link_id == self._link_id
        return order.symbol in self._scope and self._passes_filter(order)

    def _passes_filter(self, order: OrderSnapshot) -> bool:
        untriggered = order.status is OrderStatus.UNTRIGGERED
        stop = order.stop_order_type not in (StopOrderType.NONE, StopOrderType.STOP)
        match self._filter:
            case "Order":
                return not untriggered
            case "StopOrder":
                return untriggered
            case "tpslOrder":
                return untriggered and stop
            case _:
                return True


def _order_page(
    exchange: Exchange, parameters: Parameters, newest_first: Iterable[OrderSnapshot]
) -> Row:
    page = page_of(
        newest_first,
        lambda order: (order.created_seq, milliseconds(order.created_at)),
        parameters.limit(20, 50),
        parameters.text("cursor"),
    )
    rows = [order_row(order, exchange.instruments[order.symbol]) for order in page.items]
    return listed(rows, page.cursor)


def _order_window(parameters: Parameters, now: datetime) -> Window | None:
    start, end = parameters.time("startTime"), parameters.time("endTime")
    named = parameters.has("orderId") or parameters.has("orderLinkId")
    if named and start is None and end is None:
        return None
    return read_window(start, end, now)


class ExecutionWanted:
    """Which executions a request asks for."""

    def __init__(self, exchange: Exchange, parameters: Parameters) -> None:
        self._scope = SymbolScope(exchange, parameters)
        self._order_id = parameters.text("orderId")
        self._link_id = "" if self._order_id else parameters.text("orderLinkId")
        self._type = parameters.text("execType")

    def __call__(self, execution: Execution) -> bool:
        """Whether the execution is one of them."""
        if self._type not in ("", EXECUTION_TYPES[execution.execution_type]):
            return False
        if self._order_id:
            return execution.order_id == self._order_id
        if self._link_id:
            return execution.link_id == self._link_id
        return execution.symbol in self._scope
