"""Follows one object of the API server: get, watch, and again, for as long as the process lives.

Rule 1: after anything that went wrong the object is read anew before it is called known.
Rule 2: attempts begin at least once a second, until one succeeds.
"""

import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from botapi.labels import ACCOUNT_PLURAL, API_VERSION
from botapi.model import Json, mapping
from botrunner.account_resource.kube_api import (
    WATCH_SECONDS,
    ApiError,
    ApiRefusedError,
    ApiUnreachableError,
)
from botrunner.account_resource.kube_reading import version_of
from botrunner.service.clock import Clock

_NOT_FOUND = 404
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 0.9
"""Seconds from one attempt to the next, spread so that a fleet does not come back as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One TradingAccount."""

    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Of the object."""
        return f"{self._all}/{self.name}"

    @property
    def status_path(self) -> str:
        """Of its status subresource."""
        return f"{self.path}/status"

    def watch_path(self, version: str) -> str:
        """Of a watch of this object alone, from after a version on."""
        query = {
            "watch": "true",
            "fieldSelector": f"metadata.name={self.name}",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        return f"{self._all}?{urlencode(query)}"

    @property
    def _all(self) -> str:
        return f"/apis/{API_VERSION}/namespaces/{self.namespace}/{ACCOUNT_PLURAL}"


class Source(Protocol):
    """Where the object is read; its methods raise ApiError."""

    async def get(self, path: str) -> Json:
        """Read an object."""
        ...

    def watch(self, path: str) -> AsyncGenerator[Json, None]:
        """The events of a watch; an empty one says that it began."""
        ...

    async def close(self) -> None:
        """Give up every connection."""
        ...


class Listener(Protocol):
    """Hears what becomes of the object. Nothing of it may wait or raise."""

    def seen(self, raw: Json) -> None:
        """The object as it is now."""
        ...

    def gone(self) -> None:
        """There is no such object."""
        ...

    def lost(self, why: str, since: datetime) -> None:
        """The API server cannot be reached, since then."""
        ...


class Follower:
    """Follows one object; ``heard_at`` is the last sign of life of the API server."""

    def __init__(self, api: Source, address: Address, clock: Clock, listener: Listener) -> None:
        self._api, self._address, self._clock = api, address, clock
        self._listener = listener
        self._began = clock.monotonic()
        self.heard_at = clock.now()
        self.losses = 0
        """Times the API server was lost."""
        self._is_lost = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._began = self._clock.monotonic()
            version = await self.read()
            if version is None:
                await self._pause()
                continue
            try:
                await self._watch_from(version)
            except ApiUnreachableError as error:
                await self._lose(error)  # And read at once: it may be another replica's turn.
            except ApiError:
                await self._pause()  # The watch is refused: reads every second take its place.

    async def read(self) -> str | None:
        """One look at the object; its version, or None when that came to nothing."""
        try:
            raw = await self._api.get(self._address.path)
        except ApiError as error:
            if isinstance(error, ApiRefusedError) and error.code == _NOT_FOUND:
                self._hear()
                self._listener.gone()
            else:
                await self._lose(error)
            return None
        self._hear()
        self._listener.seen(raw)
        return version_of(raw)

    async def _watch_from(self, version: str) -> None:
        """Watch after watch, until one breaks or its version is too old (410). Raises ApiError."""
        while True:
            self._began = self._clock.monotonic()
            async with aclosing(self._api.watch(self._address.watch_path(version))) as events:
                async for event in events:
                    self._hear()
                    version = self._take(event) or version
            if self._clock.monotonic() - self._began < _SHORTEST_PAUSE:
                await self._pause()  # A server that ends every watch at once.

    def _take(self, event: Json) -> str:
        raw = mapping(event.get("object"))
        match event.get("type"):
            case "ADDED" | "MODIFIED":
                self._listener.seen(raw)
            case "DELETED":
                self._listener.gone()
            case "ERROR":
                raise ApiRefusedError(_code(raw), str(raw.get("message", "")))
            case _:
                pass  # A bookmark: a version and nothing else.
        return version_of(raw)

    def _hear(self) -> None:
        self.heard_at = self._clock.now()
        self._is_lost = False

    async def _lose(self, error: ApiError) -> None:
        now = self._clock.now()
        silent = error.silent_seconds if isinstance(error, ApiUnreachableError) else 0.0
        if not self._is_lost:
            self._is_lost = True
            self.losses += 1
            since = max(self.heard_at, now - timedelta(seconds=silent))
            self._listener.lost(str(error.strerror), since)
        await self._api.close()  # What is left in the pool is as dead as this one.

    async def _pause(self) -> None:
        due = self._began + random.uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)
        await self._clock.sleep(due - self._clock.monotonic())


def _code(status: Json) -> int:
    try:
        return int(status.get("code", 0))
    except (TypeError, ValueError):
        return 0
