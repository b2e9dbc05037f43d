"""The one order in which an account's events are processed.

Rule 1: what happened first is processed first; what people want overtakes everything else, and
keeps its own order: of two edits that wait, the later has the last word.
Rule 2: of the prices of one symbol that wait, only the newest matters: it takes the older's place.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from botrunner.domain.control import Event
from botrunner.domain.events import QuoteChanged


@dataclass(slots=True)
class _Entry:
    event: Event
    arrived: float


class Inbox:
    """Belongs to one event loop; every method is called on it."""

    def __init__(self) -> None:
        self._wishes: deque[_Entry] = deque()
        self._entries: deque[_Entry] = deque()
        self._quotes: dict[str, _Entry] = {}
        self._something = asyncio.Event()

    def __len__(self) -> int:
        return len(self._wishes) + len(self._entries)

    def put(self, event: Event, arrived: float) -> None:
        """Last in line; ``arrived`` is the monotonic moment, for the latency."""
        if isinstance(event, QuoteChanged):
            waiting = self._quotes.get(event.symbol)
            if waiting is not None:
                waiting.event = event
                return
            self._quotes[event.symbol] = entry = _Entry(event, arrived)
        else:
            entry = _Entry(event, arrived)
        self._entries.append(entry)
        self._something.set()

    def put_first(self, event: Event, arrived: float) -> None:
        """Before everything that waits, but for what was put first earlier."""
        self._wishes.append(_Entry(event, arrived))
        self._something.set()

    @property
    def has_wishes(self) -> bool:
        """Whether something waits that was put first."""
        return bool(self._wishes)

    async def get(self) -> tuple[Event, float]:
        """The next event and when it arrived."""
        await self.wait()
        return self.get_wish() or self._get_entry()

    async def wait(self) -> None:
        """Return once something waits."""
        while not len(self):
            self._something.clear()
            await self._something.wait()

    def stir(self) -> None:
        """Wake whoever waits for a change, though nothing came."""
        self._something.set()

    async def change(self) -> None:
        """Return once something more comes, or it is stirred."""
        self._something.clear()
        await self._something.wait()

    def get_wish(self) -> tuple[Event, float] | None:
        """The next event that was put first and when it arrived; None where none waits."""
        if not self._wishes:
            return None
        wish = self._wishes.popleft()
        return wish.event, wish.arrived

    def _get_entry(self) -> tuple[Event, float]:
        entry = self._entries.popleft()
        if isinstance(entry.event, QuoteChanged):
            self._quotes.pop(entry.event.symbol, None)
        return entry.event, entry.arrived
