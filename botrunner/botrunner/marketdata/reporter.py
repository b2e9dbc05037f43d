"""Writes a feed's own part of its status, seldom and again until it is written (MD-10)."""

from collections.abc import Awaitable, Callable

from botapi.v1alpha1.feed import FeedStatus
from botrunner.marketdata.status import Numbers, Process, feed_status, is_due
from botrunner.service.clock import Clock

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 5.0
"""After a write that failed."""


class Reporter:
    """One feed's. ``write`` raises OSError; ``told`` hears of the first failure and of its end."""

    def __init__(
        self,
        look: Callable[[], Numbers],
        write: Callable[[FeedStatus], Awaitable[None]],
        process: Process,
        clock: Clock,
        told: Callable[[str], None],
    ) -> None:
        self._look, self._write, self._told = look, write, told
        self._process, self._clock = process, clock
        self._written: FeedStatus | None = None
        self._has_failed = False

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            is_well = await self._report()
            await self._clock.sleep(LOOK_SECONDS if is_well else AGAIN_SECONDS)

    async def _report(self) -> bool:
        status = feed_status(self._look(), self._process, self._written, self._clock.now())
        if not is_due(self._written, status):
            return True
        try:
            await self._write(status)
        except OSError as error:
            if not self._has_failed:
                self._told(f"the status cannot be written: {error.strerror or error}")
            self._has_failed = True
            return False
        if self._has_failed:
            self._told("")
        self._written, self._has_failed = status, False
        return True
