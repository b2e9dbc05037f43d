"""Keeps one account alive: life after life, each by recovery, until told to end.

Rule: nothing that goes wrong with one account reaches another (RI-7).
"""

import traceback
from asyncio import get_running_loop

from botapi.conditions import ConditionStatus
from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import Notice, Reading
from botrunner.runtime.life import Life
from botrunner.runtime.publisher import Publisher
from botrunner.runtime.standby import Standby
from botrunner.runtime.venues import VenueError
from botrunner.runtime.wiring import Ending, Wiring
from botrunner.service.logs import Level

DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Seconds before the next life after one that broke, by how many broke in a row."""
SETTLED_SECONDS = 60.0
"""A life that lasted so long starts the row anew."""
REPORT_SECONDS = 0.5
"""The last report is awaited so long at the end."""
BROKE = "RunnerBroke"


class Supervisor:
    """One account's."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._publisher = Publisher(wiring.resource, wiring.log, wiring.meters)
        self._standby = Standby(wiring, self._publisher)
        self._life: Life | None = None
        self._is_told = False
        self._broken = 0
        self._trouble, self._pause = "", 0.0
        """What the last life came to, and how long the next waits for it."""

    @property
    def name(self) -> str:
        """The account's name."""
        return self._wiring.resource.name

    @property
    def status(self) -> AccountStatus | None:
        """The newest report of this process; None before the first."""
        return self._publisher.published

    def problems(self) -> tuple[str, ...]:
        """What keeps the account from trading; empty when nothing does."""
        if self._standby.problem:
            return (self._standby.problem,)
        if self.status is None:
            return ("starting",)
        return tuple(
            f"{condition.type}: {condition.reason} {condition.message}".strip()
            for condition in self.status.conditions
            if condition.status is not ConditionStatus.TRUE
        )

    def end(self) -> None:
        """Told to end."""
        self._is_told = True
        self._standby.end()
        if self._life is not None:
            self._life.end()

    async def run(self) -> None:
        """Until told to end."""
        writing = get_running_loop().create_task(self._publisher.run())
        self._publisher.announce_start(self._wiring.pod, self._wiring.version)
        try:
            uid = ""
            while not self._is_told:
                reading = await self._standby.wait(self._trouble, self._pause, uid)
                if reading is not None:
                    uid = await self._live(reading)
        finally:
            await self._publisher.finish(REPORT_SECONDS)
            writing.cancel()

    async def _live(self, reading: Reading) -> str:
        """One life; whose keys it had, as far as that was learned."""
        clock = self._wiring.clock
        began, self._life = clock.monotonic(), None
        self._trouble, self._pause = "", 0.0
        try:
            self._life = Life(self._wiring, reading, self._publisher)
            ending = await self._life.run()
        except VenueError as error:
            self._trouble, self._pause = str(error), DELAYS[0]
        except Exception as error:
            self._broke(error, clock.monotonic() - began)
        else:
            self._broken = 0
            self._is_told = self._is_told or ending is Ending.TOLD
        return self._life.around.uid if self._life is not None else ""

    def _broke(self, error: Exception, lasted: float) -> None:
        self._broken = 1 if lasted >= SETTLED_SECONDS else self._broken + 1
        self._pause = DELAYS[min(self._broken, len(DELAYS)) - 1]
        text = f"the runner broke: {type(error).__name__}: {error}"
        self._trouble = f"{text}; it begins anew within {self._pause:g} s"
        self._wiring.log.write(
            Level.CRITICAL, "lifeBroke", why=str(error), stack=traceback.format_exc()
        )
        self._wiring.resource.announce(Notice(reason=BROKE, message=text, is_warning=True))
