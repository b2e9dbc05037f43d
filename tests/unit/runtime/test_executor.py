"""What the executor lets through, and in which order."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal as D
from typing import cast

from botrunner.domain.actions import (
    ClearStop,
    Notify,
    PlaceOrder,
    Priority,
    RecordStop,
)
from botrunner.domain.emergency import EmergencyStop, StopCause, StopPolicy
from botrunner.domain.events import OrderAccepted, OrderDenied, OrderEvent
from botrunner.domain.side import Purpose, Side
from botrunner.exchanges.port import Exchange, Guard
from botrunner.risk.verdict import Approved
from botrunner.runtime.executor import Executor

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ORDER = PlaceOrder(
    order_id="tf1",
    symbol="XRPUSDT",
    strategy="xrp",
    side=Side.LONG,
    purpose=Purpose.ENTRY,
    level=0,
    quantity=D(1),
    price=D(1),
    reduce_only=False,
)
STOP = RecordStop(
    stop=EmergencyStop(
        emergency_id="abc123",
        cause=StopCause.PERSON,
        reason="",
        symbol="",
        rate="",
        at=NOON,
        latched=False,
    ),
    policy=StopPolicy.FLATTEN,
)


class _Venue:
    """Waits at the write until it is let go on, then asks the guard, as the adapter does."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.breaks = False
        self._guards: list[Guard] = []

    async def guards(self, count: int) -> list[Guard]:
        """The guards of so many requests, once they have come."""
        while len(self._guards) < count:
            await asyncio.sleep(0)
        return self._guards

    async def place(self, order: PlaceOrder, *, may_send: Guard) -> OrderEvent:
        self._guards.append(may_send)
        await self.go_on.wait()
        if self.breaks:
            raise RuntimeError("a fault of the adapter's own")
        if not may_send():
            return OrderDenied(order_id=order.order_id, at=NOON, reason="stop generation")
        return OrderAccepted(order_id=order.order_id, at=NOON)


class _Desk:
    """Writes down everything in one list."""

    def __init__(self) -> None:
        self.venue = _Venue()
        self.generation = 1
        self.happened: list[object] = []
        self.executor = Executor(
            cast(Exchange, self.venue),
            self,
            may_send=lambda generation: generation == self.generation,
            told=self.happened.append,
            broke=self.happened.append,
        )

    async def until_written(self) -> None:
        """Return once nothing is being written, and somebody was told of it."""
        wrote = asyncio.Event()
        self.executor.wrote = wrote.set
        while self.executor.is_writing:
            await asyncio.wait_for(wrote.wait(), 60)
            wrote.clear()

    def record_stop(self, action: RecordStop) -> None:
        self.happened.append("recorded")

    def clear_stop(self, action: ClearStop) -> None:
        self.happened.append("cleared")

    def notify(self, action: Notify) -> None:
        self.happened.append("told people")


def approved(generation: int = 1) -> Approved:
    """An order as risk hands it over."""
    return Approved(action=ORDER, generation=generation, priority=Priority.PLACE)


async def test_a_stop_is_recorded_before_the_next_action_begins() -> None:
    """RI-4."""
    desk = _Desk()
    desk.venue.go_on.set()
    begun = desk.executor.carry_out((STOP, approved()))

    assert desk.happened == ["recorded"]
    assert begun == (ORDER,)
    await asyncio.sleep(0)
    await desk.executor.finish(20)
    assert [type(each) for each in desk.happened] == [str, OrderAccepted]


async def test_a_generation_that_changed_meanwhile_denies_at_the_write() -> None:
    """RI-5: approved before the stop, not sent after it."""
    desk = _Desk()
    desk.executor.carry_out((approved(),))
    desk.generation = 2
    desk.venue.go_on.set()
    await desk.executor.finish(20)

    assert isinstance(desk.happened[-1], OrderDenied)


async def test_what_has_begun_is_being_written_until_its_guard_is_asked() -> None:
    """Asked at the write, on a thread: then the interpreter is free for the next event."""
    desk = _Desk()
    desk.executor.carry_out((approved(), approved()))
    before = desk.executor.is_writing
    first, second = await desk.venue.guards(2)
    asked = [await asyncio.to_thread(first)]
    between = desk.executor.is_writing
    asked.append(await asyncio.to_thread(second))
    await desk.until_written()

    assert asked == [True, True]
    assert (before, between) == (True, True)
    desk.venue.go_on.set()
    await desk.executor.finish(20)


async def test_a_request_that_is_over_before_its_write_is_not_waited_for() -> None:
    """As one that the circuit breaker held back."""
    desk = _Desk()
    desk.venue.breaks = True
    desk.venue.go_on.set()
    desk.executor.carry_out((approved(),))
    await desk.until_written()
    await desk.executor.finish(20)

    assert isinstance(desk.happened[-1], RuntimeError)


def test_a_guard_that_is_asked_after_the_loop_has_ended_says_no() -> None:
    """GR-52: threads are not waited for at the end of the process."""

    async def live() -> Guard:
        desk = _Desk()
        desk.executor.carry_out((approved(),))
        (guard,) = await desk.venue.guards(1)
        await desk.executor.finish(0)
        return guard

    guard = asyncio.run(live())

    assert guard() is False


async def test_the_end_awaits_what_is_under_way_and_begins_nothing() -> None:
    """GR-52."""
    desk = _Desk()
    desk.executor.carry_out((approved(),))
    ending = asyncio.create_task(desk.executor.finish(20))
    await asyncio.sleep(0)
    begun = desk.executor.carry_out((approved(),))
    desk.venue.go_on.set()

    assert begun == ()
    assert await ending == 0
    assert [type(each) for each in desk.happened] == [OrderDenied]


async def test_a_request_that_never_ends_is_left_to_recovery() -> None:
    """GR-52: counted, so that the log says it."""
    desk = _Desk()
    desk.executor.carry_out((approved(),))

    assert await desk.executor.finish(0) == 1


async def test_a_fault_of_the_adapter_ends_the_life() -> None:
    """Nobody knows what became of the request: the next life finds out."""
    desk = _Desk()
    desk.venue.breaks = True
    desk.venue.go_on.set()
    desk.executor.carry_out((approved(),))
    await desk.executor.finish(20)

    assert isinstance(desk.happened[-1], RuntimeError)
