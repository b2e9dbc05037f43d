"""Pages and time windows of lists: newest first, cursors as the venue percent-encodes them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import quote, unquote

from botrunner.simulator.bybit.codes import parameter_error
from botrunner.simulator.bybit.wire import from_milliseconds

LONGEST_WINDOW = timedelta(days=7)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page and the way to the next."""

    items: tuple[T, ...]
    cursor: str
    """Percent-encoded; ``""`` on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of time, both ends included."""

    start: datetime
    end: datetime

    def covers(self, at: datetime) -> bool:
        """Whether the moment lies in the window."""
        return self.start <= at <= self.end


def page_of(
    newest_first: Iterable[T], key: Callable[[T], tuple[int, int]], limit: int, cursor: str
) -> Page[T]:
    """The page behind ``cursor``.

    ``key`` gives an item's own sequence number, which must fall along the list, and its time in
    ms; a cursor holds both of a page's first and last item, like the venue's
    (``132766%3A2%2C132766%3A2``). Raises RefusedError for a cursor that was not ours.
    """
    before = _last_of(cursor) if cursor else None
    items: list[T] = []
    more = False
    for item in newest_first:
        if before is not None and key(item)[0] >= before:
            continue
        if len(items) == limit:
            more = True
            break
        items.append(item)
    return Page(tuple(items), _cursor(items, key) if more else "")


def read_window(
    start_ms: int | None,
    end_ms: int | None,
    now: datetime,
    default: timedelta = LONGEST_WINDOW,
) -> Window:
    """The window a request asks for: at most 7 days, ``default`` long where it names one end."""
    end = from_milliseconds(end_ms) if end_ms is not None else None
    if start_ms is None:
        end = end or now
        return Window(start=end - default, end=end)
    start = from_milliseconds(start_ms)
    end = end or start + default
    if end < start:
        raise parameter_error("startTime should be less than or equal to endTime")
    if end - start > LONGEST_WINDOW:
        raise parameter_error("The time range between startTime and endTime cannot exceed 7 days")
    return Window(start=start, end=end)


def _cursor(items: Sequence[T], key: Callable[[T], tuple[int, int]]) -> str:
    first, last = key(items[0]), key(items[-1])
    return quote(f"{first[0]}:{first[1]},{last[0]}:{last[1]}", safe="")


def _last_of(cursor: str) -> int:
    # One more decoding serves clients that encode the cursor again.
    parts = unquote(cursor).split(",")
    number = parts[-1].split(":")[0]
    if len(parts) != 2 or not number.isdigit():
        raise parameter_error("cursor is invalid")
    return int(number)
