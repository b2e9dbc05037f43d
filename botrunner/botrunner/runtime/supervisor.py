"""Keeps one account alive: life after life, each by recovery, until told to end.

Rule: nothing that goes wrong with one account reaches another (RI-7).
"""

import asyncio
import traceback

from botrunner.account_resource.port import Reading
from botrunner.runtime.life import Life
from botrunner.runtime.wiring import Ending, Wiring
from botrunner.service.logs import Level

DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Seconds before the next life after one that broke, by how many broke in a row."""
SETTLED_SECONDS = 60.0
"""A life that lasted so long starts the row anew."""


class Supervisor:
    """One account's. ``life`` is the present one, for whoever shows it."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._told = asyncio.Event()
        self.life: Life | None = None
        self.trouble = ""
        """Why there is no life right now; empty when there is one."""

    @property
    def name(self) -> str:
        """The account's name."""
        return self._wiring.resource.name

    def end(self) -> None:
        """Told to end."""
        self._told.set()
        if self.life is not None:
            self.life.end()

    async def run(self) -> None:
        """Until told to end."""
        broken = 0
        while not self._told.is_set():
            try:
                reading = self._wiring.resource.read()
            except OSError as error:
                await self._wait_for_more(f"the account cannot be read: {error}")
                continue
            if reading.account is None or reading.keys is None:
                await self._wait_for_more("; ".join((*reading.faults, reading.keys_problem)))
                continue
            began = self._wiring.clock.monotonic()
            if await self._live(reading):
                broken = 0
                continue
            lasted = self._wiring.clock.monotonic() - began
            broken = 0 if lasted >= SETTLED_SECONDS else broken + 1
            await self._pause(DELAYS[min(broken, len(DELAYS) - 1)])

    async def _live(self, reading: Reading) -> bool:
        """One life; whether it ended well."""
        self.trouble = ""
        try:
            self.life = Life(self._wiring, reading)
            ending = await self.life.run()
        except Exception as error:
            self.trouble = f"broke: {type(error).__name__}: {error}"
            self._wiring.log.write(
                Level.CRITICAL, "lifeBroke", why=str(error), stack=traceback.format_exc()
            )
            return False
        if ending is Ending.TOLD:
            self._told.set()
        return True

    async def _wait_for_more(self, trouble: str) -> None:
        if trouble != self.trouble:
            self._wiring.log.write(Level.ERROR, "cannotStart", why=trouble)
        self.trouble = trouble
        await self._pause(1.0)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._told.wait(), seconds)
        except TimeoutError:
            return
