"""How far back recovery has to read: to where the present life of each side began. Pure.

A side's life begins with the fill that took it from flat. Walking from what is held now back over
the fills, newest first, its quantity comes down to zero there.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from botrunner.domain.control import ReadOrder
from botrunner.domain.events import OrderFilled
from botrunner.domain.position import Position
from botrunner.domain.side import SIDES
from botrunner.exchanges.bybit import fields, mapper_orders
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.bybit.known_orders import KnownOrders

WINDOW = timedelta(days=7)
"""The longest span one history request may ask for."""
LONGEST = timedelta(days=182)
"""Further back nobody looks: then the history does not add up to the position, and recovery says
so."""


class LifeWalk:
    """Takes fills newest first and says when both sides' present lives are covered."""

    def __init__(self, positions: Iterable[Position]) -> None:
        self._left = {side: Decimal(0) for side in SIDES}
        for position in positions:
            self._left[position.side] = position.quantity
        self._began: datetime | None = None

    @property
    def is_covered(self) -> bool:
        """Every side is back at flat."""
        return all(quantity == 0 for quantity in self._left.values())

    @property
    def began_at(self) -> datetime | None:
        """The earliest beginning met so far; None where nothing was held."""
        return self._began

    def back_over(self, fill: OrderFilled) -> None:
        """Undo one fill. Fills before a side's beginning change nothing."""
        left = self._left[fill.side]
        if left == 0:
            return
        undone = left + fill.quantity if fill.reduces else left - fill.quantity
        # Below zero: a fill is missing between; the beginning cannot be later than this one.
        self._left[fill.side] = max(undone, Decimal(0))
        if self._left[fill.side] == 0:
            self._began = fill.at


def windows(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Spans of at most 7 days, newest first, as far back as anything is looked for."""
    end, last = now, now - LONGEST
    while end > last:
        start = max(end - WINDOW, last)
        yield start, end
        end = start


def orders_of_fills(rows: Iterable[Row], known: KnownOrders) -> dict[str, ReadOrder]:
    """Orders as their executions tell of them, by the venue's id.

    An execution carries price and quantity of its order, and a filled order can be missing from
    the order history (it lags) or lie outside the span (it was amended into a new life).
    """
    found: dict[str, ReadOrder] = {}
    for row in rows:
        fill = mapper_orders.execution_event(row, known)
        if not isinstance(fill, OrderFilled):
            continue
        venue_id = fields.name(row, "orderId")
        before = found.get(venue_id)
        found[venue_id] = ReadOrder(
            order_id=fill.order_id,
            symbol=fill.symbol,
            side=fill.side,
            reduces=fill.reduces,
            price=fields.decimal_or_zero(row, "orderPrice"),
            quantity=fields.not_negative(row, "orderQty"),
            filled=fill.quantity + (before.filled if before else Decimal(0)),
            is_open=False,
            created_at=min(fill.at, before.created_at) if before else fill.at,
        )
    return found
