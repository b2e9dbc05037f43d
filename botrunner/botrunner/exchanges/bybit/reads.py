"""Reads of more than one request: pages, windows, one order wherever it is, a whole symbol.

Every row goes through the mappers, so a read raises MessageError for an answer that cannot be
believed, and ExchangeError where there is no answer.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain import ids
from botrunner.domain.account import Wallet
from botrunner.domain.control import ReadOrder, SymbolRead
from botrunner.domain.day import Transfer
from botrunner.domain.events import FundingSettled, OrderEvent, OrderFilled, OrderNotFound
from botrunner.domain.position import Position
from botrunner.exchanges.bybit import (
    fields,
    history,
    mapper_account,
    mapper_orders,
    mapper_transfers,
    requests,
)
from botrunner.exchanges.bybit.deliver import Delivery
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.requests import Request
from botrunner.exchanges.bybit.rest import Rest
from botrunner.exchanges.errors import MessageError

_MOST_PAGES = 1_000
"""A cursor that never ends is a fault of the venue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fills:
    """Executions of a span, oldest first."""

    fills: tuple[OrderFilled, ...]
    funding: tuple[FundingSettled, ...]
    orders: dict[str, ReadOrder]
    """The orders they tell of, by the venue's id."""


class Reads:
    """Reads of one account."""

    def __init__(
        self,
        delivery: Delivery,
        rest: Rest,
        known: KnownOrders,
        *,
        tell_marks: Callable[[Mapping[str, Decimal]], None] = lambda marks: None,
    ) -> None:
        self._delivery = delivery
        self._rest = rest
        self._known = known
        self._tell_marks = tell_marks

    async def open_orders(self, symbol: str = "") -> list[Row]:
        """Rows of what rests, all pages; orders of other kinds of contracts left out."""
        rows = [row async for row in self._rows(requests.open_orders(symbol=symbol))]
        mapper_orders.order_events(rows, self._known)
        return [row for row in rows if mapper_orders.known_order(row).is_open]

    async def positions(self, symbol: str = "") -> tuple[Position, ...]:
        """Both sides of a symbol, or every open side of the account."""
        rows = [row async for row in self._rows(requests.positions(symbol=symbol))]
        if marks := mapper_account.marks(rows):
            self._tell_marks(marks)
        return tuple(position for row in rows for position in mapper_account.positions(row))

    async def wallet(self) -> Wallet:
        """The unified wallet, at the time of the venue's answer."""
        reply = await self._delivery.deliver(requests.wallet())
        accounts = fields.rows(reply.result)
        if len(accounts) != 1:
            raise MessageError(f"list: {len(accounts)} accounts where one was asked for")
        at = fields.moment({"time": reply.time_ms}, "time")
        return mapper_account.wallet(accounts[0], at)

    async def transfers(self, start: datetime, end: datetime) -> tuple[Transfer, ...]:
        """What came into the account or left it, in USDT; ``start`` at most 7 days before ``end``.

        A transfer of another coin counts at that coin's price of the minute.
        """
        start = max(start, end - history.WINDOW)
        rows = [row async for row in self._rows(requests.transaction_log(start, end))]
        moved = [row for row in rows if mapper_transfers.is_transfer(row)]
        return tuple([await self._transfer(row) for row in moved])

    async def executions(self, start: datetime, end: datetime) -> Fills:
        """What happened on the account in a span of at most 7 days."""
        request = requests.executions(start, end)
        rows = [row async for row in self._rows(request) if mapper_orders.is_linear(row)]
        return self._fills(rows)

    async def order(self, order_id: str, symbol: str) -> tuple[OrderEvent, ...]:
        """One order: its fills in time order, then what it is; or OrderNotFound.

        Looked for among open and lately closed orders, in the history and in executions.
        """
        by_link = ids.decode(order_id) is not None
        row = await self._find(order_id, symbol, by_link)
        rows = await self._executions_of(order_id, symbol, by_link)
        found = self._fills(rows).fills
        if row is not None:
            return (*found, *mapper_orders.order_events([row], self._known))
        if found:
            return found
        return (OrderNotFound(order_id=order_id, at=self._rest.venue_now()),)

    async def symbol(self, token: int, symbol: str) -> SymbolRead:
        """Everything recovery needs of a symbol, back to where each side was last flat."""
        positions = await self.positions(symbol)
        open_rows = await self.open_orders(symbol)
        now = self._rest.venue_now()
        walk = history.LifeWalk(positions)
        fills = self._fills(await self._life(symbol, walk, now))
        orders = await self._final_orders(symbol, walk.began_at, now)
        resting = {fields.name(row, "orderId") for row in open_rows}
        final = {**fills.orders, **orders}
        return SymbolRead(
            token=token,
            symbol=symbol,
            positions=positions,
            open_orders=tuple(mapper_orders.read_order(row) for row in open_rows),
            orders=tuple(final[venue_id] for venue_id in final if venue_id not in resting),
            fills=fills.fills,
            funding=fills.funding,
            at=now,
        )

    async def _transfer(self, row: Row) -> Transfer:
        price_at = mapper_transfers.needs_price(row)
        if price_at is None:
            return mapper_transfers.transfer(row, Decimal(1))
        coin = fields.name(row, "currency")
        reply = await self._delivery.deliver(requests.spot_price(coin, price_at))
        return mapper_transfers.transfer(row, mapper_transfers.price_of(reply.result, coin))

    async def _find(self, order_id: str, symbol: str, by_link: bool) -> Row | None:
        for method in ("get_open_orders", "get_order_history"):
            request = requests.order_by_id(method, order_id, symbol, by_link=by_link)
            async for row in self._rows(request):
                if mapper_orders.order_id(row) == order_id:
                    return row
        return None

    async def _executions_of(self, order_id: str, symbol: str, by_link: bool) -> list[Row]:
        request = requests.order_by_id("get_executions", order_id, symbol, by_link=by_link)
        rows = [row async for row in self._rows(request)]
        return [row for row in rows if mapper_orders.order_id(row) == order_id]

    async def _life(self, symbol: str, walk: history.LifeWalk, now: datetime) -> list[Row]:
        """Executions newest first, page by page, until both sides are back at flat."""
        read: dict[str, Row] = {}
        for start, end in history.windows(now):
            request = requests.executions(start, end, symbol=symbol)
            async for rows in self._pages(request):
                page = [row for row in rows if fields.name(row, "execId") not in read]
                read |= {fields.name(row, "execId"): row for row in page}
                for event in reversed(mapper_orders.listed_executions(page, self._known)):
                    if isinstance(event, OrderFilled):
                        walk.back_over(event)
                if walk.is_covered:
                    return list(read.values())
            if walk.is_covered:
                break  # Nothing is held: an empty window has no page to say so.
        return list(read.values())

    async def _final_orders(
        self, symbol: str, began_at: datetime | None, now: datetime
    ) -> dict[str, ReadOrder]:
        found: dict[str, ReadOrder] = {}
        for start, end in history.windows(now):
            async for page in self._pages(requests.order_history(symbol, start, end)):
                orders = [(row, mapper_orders.read_order(row)) for row in page]
                found |= {fields.name(row, "orderId"): order for row, order in orders}
                oldest = min((order.created_at for _, order in orders), default=None)
                if began_at is None or (oldest is not None and oldest < began_at):
                    return found
            if began_at is None or start < began_at:
                return found
        return found

    def _fills(self, rows: list[Row]) -> Fills:
        rows = mapper_orders.distinct(rows)
        events = mapper_orders.listed_executions(rows, self._known)
        return Fills(
            fills=tuple(event for event in events if isinstance(event, OrderFilled)),
            funding=tuple(event for event in events if isinstance(event, FundingSettled)),
            orders=history.orders_of_fills(rows, self._known),
        )

    async def _rows(self, request: Request) -> AsyncIterator[Row]:
        async for page in self._pages(request):
            for row in page:
                yield row

    async def _pages(self, request: Request) -> AsyncIterator[list[Row]]:
        cursor = ""
        for _ in range(_MOST_PAGES):
            asked = requests.on_page(request, cursor) if cursor else request
            reply = await self._delivery.deliver(asked)
            page = fields.rows(reply.result)
            if not page:
                return
            yield page
            following = fields.text_or_empty(reply.result, "nextPageCursor")
            if not following or following == cursor:
                return
            cursor = following
        raise MessageError(f"nextPageCursor: more than {_MOST_PAGES} pages")
