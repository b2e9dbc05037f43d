"""Requests go out before anything is written down, and what is written down keeps its order."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from botrunner.domain.actions import OrderAction, RecordStop
from botrunner.domain.control import Event
from botrunner.domain.events import TimerFired
from botrunner.engine.engine import Engine
from botrunner.engine.outcome import Action
from botrunner.risk.verdict import Approved
from botrunner.runtime import steps
from botrunner.runtime.executor import Executor
from botrunner.runtime.inbox import Inbox
from botrunner.runtime.steps import Step, Steps
from botrunner.service.clock import SystemClock
from unit.runtime.test_executor import ORDER, STOP, approved
from unit.runtime.test_inbox import NOON

_NO_ACTIONS: tuple[Action, ...] = ()


class _Desk:
    """An engine that does what the test says, an executor that writes down, and one list."""

    def __init__(self) -> None:
        self.happened: list[object] = []
        self.actions: dict[Event, tuple[Action, ...]] = {}
        self.is_writing = False
        self.inbox = Inbox()
        self.state = SimpleNamespace(wake_at=None)
        self.steps = Steps(
            lambda: cast(Engine, self),
            cast(Executor, self),
            self.inbox,
            SystemClock(),
            told=self._told,
            took=lambda seconds: None,
        )

    def process(self, event: Event) -> SimpleNamespace:
        return SimpleNamespace(actions=self.actions.get(event, _NO_ACTIONS))

    def carry_out(self, actions: tuple[Action, ...]) -> tuple[OrderAction, ...]:
        self.happened += ["recorded" for each in actions if isinstance(each, RecordStop)]
        sent = tuple(each.action for each in actions if isinstance(each, Approved))
        self.happened += [f"sent {each.order_id}" for each in sent]
        return sent

    def wrote(self) -> None:
        raise AssertionError("nobody waits for requests to be written")

    def _told(self, step: Step) -> None:
        self.happened.append(("told", step.event.at, len(step.sent)))

    def puts(self, *events: Event) -> None:
        for event in events:
            self.inbox.put(event, 0.0)

    async def sends(self) -> None:
        """Takes an event that leads to a request, which is not at its write yet."""
        self.actions[_event(1)] = (approved(),)
        self.puts(_event(1))
        await self.takes()
        self.is_writing = True

    def writes(self) -> None:
        """The request is at its write."""
        self.is_writing = False
        self.wrote()

    async def takes(self) -> None:
        """The next event, as the loop of a life takes it."""
        await self.steps.next()
        event, arrived = await self.inbox.get()
        self.steps.decide(event, arrived)


def _event(number: int) -> TimerFired:
    return TimerFired(at=NOON + timedelta(seconds=number))


@pytest.fixture
def desk() -> _Desk:
    return _Desk()


async def test_a_step_is_told_once_nothing_waits(desk: _Desk) -> None:
    """Its request has begun long before."""
    desk.actions[_event(1)] = (approved(),)
    desk.puts(_event(1), _event(2))
    await desk.takes()
    await desk.takes()

    assert desk.happened == [f"sent {ORDER.order_id}"]
    waiting = asyncio.create_task(desk.steps.next())
    while len(desk.happened) < 3:
        await asyncio.sleep(0)
    waiting.cancel()
    desk.steps.stop()

    assert desk.happened[1:] == [("told", _event(1).at, 1), ("told", _event(2).at, 0)]


async def test_the_next_event_waits_until_requests_are_written(
    desk: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both need the interpreter, and the order is worth more."""
    monkeypatch.setattr(steps, "QUIET_SECONDS", 300)
    await desk.sends()
    desk.puts(_event(2))
    waiting = asyncio.create_task(desk.takes())
    for _ in range(10):
        await asyncio.sleep(0)
    waited = not waiting.done()
    desk.writes()
    await asyncio.wait_for(waiting, 60)
    desk.steps.stop()

    assert waited
    assert len(desk.inbox) == 0


async def test_a_request_that_is_not_written_soon_holds_no_event_up(
    desk: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection may have to be made first; events after the next wait no more."""
    await desk.sends()
    desk.puts(_event(2))
    await asyncio.wait_for(desk.takes(), 60)
    monkeypatch.setattr(steps, "QUIET_SECONDS", 300)
    desk.puts(_event(3))
    await asyncio.wait_for(desk.takes(), 60)
    desk.steps.stop()

    assert len(desk.inbox) == 0


async def test_what_people_want_does_not_wait_for_requests(
    desk: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RI-5: it may be a stop, which the requests that are not written yet must feel."""
    monkeypatch.setattr(steps, "QUIET_SECONDS", 300)
    await desk.sends()
    waiting = asyncio.create_task(desk.takes())
    for _ in range(10):
        await asyncio.sleep(0)
    desk.inbox.put_first(_event(2), 0.0)
    await asyncio.wait_for(waiting, 60)
    desk.steps.stop()

    assert len(desk.inbox) == 0
    assert desk.is_writing


async def test_what_came_before_a_stop_is_told_before_it(desk: _Desk) -> None:
    """RI-4: a log in which requests stand after the stop would lie."""
    desk.actions[_event(2)] = (STOP,)
    desk.puts(_event(1), _event(2))
    await desk.takes()
    await desk.takes()
    desk.steps.stop()

    assert desk.happened == [("told", _event(1).at, 0), "recorded"]


async def test_a_flood_of_events_does_not_silence_the_log(
    desk: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MOST_UNTOLD", 2)
    desk.puts(*(_event(number) for number in range(10)))
    for _ in range(5):
        await desk.takes()
    desk.steps.stop()

    assert [told[1] for told in desk.happened if isinstance(told, tuple)] == [
        _event(number).at for number in range(3)
    ]


async def test_an_event_comes_though_nothing_happens(
    desk: _Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's own deadlines need a clock that ticks."""
    monkeypatch.setattr(steps, "HEARTBEAT_SECONDS", 0.001)
    desk.steps.step(_event(1))
    await asyncio.wait_for(desk.inbox.wait(), 60)
    desk.steps.stop()

    assert isinstance((await desk.inbox.get())[0], TimerFired)
