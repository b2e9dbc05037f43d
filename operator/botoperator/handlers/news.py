"""What kopf is given to read: what is not known yet.

To kopf every object of a list and every line of a watch is a task of its own, with loggers and
dozens of coroutines: ten times what it costs to see that this very version is known. And most are:
the lists that watches begin with, and what tells of our own writes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, Protocol

from pydantic_core import from_json, to_json

from botapi.model import Json

GATHER_SECONDS: Final = 0.1
"""So long the lines of a watch are gathered: by then most of our own writes are answered, and of
several versions of an object the last one is enough."""
_CHANGES: Final = frozenset({"ADDED", "MODIFIED"})
_DELETED: Final = "DELETED"


class Content(Protocol):
    """The body of an answer as it comes in: aiohttp's StreamReader."""

    def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        """Parts of at most so many bytes."""


class News:
    """Takes out what is known."""

    def __init__(self, is_known: Callable[[Json], bool], listed: Callable[[], None]) -> None:
        """``is_known`` says whether an object of this version, or a newer one, is known.

        ``listed`` is told of the end of each list: it may lack what no watch told the end of.
        """
        self._is_known = is_known
        self._listed = listed

    def of_list(self, answer: dict[str, Any]) -> dict[str, Any]:
        """A page of a list with what is new in it; any other answer as it is."""
        items = answer.get("items")
        if not isinstance(items, list):
            return answer
        if not (answer.get("metadata") or {}).get("continue"):
            self._listed()
        # Items of a list do not repeat what the list says of all of them.
        about = {"kind": str(answer.get("kind")).removesuffix("List")}
        return {**answer, "items": [each for each in items if not self._is_known(about | each)]}

    async def of_watch(self, content: Content, most: int) -> AsyncIterator[bytes]:
        """Whole lines of a watch, those that are new, and what comes after the last line end."""
        rest = b""
        async for data in content.iter_chunked(most):
            *lines, rest = (rest + data).split(b"\n")
            if lines:
                await asyncio.sleep(GATHER_SECONDS)
                yield self._new_lines(lines)
        if rest:
            yield rest

    def _new_lines(self, lines: Sequence[bytes]) -> bytes:
        kept: dict[object, bytes] = {}
        bookmark = b""
        for place, line in enumerate(lines):
            told = _read(line)
            raw = told.get("object") or {}
            sort, metadata = told.get("type"), raw.get("metadata") or {}
            is_change = sort in _CHANGES
            identity = metadata.get("uid") if is_change or sort == _DELETED else place
            # Its newest version is what counts, and that comes in its turn.
            kept.pop(identity, None)
            bookmark = b""
            if is_change and self._is_known(raw):
                bookmark = _bookmark(raw)
            else:
                kept[identity] = line
        return b"".join(line + b"\n" for line in (*kept.values(), bookmark) if line)


def _read(line: bytes) -> dict[str, Any]:
    try:
        told = from_json(line)
    except ValueError:
        return {}  # kopf's to complain about
    return told if isinstance(told, dict) else {}


def _bookmark(raw: Json) -> bytes:
    """In place of what is left out: where the watch has come to, and that it is alive."""
    metadata = {"resourceVersion": raw["metadata"].get("resourceVersion")}
    about = {"kind": raw.get("kind"), "apiVersion": raw.get("apiVersion"), "metadata": metadata}
    return to_json({"type": "BOOKMARK", "object": about})
