"""Drives the prices through a source at its speed, or step by step; settles funding on time."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from botrunner.service.clock import Clock
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.price_source import PriceSource, PriceStep

_LONGEST_BURST = 500


class PriceDriver:
    """Pulls steps from the source and gives each to the exchange when it is due."""

    def __init__(
        self,
        exchange: Exchange,
        source: PriceSource,
        clock: Clock,
        *,
        speed: Decimal,
        paused: bool,
    ) -> None:
        self._exchange = exchange
        self._steps: Iterator[PriceStep] = source.steps()
        self._next: PriceStep | None = next(self._steps, None)
        self._offset = timedelta(0)
        self._clock = clock
        self.speed = speed
        self._running = asyncio.Event()
        if not paused:
            self._running.set()

    def start_prices(self) -> None:
        """Take every step at offset zero, which gives each symbol its first price."""
        while self._next is not None and self._next.offset <= timedelta(0):
            self._take()

    @property
    def paused(self) -> bool:
        """Whether prices stand still but for the control API."""
        return not self._running.is_set()

    def pause(self) -> None:
        """Let prices stand still."""
        self._running.clear()

    def resume(self) -> None:
        """Let prices move on from where they stood."""
        self._running.set()

    def step(self, count: int) -> int:
        """Take up to ``count`` steps at once; the number there were."""
        for taken in range(count):
            if not self._take():
                return taken
        return count

    async def run(self) -> None:
        """Drive until cancelled or the source ends."""
        while self._next is not None:
            await self._running.wait()
            await self._run_from(self._clock.monotonic(), self._offset)

    async def _run_from(self, begun: float, offset: timedelta) -> None:
        # One stretch between two pauses: each step is due by the stretch's start, so that
        # lateness of one does not add to the next. A changed speed begins a new stretch.
        speed = self.speed
        burst = 0
        while self._next is not None and self._running.is_set() and self.speed == speed:
            due = begun + (self._next.offset - offset).total_seconds() / float(speed)
            wait = due - self._clock.monotonic()
            burst = 0 if wait > 0 else burst + 1
            if wait > 0 or burst % _LONGEST_BURST == 0:
                await self._clock.sleep(wait)
                continue
            self._take()

    def _take(self) -> bool:
        if self._next is None:
            return False
        step, self._next = self._next, next(self._steps, None)
        self._offset = step.offset
        self._exchange.take_step(step)
        return True


async def settle_funding(exchange: Exchange, clock: Clock) -> None:
    """Settle each symbol's funding at its hours, until cancelled."""
    now = exchange.now()
    due = {symbol: market.next_funding_at(now) for symbol, market in exchange.markets.items()}
    while True:
        await clock.sleep((min(due.values()) - exchange.now()).total_seconds())
        now = exchange.now()
        for symbol in [symbol for symbol, at in due.items() if at <= now]:
            exchange.settle_funding(symbol)
            due[symbol] = exchange.markets[symbol].next_funding_at(now)
