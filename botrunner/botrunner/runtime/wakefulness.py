"""Notices that the process stood still, and looks for a successor before it goes on (PR-8).

A process that was frozen wakes with a queue of old news and no word of the runner that took over.
Acting on that queue would double what the other one did. Only a stop does not wait for the answer:
its cancels and closes are safe whoever trades.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

from botrunner.domain.actions import ReadAccount
from botrunner.domain.control import AccountRead, Event, PositionsUnreadable, ReadOrder
from botrunner.domain.events import OrderOpened
from botrunner.domain.ids import decode
from botrunner.engine.state import EngineState
from botrunner.exchanges.port import Exchange
from botrunner.runtime.inbox import Inbox
from botrunner.service.clock import Clock

STILL_SECONDS = 2.0
"""An event comes at least once a second; so long without one, the process stood still."""
SET_BACK = timedelta(seconds=2)
"""So far may the wall clock fall behind itself; the engine's time would stand still meanwhile."""
_AGAIN_SECONDS = 1.0
_STOP_SECONDS = 0.05
"""How often a stop is looked for meanwhile."""


class Wakefulness:
    """One life's. ``is_awake`` is asked on any thread."""

    def __init__(self, exchange: Exchange, clock: Clock) -> None:
        self._exchange, self._clock = exchange, clock
        self._pulse = clock.monotonic(), clock.now()
        self._is_looking = False
        self._newest = clock.now()

    @property
    def still_seconds(self) -> float:
        """Since the last event was processed, by the clock that says more.

        The monotonic clock stands still while the machine is suspended; the wall clock does not.
        """
        since, at = self._pulse
        return max(self._clock.monotonic() - since, (self._clock.now() - at).total_seconds())

    def beat(self) -> None:
        """An event is being processed; while a successor is looked for, that says nothing."""
        if not self._is_looking:
            self._pulse = self._clock.monotonic(), self._clock.now()

    def is_awake(self) -> bool:
        """Whether events are being processed as they come."""
        return self.still_seconds < STILL_SECONDS

    def is_set_back(self) -> bool:
        """Whether the wall clock was set back since it was last asked; says so once."""
        now = self._clock.now()
        is_back = now < self._newest - SET_BACK
        self._newest = now if is_back else max(self._newest, now)
        return is_back

    async def wake_up(
        self, state: EngineState, inbox: Inbox, step: Callable[[Event], None]
    ) -> None:
        """Step open orders of a higher epoch; asks until the account can be read.

        What people want is stepped meanwhile, and once the account is stopped everything else too.
        """
        self._is_looking = True
        looking = asyncio.ensure_future(self._look_for_younger(state.epoch, step))
        try:
            while not looking.done():
                waiting = await inbox.get() if _may_go_on(state, inbox) else inbox.get_wish()
                if waiting is not None:
                    step(waiting[0])
                await asyncio.wait((looking,), timeout=0 if waiting else _STOP_SECONDS)
        finally:
            self._is_looking = False
            looking.cancel()
        for event in looking.result():
            step(event)
        self.beat()

    async def _look_for_younger(
        self, epoch: int, step: Callable[[Event], None]
    ) -> tuple[OrderOpened, ...]:
        while True:
            read = await self._exchange.read_account(ReadAccount(token=0))
            if any(isinstance(event, AccountRead) for event in read):
                return younger_orders(read, epoch)
            for event in read:
                if isinstance(event, PositionsUnreadable):
                    step(event)
            await self._clock.sleep(_AGAIN_SECONDS)


def _may_go_on(state: EngineState, inbox: Inbox) -> bool:
    return state.stop is not None and len(inbox) > 0


def younger_orders(read: Iterable[Event], epoch: int) -> tuple[OrderOpened, ...]:
    """Open orders of a higher epoch in a read of the account, as the engine hears of them."""
    return tuple(
        order.as_opened(event.at)
        for event in read
        if isinstance(event, AccountRead)
        for order in event.open_orders
        if _is_younger(order, epoch)
    )


def _is_younger(order: ReadOrder, epoch: int) -> bool:
    identity = decode(order.order_id)
    return identity is not None and identity.epoch > epoch
