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
    PositionChanged,
    WalletChanged,
)
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.exchanges.bybit import fields, history, mapper_orders
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.private_feed import GapReader
from botrunner.exchanges.bybit.reads import Reads

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
        positions = await self._reads.positions()
        wallet = await self._reads.wallet()
        fills = await self._executions(since)
        resting = {fields.name(row, "orderId") for row in open_rows}
        ended: list[OrderEvent] = []
        for venue_id, order in resting_before.items():
            if venue_id not in resting:
                ended += await self._reads.order(order.order_id, order.symbol)
        fills += [event for event in ended if isinstance(event, OrderFilled)]
        became = [event for event in ended if not isinstance(event, OrderFilled)]
        opened = [mapper_orders.order_event(row) for row in open_rows]
        wallet_told = WalletChanged(wallet=wallet)
        return (*_once_each(fills), *became, *opened, *self._told(positions), wallet_told)

    async def _executions(self, since: datetime) -> list[Booked]:
        found: list[Booked] = []
        for start, end in history.windows(self._venue_now()):
            read = await self._reads.executions(max(start, since), end)
            found += [*read.fills, *read.funding]
            if start <= since:
                break
        return found

    def _told(self, positions: tuple[Position, ...]) -> list[PositionChanged]:
        at = self._venue_now()
        told = {(position.symbol, position.side): position for position in positions}
        for key, position in self._held.items():
            if key not in told and position.quantity:
                told[key] = replace(position, quantity=Decimal(0), average_price=Decimal(0))
        return [PositionChanged(position=position, at=at) for position in told.values()]


def _once_each(booked: list[Booked]) -> list[Booked]:
    """In time order; an execution read twice, by its span and by its order, counts once."""
    distinct = {event.execution_id: event for event in booked}
    return sorted(distinct.values(), key=lambda event: event.at)
