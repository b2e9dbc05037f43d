"""What a gap of the private stream hid, read from the venue: the reconciliation of EX-9."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from typing_extensions import override

from botrunner.domain.control import Event
from botrunner.domain.events import (
    FundingSettled,
    OrderEvent,
    OrderFilled,
    OrderNotFound,
    PositionChanged,
    WalletChanged,
)
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.exchanges.bybit import fields, history, mapper_orders
from botrunner.exchanges.bybit.known_orders import KnownOrder, KnownOrders
from botrunner.exchanges.bybit.private_feed import GapReader
from botrunner.exchanges.bybit.reads import Reads
from botrunner.exchanges.errors import NotApplicableError

Booked = OrderFilled | FundingSettled


class Missed(GapReader):
    """Reads facts since a moment, in the order in which they may be acted upon."""

    def __init__(self, reads: Reads, known: KnownOrders, venue_now: Callable[[], datetime]) -> None:
        self._reads = reads
        self._known = known
        self._venue_now = venue_now
        self._held: dict[tuple[str, Side], Position] = {}

    @override
    def note(self, event: Event) -> None:
        """Remember what is held, so that what has gone meanwhile can be told as flat."""
        if isinstance(event, PositionChanged):
            position = event.position
            self._held[position.symbol, position.side] = position

    @override
    async def read(self, since: datetime) -> tuple[Event, ...]:
        """Fills in time order; what known open orders have become; what rests; positions; wallet.

        Raises ExchangeError or MessageError.
        """
        resting_before = self._known.open_orders()
        open_rows = await self._reads.open_orders()
        read_at = self._venue_now()
        positions = await self._reads.positions()
        wallet = await self._wallet()
        fills = await self._executions(since)
        resting = {fields.name(row, "orderId") for row in open_rows}
        ended: list[OrderEvent] = []
        for venue_id, order in resting_before.items():
            if venue_id not in resting:
                ended += await self._became(venue_id, order)
        fills += [event for event in ended if isinstance(event, OrderFilled)]
        became = [event for event in ended if not isinstance(event, OrderFilled)]
        opened = [mapper_orders.order_event(row) for row in open_rows]
        return (*_once_each(fills), *became, *opened, *self._told(positions, read_at), *wallet)

    @override
    async def executions(self, since: datetime) -> frozenset[str]:
        """Ids of the executions since a moment. Raises ExchangeError or MessageError."""
        return frozenset(event.execution_id for event in await self._executions(since))

    async def _wallet(self) -> list[WalletChanged]:
        try:
            return [WalletChanged(wallet=await self._reads.wallet())]
        except NotApplicableError:
            # The stream counts as up all the same, or cross margin would never be set.
            return []

    async def _became(self, venue_id: str, order: KnownOrder) -> tuple[OrderEvent, ...]:
        events = await self._reads.order(order.order_id, order.symbol)
        if isinstance(events[-1], OrderNotFound):
            # From here on the engine asks; at the next gap it is not looked for again.
            self._known.forget(venue_id)
        return events

    async def _executions(self, since: datetime) -> list[Booked]:
        found: list[Booked] = []
        for start, end in history.windows(self._venue_now()):
            read = await self._reads.executions(max(start, since), end)
            found += [*read.fills, *read.funding]
            if start <= since:
                break
        return found

    def _told(self, positions: tuple[Position, ...], at: datetime) -> list[PositionChanged]:
        """As old as the request: a fill that came while it travelled may be missing in it."""
        told = {(position.symbol, position.side): position for position in positions}
        for key, position in self._held.items():
            if key not in told and position.quantity:
                told[key] = replace(position, quantity=Decimal(0), average_price=Decimal(0))
        return [PositionChanged(position=position, at=at) for position in told.values()]


def _once_each(booked: list[Booked]) -> list[Booked]:
    """In time order; an execution read twice, by its span and by its order, counts once."""
    distinct = {event.execution_id: event for event in booked}
    return sorted(distinct.values(), key=lambda event: event.at)
