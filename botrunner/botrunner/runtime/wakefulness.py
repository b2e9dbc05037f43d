"""Notices that the process stood still, and looks for a successor before it goes on (PR-8).

A process that was frozen wakes with a queue of old news and no word of the runner that took over.
Acting on that queue would double what the other one did.
"""

from collections.abc import Iterable
from datetime import datetime

from botrunner.domain.actions import ReadAccount
from botrunner.domain.control import AccountRead, Event, ReadOrder
from botrunner.domain.events import OrderOpened
from botrunner.domain.ids import decode
from botrunner.exchanges.port import Exchange
from botrunner.service.clock import Clock

STILL_SECONDS = 2.0
"""An event comes at least once a second; so long without one, the process stood still."""
_AGAIN_SECONDS = 1.0


class Wakefulness:
    """One life's. ``is_awake`` is asked on any thread."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange, self._clock = exchange, clock
        self._pulse = clock.monotonic(), clock.now()

    @property
    def still_seconds(self) -> float:
        """Since the last event was processed, by the clock that says more.

        The monotonic clock stands still while the machine is suspended; the wall clock does not.
        """
        since, at = self._pulse
        return max(self._clock.monotonic() - since, (self._clock.now() - at).total_seconds())

    def beat(self) -> None:
        """An event is being processed."""
        self._pulse = self._clock.monotonic(), self._clock.now()

    def is_awake(self) -> bool:
        """Whether events are being processed as they come."""
        return self.still_seconds < STILL_SECONDS

    async def look_for_younger(self, epoch: int) -> tuple[OrderOpened, ...]:
        """Open orders of a higher epoch; asks until the account can be read."""
        while True:
            read = await self._exchange.read_account(ReadAccount(token=0))
            if any(isinstance(event, AccountRead) for event in read):
                return younger_orders(read, epoch)
            await self._clock.sleep(_AGAIN_SECONDS)


def younger_orders(read: Iterable[Event], epoch: int) -> tuple[OrderOpened, ...]:
    """Open orders of a higher epoch in a read of the account, as the engine hears of them."""
    return tuple(
        _as_opened(order, event.at)
        for event in read
        if isinstance(event, AccountRead)
        for order in event.open_orders
        if _is_younger(order, epoch)
    )


def _is_younger(order: ReadOrder, epoch: int) -> bool:
    identity = decode(order.order_id)
    return identity is not None and identity.epoch > epoch


def _as_opened(order: ReadOrder, at: datetime) -> OrderOpened:
    return OrderOpened(
        order_id=order.order_id,
        at=at,
        symbol=order.symbol,
        side=order.side,
        reduces=order.reduces,
        quantity=order.quantity,
        price=order.price,
        filled=order.filled,
        created_at=order.created_at,
    )
