"""Events: few, soon, and never in anybody's way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from botapi.model import Json
from botrunner.account_resource.kube_api import ApiError, ApiRefusedError, ApiUnreachableError
from botrunner.account_resource.kube_events import AT_ONCE, EventPost, Subject, event_body
from botrunner.account_resource.port import Notice
from botrunner.service.clock import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUBJECT = Subject(namespace="clients", name="case", pod="case-0")


class Board:
    """Takes Events; first says what its script says."""

    def __init__(self, *answers: ApiError) -> None:
        self._answers = list(answers)
        self.posted: list[str] = []

    async def post(self, path: str, body: Json) -> Json:
        """Take an Event."""
        if self._answers:
            raise self._answers.pop(0)
        self.posted.append(str(body["message"]))
        return {}


@pytest.fixture
async def clock() -> AsyncIterator[ManualClock]:
    """A clock that the test moves."""
    yield ManualClock(NOON)


def note(text: str) -> Notice:
    """Something that happened."""
    return Notice(reason="Recovered", message=text, is_warning=False)


async def post(clock: ManualClock, board: Board, texts: list[str], seconds: float) -> None:
    """Announce all of it and let the time pass."""
    events = EventPost(board, SUBJECT, clock, lambda: "u1")
    for text in texts:
        events.announce(note(text))
    task = asyncio.ensure_future(events.run())
    for _ in range(round(seconds)):
        await asyncio.sleep(0)
        await clock.advance(timedelta(seconds=1))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_is_said_twice_is_posted_once(clock: ManualClock) -> None:
    board = Board()
    await post(clock, board, ["a", "a", "b", "a"], 5)

    assert board.posted == ["a", "b"]


async def test_a_storm_waits_for_its_budget(clock: ManualClock) -> None:
    board = Board()
    await post(clock, board, [str(n) for n in range(30)], 5)

    assert len(board.posted) == AT_ONCE
    await_more = Board()
    await post(clock, await_more, [str(n) for n in range(30)], 65)

    assert AT_ONCE + 9 <= len(await_more.posted) <= AT_ONCE + 11


async def test_the_oldest_give_way_where_too_many_wait(clock: ManualClock) -> None:
    board = Board()
    await post(clock, board, [str(n) for n in range(100)], 3)

    assert board.posted[0] == "68"


async def test_an_api_server_that_is_away_gets_it_later(clock: ManualClock) -> None:
    board = Board(ApiUnreachableError("away"), ApiUnreachableError("away"))
    await post(clock, board, ["a"], 10)

    assert board.posted == ["a"]


async def test_what_is_refused_is_not_posted_again(clock: ManualClock) -> None:
    board = Board(ApiRefusedError(403, "forbidden"))
    await post(clock, board, ["a", "b"], 5)

    assert board.posted == ["b"]


def test_an_event_names_the_account_and_the_pod() -> None:
    stop = Notice(reason="EmergencyStop", message="m" * 2000, is_warning=True)
    body: dict[str, Any] = event_body(SUBJECT, "u1", stop, NOON)

    assert body["involvedObject"] == {
        "apiVersion": "tradefleet.dev/v1alpha1",
        "kind": "TradingAccount",
        "namespace": "clients",
        "name": "case",
        "uid": "u1",
    }
    assert (body["type"], body["reason"], len(body["message"])) == (
        "Warning",
        "EmergencyStop",
        1024,
    )
    assert body["firstTimestamp"] == "2026-01-01T12:00:00Z"
    assert body["reportingInstance"] == "case-0"


def test_events_of_one_moment_have_names_of_their_own() -> None:
    later = NOON + timedelta(microseconds=1)
    names = {event_body(SUBJECT, "", note("a"), at)["metadata"]["name"] for at in (NOON, later)}

    assert len(names) == 2
