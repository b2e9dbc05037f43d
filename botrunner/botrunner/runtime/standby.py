"""Between lives: says why nothing trades, and notices at once when that is mended."""

import asyncio

from botrunner.account_resource.port import Reading
from botrunner.exchanges.credentials import Credentials
from botrunner.runtime.lifeless import Lifeless, lifeless_status
from botrunner.runtime.opening import standing_stop
from botrunner.runtime.publisher import Publisher
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.wiring import Wiring
from botrunner.service.logs import Level

LOOK_SECONDS = 1.0
"""How often the report is looked after while nothing changes."""


class Standby:
    """One account's. ``problem`` is why there is no life right now; empty when there is one."""

    def __init__(self, wiring: Wiring, publisher: Publisher) -> None:
        self._wiring, self._clock = wiring, wiring.clock
        self._publisher = publisher
        self._started = wiring.clock.now()
        self._reading: Reading | None = None
        self._keys: Credentials | None = None
        """Of the last life: where they are gone now, the next goes on with them."""
        self._woken = asyncio.Event()
        self._is_ended = False
        self.problem = ""

    def end(self) -> None:
        """Told to end."""
        self._is_ended = True
        self._woken.set()

    async def wait(self, trouble: str = "", seconds: float = 0.0, uid: str = "") -> Reading | None:
        """What a life can begin with, after ``seconds`` or an edit; None once ended.

        ``trouble`` is what ended the last life, whose keys were those of ``uid``.
        """
        until = self._clock.monotonic() + seconds
        self._reading = first = self._read()
        watching = asyncio.get_running_loop().create_task(self._watch())
        try:
            while not self._is_ended:
                left = until - self._clock.monotonic()
                reading = self._livable()
                if reading is not None and (left <= 0 or _is_edited(first, reading)):
                    self.problem, self._keys = "", reading.keys
                    return reading
                self._report(trouble, uid)
                await self._pause(min(LOOK_SECONDS, left) if left > 0 else LOOK_SECONDS)
                if watching.done():
                    watching.result()
        finally:
            watching.cancel()
        return None

    def _livable(self) -> Reading | None:
        reading = self._reading
        if reading is None or reading.account is None or reading.keys is None:
            return None
        return reading

    async def _watch(self) -> None:
        async for reading in self._wiring.resource.watch():
            self._reading = reading.keeping(self._keys)
            self._woken.set()

    def _read(self) -> Reading | None:
        try:
            return self._wiring.resource.read().keeping(self._keys)
        except OSError as error:
            self._say(f"the account cannot be read: {error.strerror or error}")
            return None

    async def _pause(self, seconds: float) -> None:
        self._woken.clear()
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            if self._reading is None:
                self._reading = self._read()

    def _report(self, trouble: str, uid: str) -> None:
        reading = self._reading
        self._wiring.admission.heard("")
        if reading is None:
            return
        faults = reading.faults if reading.account is None else ()
        parts = (*faults, reading.keys_problem if reading.keys is None else "", trouble)
        self._say("; ".join(part for part in parts if part))
        if reading.is_reachable or reading.account is not None:
            self._publish(reading, trouble, uid)

    def _publish(self, reading: Reading, trouble: str, uid: str) -> None:
        is_missing = reading.account is not None and reading.keys is None
        around = Surroundings(
            account=self._wiring.resource.name,
            version=self._wiring.version,
            started=self._started,
            pod=self._wiring.pod,
            uid=uid,
            keys_problem=reading.keys_problem if is_missing else "",
            keys_reason=reading.keys_reason if is_missing else "",
            keys_gone=reading.keys_problem if reading.keys_reason and not is_missing else "",
            keys_gone_reason=reading.keys_reason,
            generation=reading.generation,
            pending_restart=reading.pending_restart,
        )
        now = self._clock.now()
        stop = standing_stop(self._wiring.resource, reading, self._wiring.log)
        why = Lifeless(reading=reading, around=around, stop=stop, trouble=trouble, now=now)
        self._publisher.publish(lifeless_status(why, self._publisher.latest), now)

    def _say(self, problem: str) -> None:
        if problem and problem != self.problem:
            self._wiring.log.write(Level.ERROR, "cannotStart", why=problem)
        self.problem = problem


def _is_edited(first: Reading | None, now: Reading) -> bool:
    """Whether what broke the last life may be mended."""
    return first is None or (first.account, first.keys) != (now.account, now.keys)
