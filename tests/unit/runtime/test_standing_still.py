"""A life that stood still, or whose clock was set back, goes on protecting the account."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest
from typing_extensions import override

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.account_resource.file import FileResource
from botrunner.account_resource.state_folder import StateFolder
from botrunner.account_resource.stop_file import NAME
from botrunner.domain.actions import PlaceOrder, ReadAccount, ReadSymbol
from botrunner.domain.control import Event, PositionsUnreadable, ReadFailed
from botrunner.domain.emergency import StopCause
from botrunner.domain.events import OrderAccepted, OrderEvent, PositionChanged
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.errors import UnavailableError
from botrunner.exchanges.outcome import Failure, Problem
from botrunner.exchanges.port import Exchange, Guard, KeyInformation, Listeners
from botrunner.runtime.life import Life
from botrunner.runtime.publisher import Publisher
from botrunner.runtime.wiring import Ending, Wiring
from botrunner.service.clock import SystemClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters
from unit.account_resource.test_reading import TEXT

KEY = KeyInformation(
    uid="1001",
    is_read_only=False,
    may_place_orders=True,
    may_change_positions=True,
    may_withdraw=False,
    expires_at=None,
)
HELD = Position(
    symbol="DOGEUSDT", side=Side.LONG, quantity=D(75), average_price=D(1), leverage=D(75)
)
FLATTEN = "\n  emergency: {byCause: {person: Flatten}}\n"


class _JumpingClock(SystemClock):
    """The machine's, with a wall that can be set."""

    ahead = timedelta()

    @override
    def now(self) -> datetime:
        """Wall time, so much ahead."""
        return super().now() + self.ahead


@dataclass
class _Venue:
    """Knows the key, and from a moment on nothing can be read any more."""

    clock: SystemClock
    positions_unreadable: bool = False
    reads: int = 0
    sent: list[PlaceOrder] = field(default_factory=list)
    listeners: Listeners | None = None

    def make(self, spec: TradingAccountSpec, keys: Credentials, listeners: Listeners) -> Exchange:
        self.listeners = listeners
        made = Mock(spec=Exchange)
        made.read_key = AsyncMock(return_value=KEY)
        made.read_account = self._read_account
        made.read_symbol = self._read_symbol
        made.place = self._place
        refused = UnavailableError(Problem(failure=Failure.SERVER, text="403"))
        made.read_instrument = AsyncMock(side_effect=refused)
        made.read_wallet = AsyncMock(side_effect=refused)
        made.run = AsyncMock()
        made.close = AsyncMock()
        return made

    async def _read_account(self, action: ReadAccount) -> tuple[Event, ...]:
        self.reads += 1
        at = self.clock.now()
        failed = ReadFailed(token=action.token, message="403", at=at)
        if self.positions_unreadable:
            return PositionsUnreadable(at=at, message="403"), failed
        return (failed,)

    async def _read_symbol(self, action: ReadSymbol) -> Event:
        return ReadFailed(token=action.token, message="403", at=self.clock.now())

    async def _place(self, order: PlaceOrder, *, may_send: Guard) -> OrderEvent:
        if may_send():
            self.sent.append(order)
        return OrderAccepted(order_id=order.order_id, at=self.clock.now())


@dataclass
class _Desk:
    life: Life
    venue: _Venue
    clock: _JumpingClock
    folder: Path
    records: list[str]

    def hold(self, position: Position) -> None:
        """The venue tells of a position."""
        assert self.venue.listeners is not None
        self.venue.listeners.event(PositionChanged(position=position, at=self.clock.now()))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Look again until it holds."""
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.01)  # noqa: TID251 - a poll, bounded by the timeout


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[_Desk]:
    """A life of the account ``alice`` that is told to end in the end."""
    (tmp_path / "alice.yaml").write_text(TEXT.rstrip() + FLATTEN)
    folder = StateFolder(tmp_path / "alice")
    folder.hold()
    clock, records = _JumpingClock(), list[str]()
    venue = _Venue(clock)
    resource = FileResource(tmp_path / "alice.yaml", "alice", folder, clock, {})
    log = Log(
        "alice",
        LogFiles.below(tmp_path),
        clock,
        lambda record, text: records.append(str(record["event"])),
        lambda text: text,
    )
    wiring = Wiring(
        resource=resource,
        make_exchange=venue.make,
        clock=clock,
        log=log,
        meters=Meters(),
        version="1",
    )
    reading = resource.read()
    assert reading.faults == ()
    publisher = Publisher(resource, log, wiring.meters)
    writing = asyncio.create_task(publisher.run())
    life = Life(wiring, reading, publisher)
    yield _Desk(life, venue, clock, folder.path, records)
    writing.cancel()
    log.close()
    folder.release()


async def test_a_stop_is_carried_out_though_nobody_can_tell_of_a_younger_runner(
    desk: _Desk,
) -> None:
    """RI-3, RI-5, PR-8: the process stood still, and the account cannot be read since."""
    running = asyncio.create_task(desk.life.run())
    await desk.until(lambda: desk.venue.reads > 0)
    desk.hold(HELD)
    await desk.until(lambda: bool(desk.life.state.positions))
    desk.clock.ahead += timedelta(seconds=5)
    await desk.until(lambda: "stoodStill" in desk.records)
    (desk.folder / NAME).write_text("the boiler is leaking\n")
    await desk.until(lambda: bool(desk.venue.sent))
    desk.life.end()

    assert await running is Ending.TOLD
    assert [(each.side, each.reduce_only) for each in desk.venue.sent[:1]] == [(Side.LONG, True)]
    assert desk.life.state.stop is not None
    assert desk.life.state.stop.cause is StopCause.PERSON


async def test_positions_that_cannot_be_read_after_standing_still_are_a_stop(desk: _Desk) -> None:
    """RI-9: it latches while a younger runner is still looked for."""
    running = asyncio.create_task(desk.life.run())
    await desk.until(lambda: desk.venue.reads > 0)
    desk.hold(HELD)
    await desk.until(lambda: bool(desk.life.state.positions))
    desk.venue.positions_unreadable = True
    desk.clock.ahead += timedelta(seconds=5)
    await desk.until(lambda: (desk.folder / NAME).exists())
    desk.life.end()

    assert await running is Ending.TOLD
    assert desk.life.state.stop is not None
    assert (desk.life.state.stop.cause, desk.life.state.stop.latched) == (StopCause.ERRORS, True)


async def test_a_clock_that_is_set_back_begins_a_new_life(desk: _Desk) -> None:
    """The engine's time never falls: it would stand still until the clock is there again."""
    running = asyncio.create_task(desk.life.run())
    await desk.until(lambda: desk.venue.reads > 0)
    desk.clock.ahead -= timedelta(hours=1)
    ending = await asyncio.wait_for(running, 20)

    assert ending is Ending.RENEWED
    assert desk.records.count("clockSetBack") == 1
