"""An account's supervisor as a pod has it, with its TradingAccount in memory, at a simulator."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from botrunner.runtime.supervisor import Supervisor
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.runtime.wiring import MakeExchange, Wiring
from botrunner.service.clock import SystemClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters
from support.memory_door import MemoryDoor, account_of, keys_of
from support.runner_desk import CREATE, WRITES, RunnerDesk

PATIENCE_SECONDS = 180
T = TypeVar("T")


@dataclass(slots=True)
class PodLife:
    """The door, and a desk that looks at the venue."""

    door: MemoryDoor
    desk: RunnerDesk
    supervisor: Supervisor

    async def until(self, ask: Callable[[], T | None], what: str) -> T:
        """The first answer that is something; fails the test when there is none in time."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with suppress(OSError):  # The venue does not know the account yet.
                    if answer := ask():
                        return answer
                await asyncio.sleep(0.02)  # noqa: TID251 - a poll, bounded by the timeout

    async def until_reason(self, kind: str, reason: str) -> None:
        """Wait until a condition of the newest report has this reason."""
        await self.until(lambda: self.door.reason(kind) == reason, f"{kind} {reason}")

    async def until_shown(self, expected: Mapping[str, object]) -> None:
        """Wait until the venue shows exactly this: see ``RunnerDesk.picture``."""

        def shows() -> bool:
            picture = self.desk.picture()
            return all(picture[key] == value for key, value in expected.items())

        await self.until(shows, f"the venue shows {expected}")

    def written(self) -> list[dict[str, Any]]:
        """Order requests that the venue received."""
        return self.desk.requests(*WRITES)

    def placed(self) -> list[dict[str, Any]]:
        """Placements that the venue received."""
        return self.desk.requests(CREATE)


@asynccontextmanager
async def pod_life(
    desk: RunnerDesk, make_exchange: MakeExchange | None = None, /, **wanted: Any
) -> AsyncIterator[PodLife]:
    """A supervisor that runs; ``wanted`` are fields of the first reading."""
    door, clock = MemoryDoor(desk.name), SystemClock()
    account = account_of(desk.name, **desk.whole_spec)
    first = {"account": account, "keys": keys_of(desk.name)}
    door.says(**{"is_reachable": True, "generation": 1, "admitted_uid": "", **first, **wanted})
    log = Log(desk.name, LogFiles.below(desk.folder), clock, _ignore, lambda text: text)
    async with AsyncExitStack() as stack:
        stack.callback(log.close)
        wiring = Wiring(
            resource=door,
            make_exchange=make_exchange or VenueMaker(None, clock, stack),
            clock=clock,
            log=log,
            meters=Meters(),
            version="1",
            folder=desk.folder,
            pod=f"{desk.name}-0",
        )
        supervisor = Supervisor(wiring)
        running = asyncio.create_task(supervisor.run())
        try:
            yield PodLife(door, desk, supervisor)
        finally:
            supervisor.end()
            await asyncio.wait_for(running, PATIENCE_SECONDS)


def _ignore(record: object, text: str) -> None:
    """The files have it."""
