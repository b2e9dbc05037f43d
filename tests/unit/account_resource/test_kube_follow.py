"""Get, watch, and again: what the follower makes of what an API server may answer (RI-14)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from typing_extensions import override

from botapi.model import Json
from botrunner.account_resource.kube_api import (
    CONNECT_SECONDS,
    ApiError,
    ApiRefusedError,
    ApiUnreachableError,
)
from botrunner.account_resource.kube_follow import Address, Follower
from botrunner.service.clock import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADDRESS = Address(namespace="clients", name="case")


def at(version: int) -> dict[str, Any]:
    """The object at a version."""
    return {"metadata": {"name": "case", "resourceVersion": str(version)}}


def event(kind: str, version: int) -> Json:
    """An event of a watch."""
    return {"type": kind, "object": at(version)}


class Script:
    """Answers in the order of its lines, then never again; notes what it was asked and when."""

    def __init__(self, clock: ManualClock, *lines: Json | ApiError | list[Json | ApiError]) -> None:
        self._clock, self._lines = clock, list(lines)
        self.asked: list[str] = []
        self.times: list[float] = []
        self.closed = 0

    async def get(self, path: str) -> Json:
        """Read an object."""
        line = await self._next("get")
        assert not isinstance(line, list)
        if isinstance(line, ApiError):
            raise line
        return line

    async def watch(self, path: str) -> AsyncGenerator[Json, None]:
        """The events of a watch."""
        line = await self._next(f"watch {path.partition('resourceVersion=')[2].partition('&')[0]}")
        assert isinstance(line, list)
        for each in line:
            if isinstance(each, ApiError):
                raise each
            yield each

    async def close(self) -> None:
        """Give up every connection."""
        self.closed += 1

    async def _next(self, what: str) -> Json | ApiError | list[Json | ApiError]:
        self.asked.append(what)
        self.times.append(self._clock.monotonic())
        if not self._lines:
            await asyncio.Event().wait()
        return self._lines.pop(0)


class Silence(Script):
    """Lets every attempt to connect run into its limit."""

    @override
    async def get(self, path: str) -> Json:
        """Nothing is read."""
        self.times.append(self._clock.monotonic())
        await self._clock.sleep(CONNECT_SECONDS)
        raise ApiUnreachableError("silent")


class Notes:
    """What the follower said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.since: list[datetime] = []

    def seen(self, raw: Json) -> None:
        """The object."""
        self.said.append(raw["metadata"]["resourceVersion"])

    def gone(self) -> None:
        """No object."""
        self.said.append("gone")

    def lost(self, why: str, since: datetime) -> None:
        """No API server."""
        self.said.append("lost")
        self.since.append(since)


@pytest.fixture
async def clock() -> AsyncIterator[ManualClock]:
    """A clock that the test moves."""
    yield ManualClock(NOON)


async def follow(
    clock: ManualClock, *lines: Any, seconds: float = 10
) -> tuple[Script, Notes, Follower]:
    """Follow a script for so long."""
    script, notes = Script(clock, *lines), Notes()
    follower = Follower(script, ADDRESS, clock, notes)
    await _let_run(follower, clock, seconds)
    return script, notes, follower


async def _let_run(follower: Follower, clock: ManualClock, seconds: float) -> None:
    task = asyncio.ensure_future(follower.run())
    for _ in range(round(seconds * 10)):
        await asyncio.sleep(0)
        await clock.advance(timedelta(seconds=0.1))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_watch_goes_on_from_the_newest_version(clock: ManualClock) -> None:
    events = [{}, event("MODIFIED", 6), event("BOOKMARK", 9)]
    script, notes, _ = await follow(clock, at(5), events)

    assert script.asked == ["get", "watch 5", "watch 9"]
    assert notes.said == ["5", "6"]


