"""One life of one account's runner: from the first read to the last report.

The order of the start: the key, what last lives left, the engine with every stop that stands, the
streams, and only then the reads of recovery (GR-41). A stop that was set while nobody ran holds
from the first event on.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.account_resource.port import Reading
from botrunner.domain.actions import ReadAccount
from botrunner.domain.control import (
    Block,
    BlockLifted,
    BlockSet,
    Event,
    ParametersChanged,
    PersonStopSet,
    PrivateStreamLost,
    PrivateStreamRestored,
    RunnerEnding,
)
from botrunner.domain.emergency import EmergencyStop
from botrunner.domain.events import TimerFired
from botrunner.engine.engine import Engine
from botrunner.engine.state import EngineState
from botrunner.exchanges.market_data import MarketData
from botrunner.exchanges.port import Exchange, Listeners, Report
from botrunner.risk.verdict import Approved
from botrunner.runtime.executor import Executor
from botrunner.runtime.gauges import Gauges
from botrunner.runtime.hearing import Hearing
from botrunner.runtime.inbox import Inbox
from botrunner.runtime.instruments import Instruments
from botrunner.runtime.journal import Journal
from botrunner.runtime.key import check_key
from botrunner.runtime.opening import last_uid, next_epoch, started
from botrunner.runtime.reporter import Reporter
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.totals import totals_from
from botrunner.runtime.wakefulness import Wakefulness
from botrunner.runtime.wiring import Ending, Wiring
from botrunner.runtime.wishes import events_between, needs_new_life, retiring
from botrunner.service.logs import Level

TICK_SECONDS = 0.1
"""How often reports are looked after."""
HEARTBEAT_SECONDS = 1.0
"""A timer event comes at least so often, whatever the engine asked for."""
STREAM_PATIENCE_SECONDS = 5.0
"""Recovery waits so long for the streams; exits must not wait longer (GR-45)."""
API_PATIENCE = timedelta(seconds=30)
"""So long the account may be unreadable before entries wait (RI-14)."""
AWAIT_SECONDS = 3.0
"""Requests in flight are awaited so long at the end (GR-52)."""


class Life:
    """Made for one life and thrown away; ``reading`` has a specification and keys."""

    def __init__(self, wiring: Wiring, reading: Reading) -> None:
        account, keys = reading.account, reading.keys
        if account is None or keys is None:
            raise ValueError("a life needs a specification and keys")
        self._wiring, self._clock = wiring, wiring.clock
        self._reading, self._spec = reading, account.spec
        self._resource = wiring.resource
        self._last = self._resource.last_status()
        self.around = Surroundings(
            account=self._resource.name,
            version=wiring.version,
            started=self._clock.now(),
            pod=wiring.pod,
            key_suffix=keys.api_key[-4:],
        )
        self._inbox = Inbox()
        self._journal = Journal(wiring.log, wiring.audit)
        self._hearing = Hearing(self.around, self._journal, wiring.meters)
        self._gauges = Gauges(meters=wiring.meters, account=self._resource.name)
        self.totals = totals_from(self._last, self._clock.now())
        self._engine = self._new_engine(0)
        listeners = Listeners(event=self._tell, market=_ignore, report=self._hear)
        self._exchange: Exchange = wiring.make_exchange(self._spec, keys, listeners)
        self.reporter = Reporter(
            self._resource,
            self._journal,
            self.around,
            self.totals,
            lambda: self._engine.state,
            wiring.folder,
        )
        self._executor = Executor(
            self._exchange,
            self.reporter,
            may_send=self._may_send,
            told=self._tell,
            broke=self._break,
        )
        self._instruments = Instruments(
            self._exchange, self._clock, self._tell, self._hearing.symbol_unknown, self._break
        )
        self._wakefulness = Wakefulness(self._exchange, self._clock)
        self._strategies = {s.name: s for s in self._resource.saved_strategies()}
        self._saved: object = None
        self._tasks: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._unreachable_since = None if reading.is_reachable else self._clock.now()
        self._is_open = False
        self._over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    @property
    def state(self) -> EngineState:
        """The engine's, for whoever shows it; never to be changed."""
        return self._engine.state

    def end(self) -> None:
        """Told to end: orders stay as they rest (GR-52)."""
        self._end(Ending.TOLD)

    async def run(self) -> Ending:
        """Live until told to end, or until the adapter has to be made anew.

        Raises what broke it; what rests at the venue stays, and the next life recovers.
        """
        self._follow(self._spec)
        for work in (self.reporter.paperwork.run(), self._watch(), self._tick(), self._trade()):
            self._begin(work)
        try:
            return await self._over
        finally:
            await self._finish()

    # The start

    async def _trade(self) -> None:
        await self._admit_key()
        await self._open()
        while True:
            await self._inbox.wait()
            if not self._wakefulness.is_awake():
                await self._wake_up()
                continue
            event, arrived = await self._inbox.get()
            self._step(event, arrived)
            await asyncio.sleep(0)

    async def _admit_key(self) -> None:
        attempt, owner = 0, last_uid(self._last)
        while True:
            verdict, delay = await check_key(
                self._exchange,
                self._clock,
                allow_withdraw=bool(
                    self._spec.credentials and self._spec.credentials.allow_withdraw
                ),
                last_uid=owner,
                attempt=attempt,
            )
            problem = verdict.problem or self._wiring.admit(verdict.uid)
            self.around.uid = verdict.uid or owner
            self.around.keys_problem, self.around.keys_reason = problem, verdict.reason
            self.reporter.touch()
            if not problem:
                return
            self._journal.log.write(Level.ERROR, "keyNotUsed", why=problem)
            await self._clock.sleep(delay)
            attempt += 1

    async def _open(self) -> None:
        read = await self._exchange.read_account(ReadAccount(token=0))
        self._engine = self._new_engine(next_epoch(self._clock.now(), self._last, read))
        at, reading = self._clock.now(), self._reading
        self._wakefulness.beat()
        left = retiring(self._strategies.values(), reading)
        self._is_open = True
        self._step(started(reading, left, self._last, self._standing_stop(), at))
        if reading.stops:
            self._step(PersonStopSet(at=at, reason=", ".join(reading.stops)))
        if not reading.is_reachable:
            # What people want now is not known (RI-6): exits go on, entries wait at once.
            self._step(BlockSet(at=at, block=Block.API))
        # Until it is signed in and reconciled, the private stream tells of no fill.
        self._step(PrivateStreamLost(at=at))
        self._watch_symbols()
        self._begin(self._exchange.run())
        asyncio.get_running_loop().call_later(STREAM_PATIENCE_SECONDS, self._read_instruments)

    def _standing_stop(self) -> EmergencyStop | None:
        stop = self._resource.latched_stop()
        if stop is None or stop.emergency_id not in self._reading.acknowledged:
            return stop
        self._resource.clear_stop(stop.emergency_id)
        self._journal.log.write(Level.WARNING, "emergencyStopEnded", id=stop.emergency_id)
        return None

    def _new_engine(self, epoch: int) -> Engine:
        return Engine(epoch=epoch, started_at=self._clock.now(), limits=self._wiring.limits)

    # Every step

    def _step(self, event: Event, arrived: float | None = None) -> None:
        self._wakefulness.beat()
        outcome = self._engine.process(event)
        self._executor.carry_out(outcome.actions)
        if arrived is not None and any(isinstance(each, Approved) for each in outcome.actions):
            latency = self._clock.monotonic() - arrived
            self._wiring.meters.latency.labels(self.around.account).observe(latency)
        self.reporter.step(event, outcome)
        self._gauges.step(event, outcome)
        self._follow_up(event)
        self._arm()

    def _may_send(self, generation: int) -> bool:
        """What a stop lets through is safe whoever trades; all else waits for a look."""
        state = self._engine.state
        is_allowed = state.stop is not None or self._wakefulness.is_awake()
        return state.generation == generation and is_allowed

    async def _wake_up(self) -> None:
        """Before anything that waited is acted on: has a younger runner taken over (PR-8)?"""
        seconds = round(self._wakefulness.still_seconds, 1)
        self._journal.log.write(Level.WARNING, "stoodStill", seconds=seconds)
        await self._wakefulness.wake_up(self.state, self._inbox, self._step)

    def _follow_up(self, event: Event) -> None:
        match event:
            case PrivateStreamRestored():
                self._read_instruments()
            case ParametersChanged():
                self._watch_symbols()
                self._read_instruments()
            case _:
                pass

    def _arm(self) -> None:
        """The next timer event: when the engine asked for it, and at least once a second."""
        if self._timer is not None:
            self._timer.cancel()
        wake_at, delay = self._engine.state.wake_at, HEARTBEAT_SECONDS
        if wake_at is not None:
            delay = min(delay, max(0.001, (wake_at - self._clock.now()).total_seconds()))
        self._timer = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        self._tell(TimerFired(at=self._clock.now()))

    def _tell(self, event: Event) -> None:
        self._inbox.put(event, self._clock.monotonic())

    def _hear(self, report: Report) -> None:
        self._hearing.hear(report)
        self.reporter.touch()

    def _watch_symbols(self) -> None:
        self._exchange.watch(self._symbols())

    def _read_instruments(self) -> None:
        if not self._over.done():
            self._instruments.follow(self._symbols())

    def _symbols(self) -> list[str]:
        return list(dict.fromkeys(run.symbol for run in self._engine.state.runs.values()))

    # What people want

    async def _watch(self) -> None:
        self._take(self._resource.read())  # What changed since the reading that this life has.
        async for reading in self._resource.watch():
            self._take(reading)

    def _take(self, reading: Reading) -> None:
        before, self._reading = self._reading, reading
        self._note(before, reading)
        if reading.account is not None:
            self._follow(reading.account.spec)
        arrived = self._clock.monotonic()
        for event in events_between(before, reading, self._clock.now()):
            self._inbox.put_first(event, arrived)
        if needs_new_life(before, reading):
            self._end(Ending.RENEWED)

    def _note(self, before: Reading, reading: Reading) -> None:
        for fault in reading.faults:
            if fault not in before.faults:
                self._journal.log.write(Level.ERROR, "specificationRefused", why=fault)
        if reading.account != before.account:
            self._journal.log.write(Level.INFO, "specificationChanged")
        for path in reading.pending_restart:
            if path not in before.pending_restart:
                text = f"{path} acts from the next start on"
                self._journal.log.write(Level.WARNING, "restartNeeded", why=text)
        self.around.faults, self.around.pending_restart = reading.faults, reading.pending_restart
        self.reporter.touch()

    def _follow(self, spec: TradingAccountSpec) -> None:
        """What acts on the shell itself."""
        self._spec = spec
        self._exchange.set_request_timeout(float(spec.request_timeout_seconds))
        self._strategies.update({strategy.name: strategy for strategy in spec.strategies})
        self.reporter.interval = timedelta(seconds=spec.report_interval_seconds)
        self._journal.log.level = Level[spec.log_level.value.upper()]

    # Looking after it

    async def _tick(self) -> None:
        count = 0
        while True:
            self.reporter.tick()
            if count % 10 == 0:
                self._gauges.look(self.state, self.totals, self.reporter.status)
                self._save_copy()
            self._guard_the_door()
            if self._wakefulness.is_set_back():
                self._journal.log.write(Level.WARNING, "clockSetBack")
                self._end(Ending.RENEWED)  # A new engine begins with the time as it is now.
            count += 1
            await self._clock.sleep(TICK_SECONDS)

    def _guard_the_door(self) -> None:
        """RI-14: unreadable for 30 s, entries wait; readable again, they go on."""
        now = self._clock.now()
        if self._reading.is_reachable:
            if Block.API in self.state.blocks:
                self._tell(BlockLifted(at=now, block=Block.API))
            self._unreachable_since = None
            return
        self._unreachable_since = self._unreachable_since or now
        if now >= self._unreachable_since + API_PATIENCE and Block.API not in self.state.blocks:
            self._tell(BlockSet(at=now, block=Block.API))

    def _save_copy(self) -> None:
        account = self._reading.account
        if account is None or not self._is_open:
            return
        left = tuple(
            strategy
            for strategy in retiring(self._strategies.values(), self._reading)
            if strategy.name in self.state.runs
        )
        if self._saved != (account.spec, left):
            self._saved = (account.spec, left)
            self.reporter.paperwork.hand_in("copy", lambda: self._resource.save_copy(account, left))

    # The end

    def _end(self, ending: Ending) -> None:
        if not self._over.done():
            self._over.set_result(ending)

    def _break(self, error: BaseException) -> None:
        if not self._over.done():
            self._over.set_exception(error)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._look_at)
        self._tasks.append(task)

    def _look_at(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._break(error)

    async def _finish(self) -> None:
        well = self._over.done() and self._over.exception() is None
        if self._is_open and well:
            self._step(RunnerEnding(at=self._clock.now()))
        left = await self._executor.finish(AWAIT_SECONDS if well else 0.0)
        if left:
            text = f"{left} requests are still open; recovery finds out what became of them"
            self._journal.log.write(Level.WARNING, "requestsLeft", why=text)
        await asyncio.sleep(0.01)  # The loop takes in what those requests came to.
        self._instruments.stop()
        if self._timer is not None:
            self._timer.cancel()
        self.around.is_ended = well and self._over.result() is Ending.TOLD
        self.reporter.finish()
        await self.reporter.paperwork.finish(0.5)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task
        await self._exchange.close()


def _ignore(data: MarketData) -> None:
    """Trades, candles and books are for strategies that come later; quotes are events."""
