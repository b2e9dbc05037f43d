"""Keeps each symbol's steps, limits and fees read: at the start, and every hour (RI-35)."""

import asyncio
from collections.abc import Callable, Iterable

from botrunner.domain.control import Event
from botrunner.exchanges.errors import ExchangeError, RejectedError
from botrunner.exchanges.port import Exchange
from botrunner.service.clock import Clock

EVERY_SECONDS = 3600.0
_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


class Instruments:
    """Reads what is followed; ``unknown`` hears of a symbol that the venue does not have."""

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        told: Callable[[Event], None],
        unknown: Callable[[str, str], None],
        broke: Callable[[BaseException], None],
    ) -> None:
        """``broke`` hears of what no answer stands for: without it a symbol would never recover."""
        self._exchange, self._clock = exchange, clock
        self._told, self._unknown, self._broke = told, unknown, broke
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def follow(self, symbols: Iterable[str]) -> None:
        """Read these symbols from now on; those followed already go on as they are."""
        for symbol in symbols:
            if symbol not in self._tasks:
                task = asyncio.get_running_loop().create_task(self._keep(symbol))
                task.add_done_callback(self._look_at)
                self._tasks[symbol] = task

    def keep(self, symbols: Iterable[str]) -> None:
        """Read only these any more."""
        for symbol in set(self._tasks) - set(symbols):
            self._tasks.pop(symbol).cancel()

    def stop(self) -> None:
        """Read nothing more."""
        self.keep(())

    def _look_at(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._broke(error)

    async def _keep(self, symbol: str) -> None:
        failed = 0
        while True:
            try:
                event = await self._exchange.read_instrument(symbol)
            except ExchangeError as error:
                if isinstance(error, RejectedError):
                    self._unknown(symbol, str(error))
                delay = _DELAYS[min(failed, len(_DELAYS) - 1)]
                failed += 1
            else:
                self._unknown(symbol, "")
                self._told(event)
                failed, delay = 0, EVERY_SECONDS
            await self._clock.sleep(delay)
