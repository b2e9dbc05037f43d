"""Writes off the loop: the newest of each kind, never two at a time, failures told.

A disk that is full or slow, or an API server that does not answer, never holds a decision up;
what could not be written is tried again with the next change and at least every few seconds.
"""

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress

Write = Callable[[], None]
RETRY_SECONDS = 2.0


class Paperwork:
    """Belongs to one event loop. ``failed`` hears once of a kind that cannot be written, and
    ``mended`` once it is written again.
    """

    def __init__(
        self,
        failed: Callable[[Hashable, OSError], None],
        mended: Callable[[Hashable], None] = lambda kind: None,
    ) -> None:
        self._failed, self._mended = failed, mended
        self._waiting: dict[Hashable, Write] = {}
        self._unwell: set[Hashable] = set()
        self._something = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def hand_in(self, kind: Hashable, write: Write) -> None:
        """Have this written soon; it takes the place of an older one of its kind."""
        self._waiting[kind] = write
        self._idle.clear()
        self._something.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            if await self._write_all():
                self._idle.set()
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._something.wait(), RETRY_SECONDS)
            self._something.set()

    async def finish(self, seconds: float) -> None:
        """Wait until everything handed in is written, at most so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def _write_all(self) -> bool:
        """Whether everything went well."""
        taken, self._waiting = self._waiting, {}
        well = True
        for kind, write in taken.items():
            try:
                await asyncio.to_thread(write)
            except OSError as error:
                well = False
                self._waiting.setdefault(kind, write)
                self._tell(kind, error)
            else:
                self._tell(kind, None)
        return well and not self._waiting

    def _tell(self, kind: Hashable, error: OSError | None) -> None:
        if error is None:
            if kind in self._unwell:
                self._unwell.discard(kind)
                self._mended(kind)
        elif kind not in self._unwell:
            self._unwell.add(kind)
            self._failed(kind, error)
