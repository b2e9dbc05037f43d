"""Carries out what the engine decided: approved orders, reads, and the record of a stop.

Rule 1: an order action is taken only as ``Approved``; there is no other way to send one.
Rule 2: the record of a stop is on the disk before the next action of the same outcome begins.
Rule 3: what came of a request is an event; nothing here is decided twice.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Protocol

from botrunner.domain.actions import (
    AmendOrder,
    ApplySetting,
    CancelOrder,
    ClearStop,
    Command,
    Notify,
    OrderAction,
    PlaceOrder,
    ReadAccount,
    ReadSymbol,
    ReadTransfers,
    ReadWallet,
    RecordStop,
    ResolveOrder,
)
from botrunner.domain.control import Event
from botrunner.engine.outcome import Action
from botrunner.exchanges.errors import ExchangeError
from botrunner.exchanges.port import Exchange, Guard
from botrunner.risk.verdict import Approved

Requests = Coroutine[Any, Any, tuple[Event, ...]]
Question = ResolveOrder | ReadSymbol | ReadAccount | ReadWallet | ReadTransfers | ApplySetting
"""What the venue is asked and answers with events."""


class Recorder(Protocol):
    """What writes down and tells people; none of it asks the venue anything."""

    def record_stop(self, action: RecordStop) -> None:
        """Done when this returns; never raises."""
        ...

    def clear_stop(self, action: ClearStop) -> None:
        """The stop of this id is over; never raises."""
        ...

    def notify(self, action: Notify) -> None:
        """Tell people; never raises."""
        ...


class Executor:
    """One account's. ``may_send`` is asked for a stop generation at the write, on any thread."""

    def __init__(
        self,
        exchange: Exchange,
        recorder: Recorder,
        *,
        may_send: Callable[[int], bool],
        told: Callable[[Event], None],
        broke: Callable[[BaseException], None],
    ) -> None:
        """``broke`` hears of an error that no outcome stands for: the adapter's own fault."""
        self._exchange = exchange
        self._recorder = recorder
        self._may_send = may_send
        self._told = told
        self._broke = broke
        self._under_way: set[asyncio.Task[None]] = set()
        self._unwritten: set[object] = set()
        """One for each order request that has begun and is not at its write yet."""
        self.wrote: Callable[[], None] = _nothing
        """Called when one of them is at its write, or over; whoever waits for that sets it."""
        self._closed = False

    def carry_out(self, actions: Iterable[Action]) -> tuple[OrderAction, ...]:
        """Begin every action, in order; answers come as events. The order requests that began."""
        sent: list[OrderAction] = []
        for action in actions:
            if not isinstance(action, Approved):
                self._do(action)
            elif not self._closed:
                self._send(action)
                sent.append(action.action)
        return tuple(sent)

    @property
    def is_writing(self) -> bool:
        """Whether an order request that has begun is not at its write yet, nor over."""
        return bool(self._unwritten)

    async def finish(self, seconds: float) -> int:
        """Begin nothing more, wait so long for what is under way; how many are still open."""
        self._closed = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        left = [task for task in self._under_way if not task.done()]
        for task in left:
            task.cancel()
        return len(left)

    def _send(self, approved: Approved) -> None:
        mark = object()
        self._unwritten.add(mark)
        self._begin(self._deliver(approved, mark))

    async def _deliver(self, approved: Approved, mark: object) -> tuple[Event, ...]:
        try:
            return await self._order(approved.action, self._guard(approved, mark))
        finally:
            self._at_write(mark)

    def _guard(self, approved: Approved, mark: object) -> Guard:
        loop = asyncio.get_running_loop()

        def may_send() -> bool:
            with suppress(RuntimeError):  # The loop has ended: nobody waits any more.
                loop.call_soon_threadsafe(self._at_write, mark)
            return not self._closed and self._may_send(approved.generation)

        return may_send

    def _at_write(self, mark: object) -> None:
        self._unwritten.discard(mark)
        self.wrote()

    async def _order(self, action: OrderAction, may_send: Guard) -> tuple[Event, ...]:
        match action:
            case PlaceOrder():
                return (await self._exchange.place(action, may_send=may_send),)
            case AmendOrder():
                return (await self._exchange.amend(action, may_send=may_send),)
            case CancelOrder():
                return (await self._exchange.cancel(action, may_send=may_send),)

    def _do(self, command: Command) -> None:
        match command:
            case RecordStop():
                self._recorder.record_stop(command)
            case ClearStop():
                self._recorder.clear_stop(command)
            case Notify():
                self._recorder.notify(command)
            case _:
                if not self._closed:
                    self._begin(self._ask(command))

    async def _ask(self, command: Question) -> tuple[Event, ...]:
        match command:
            case ResolveOrder():
                return await self._exchange.resolve(command)
            case ReadSymbol():
                return (await self._exchange.read_symbol(command),)
            case ReadAccount():
                return await self._exchange.read_account(command)
            case ApplySetting():
                return (await self._exchange.apply_setting(command),)
            case ReadTransfers():
                return (await self._exchange.read_transfers(command),)
            case ReadWallet():
                return await self._wallet()

    async def _wallet(self) -> tuple[Event, ...]:
        try:
            return (await self._exchange.read_wallet(),)
        except ExchangeError:
            return ()  # Reported by the adapter; the engine asks again by its timer.

    def _begin(self, request: Requests) -> None:
        task = asyncio.get_running_loop().create_task(self._finish(request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _finish(self, request: Requests) -> None:
        try:
            events = await request
        except Exception as error:
            # Nobody knows what became of the request: the life ends, and recovery finds out.
            self._broke(error)
            return
        for event in events:
            self._told(event)


def _nothing() -> None:
    """Nobody waits."""