async def test_a_version_that_is_too_old_is_read_anew(clock: ManualClock) -> None:
    """410: no loss, the API server answers."""
    gone = {"type": "ERROR", "object": {"code": 410, "message": "too old resource version"}}
    script, notes, follower = await follow(clock, at(5), [{}, gone], at(8))

    assert script.asked == ["get", "watch 5", "get", "watch 8"]
    assert (notes.said, follower.losses) == (["5", "8"], 0)


async def test_a_watch_that_breaks_is_a_loss_and_read_anew_at_once(clock: ManualClock) -> None:
    broken = ApiUnreachableError("reset")
    script, notes, follower = await follow(clock, at(5), [{}, broken], at(7))

    assert script.asked == ["get", "watch 5", "get", "watch 7"]
    assert (notes.said, follower.losses) == (["5", "lost", "7"], 1)
    assert script.times[2] == script.times[1]
    assert script.closed == 1


async def test_attempts_begin_at_least_once_a_second(clock: ManualClock) -> None:
    away = [ApiUnreachableError("refused") for _ in range(20)]
    script, notes, _ = await follow(clock, *away)
    pauses = [later - one for one, later in pairwise(script.times)]

    assert len(script.times) >= 10
    assert max(pauses) <= 1.0
    assert min(pauses) >= 0.5
    assert notes.said == ["lost"]


async def test_attempts_that_get_no_answer_begin_at_least_once_a_second_too(
    clock: ManualClock,
) -> None:
    """RI-14: packets are dropped, so each attempt lasts as long as it may."""
    source = Silence(clock)
    await _let_run(Follower(source, ADDRESS, clock, Notes()), clock, seconds=20)
    pauses = [later - one for one, later in pairwise(source.times)]

    assert len(source.times) >= 10
    assert max(pauses) <= 1.0


async def test_a_watch_that_is_refused_gives_way_to_reads(clock: ManualClock) -> None:
    """No right to watch, or a server that is starting: the account is known all the same."""
    refused = ApiRefusedError(403, "forbidden")
    script, notes, follower = await follow(clock, at(5), [refused], at(6), [refused], at(7))

    assert notes.said == ["5", "6", "7"]
    assert follower.losses == 0


@pytest.mark.parametrize("code", [401, 403, 429, 500, 503])
async def test_a_read_that_is_refused_is_a_loss(clock: ManualClock, code: int) -> None:
    _, notes, _ = await follow(clock, ApiRefusedError(code, "no"), at(5))

    assert notes.said == ["lost", "5"]


async def test_an_object_that_is_not_there_is_gone_and_looked_for(clock: ManualClock) -> None:
    _, notes, _ = await follow(clock, ApiRefusedError(404, "not found"), at(5))

    assert notes.said == ["gone", "5"]


async def test_a_deletion_is_told(clock: ManualClock) -> None:
    _, notes, _ = await follow(clock, at(5), [{}, event("DELETED", 6), event("ADDED", 7)])

    assert notes.said == ["5", "gone", "7"]


async def test_a_silent_loss_began_before_it_was_noticed(clock: ManualClock) -> None:
    """Thirty seconds without the API server count from there (RI-14)."""
    silent = ApiUnreachableError("silent", silent_seconds=10)
    script, notes = Script(clock, silent), Notes()
    follower = Follower(script, ADDRESS, clock, notes)
    await clock.advance(timedelta(seconds=60))
    await follower.read()

    assert notes.since == [NOON + timedelta(seconds=50)]


async def test_a_loss_never_began_before_the_last_sign_of_life(clock: ManualClock) -> None:
    silent = ApiUnreachableError("silent", silent_seconds=30)
    script, notes = Script(clock, at(5), silent), Notes()
    follower = Follower(script, ADDRESS, clock, notes)
    await follower.read()
    await clock.advance(timedelta(seconds=4))
    await follower.read()

    assert notes.since == [NOON]


async def test_a_server_that_ends_every_watch_at_once_is_not_stormed(clock: ManualClock) -> None:
    script, _, _ = await follow(clock, at(5), *([{}] for _ in range(100)))

    assert len(script.asked) < 25
