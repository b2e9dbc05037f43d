"""One life of one account's runner: from the first read to the last report.

The order of the start: the key, what last lives left, the engine with every stop that stands, the
streams, and only then the reads of recovery (GR-41). A stop that was set while nobody ran holds
from the first event on.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from botapi.v1alpha1.account import Mode, TradingAccountSpec
from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import Reading
from botrunner.domain.actions import ReadAccount
from botrunner.domain.control import (
    Block,
    BlockSet,
    Event,
    ParametersChanged,
    PersonStopSet,
    PrivateStreamLost,
    PrivateStreamRestored,
    RunnerEnding,
)
from botrunner.engine.engine import Engine
from botrunner.engine.state import EngineState
from botrunner.exchanges.market_data import MarketData
from botrunner.exchanges.port import Exchange, Listeners, Report
from botrunner.runtime.entrance import Entrance
from botrunner.runtime.executor import Executor
from botrunner.runtime.follower import Follower, Hooks
from botrunner.runtime.gauges import Gauges
from botrunner.runtime.hearing import Hearing
from botrunner.runtime.inbox import Inbox
from botrunner.runtime.instruments import Instruments
from botrunner.runtime.journal import Journal
from botrunner.runtime.lifeless import Lifeless, lifeless_status
from botrunner.runtime.opening import last_uid, next_epoch, standing_stop, started
from botrunner.runtime.parameters import feed_limits
from botrunner.runtime.publisher import Publisher
from botrunner.runtime.reporter import Reporter
from botrunner.runtime.status import build_status
from botrunner.runtime.steps import Step, Steps
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.totals import totals_from
from botrunner.runtime.wakefulness import Wakefulness
from botrunner.runtime.wiring import Ending, Wiring
from botrunner.service.logs import Level

TICK_SECONDS = 0.1
"""How often reports are looked after."""
STREAM_PATIENCE_SECONDS = 5.0
"""Recovery waits so long for the streams; exits must not wait longer (GR-45)."""
REPORT_SECONDS = 0.5
"""The last report is awaited so long; it goes on being written while the process lives."""
AWAIT_SECONDS = 3.0
"""Requests in flight are awaited so long at the end (GR-52)."""


class Life:
    """Made for one life and thrown away; ``reading`` has a specification and keys."""

    def __init__(self, wiring: Wiring, reading: Reading, publisher: Publisher) -> None:
        account, keys = reading.account, reading.keys
        if account is None or keys is None:
            raise ValueError("a life needs a specification and keys")
        self._wiring, self._clock = wiring, wiring.clock
        self._resource, self._publisher = wiring.resource, publisher
        self._last = publisher.latest
        self.around = Surroundings(
            account=self._resource.name,
            version=wiring.version,
            started=self._clock.now(),
            pod=wiring.pod,
            key_suffix=keys.api_key[-4:],
            generation=reading.generation,
            is_dry_run=account.spec.mode is Mode.DRY_RUN,
        )
        self._inbox = Inbox()
        self._journal = Journal(wiring.log, wiring.audit)
        self._hearing = Hearing(self.around, self._journal, wiring.meters)
        self._gauges = Gauges(meters=wiring.meters, account=self._resource.name)
        self.totals = totals_from(self._last, self._clock.now())
        self._stop = standing_stop(self._resource, reading, wiring.log)
        listeners = Listeners(event=self._tell, market=_ignore, report=self._hear)
        self._exchange: Exchange = wiring.make_exchange(account.spec, keys, listeners)
        self._engine = self._new_engine(0)
        self._wakefulness = Wakefulness(self._exchange, self._clock)
        self._over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self._watched: list[str] = []
        self._compose(wiring, reading)

    def _compose(self, wiring: Wiring, reading: Reading) -> None:
        """The parts that call back."""
        log = wiring.log
        self.reporter = Reporter(
            self._resource,
            self._publisher,
            self._journal,
            self.totals,
            state=lambda: self._engine.state,
            describe=self._describe,
            now=self._clock.now,
            folder=wiring.folder,
        )
        self._executor = Executor(
            self._exchange,
            self.reporter,
            may_send=self._may_send,
            told=self._tell,
            broke=self._break,
        )
        self._steps = Steps(
            lambda: self._engine,
            self._executor,
            self._inbox,
            self._clock,
            told=self._told,
            took=wiring.meters.latency.labels(self._resource.name).observe,
        )
        self._instruments = Instruments(
            self._exchange, self._clock, self._tell, self._hearing.symbol_unknown, self._break
        )
        self._entrance = Entrance(
            self._exchange, wiring.admission, self.around, self.reporter.touch, log, self._clock
        )
        hooks = Hooks(
            follow=self._follow, looked=self._look, renew=lambda: self._end(Ending.RENEWED)
        )
        self._follower = Follower(
            self._resource, reading, self.around, self._inbox, hooks, self._clock, log
        )

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
        if (account := self._follower.reading.account) is not None:
            self._follower.follow(account.spec)
        for work in (self._follower.watch(), self._tick(), self._trade()):
            self._begin(work)
        try:
            return await self._over
        finally:
            await self._finish()

    # The start

    async def _trade(self) -> None:
        await self._entrance.open(lambda: self._follower.reading, last_uid(self._last))
        await self._open()
        while True:
            await self._steps.next()
            if not self._wakefulness.is_awake():
                await self._wake_up()
                continue
            event, arrived = await self._inbox.get()
            self._wakefulness.beat()
            self._steps.decide(event, arrived)

    async def _open(self) -> None:
        read = await self._exchange.read_account(ReadAccount(token=0))
        at, reading = self._clock.now(), self._follower.reading
        while self._inbox.get_wish():
            pass  # What people want stands in the reading; its way there does not matter.
        self._engine = self._new_engine(next_epoch(at, self._last, read, reading.highest_epoch))
        self._stop = standing_stop(self._resource, reading, self._journal.log)
        self._wakefulness.beat()
        self._follower.is_open = True
        self._step(started(reading, self._follower.left(), self._last, self._stop, at))
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

    def _describe(self) -> AccountStatus:
        """What is to be reported now."""
        if self._follower.is_open:
            return build_status(
                self._engine.state, self.around, self.totals, self._publisher.latest
            )
        why = Lifeless(
            reading=self._follower.reading,
            around=self.around,
            stop=self._stop,
            trouble="the runner was ended" if self.around.is_ended else "",
            now=self._clock.now(),
        )
        return lifeless_status(why, self._publisher.latest)

    def _new_engine(self, epoch: int) -> Engine:
        return Engine(
            epoch=epoch,
            started_at=self._clock.now(),
            limits=self._wiring.limits,
            traits=self._exchange.traits,
        )

    # Every step

    def _step(self, event: Event) -> None:
        self._wakefulness.beat()
        self._steps.step(event)

    def _told(self, step: Step) -> None:
        """Logs, sums and metrics."""
        self.reporter.step(step.event, step.outcome, step.sent)
        self._gauges.step(step.event, step.outcome)
        self._follow_up(step.event)

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

    def _tell(self, event: Event) -> None:
        self._inbox.put(event, self._clock.monotonic())

    def _hear(self, report: Report) -> None:
        self._hearing.hear(report)
        self.reporter.touch()

    def _watch_symbols(self) -> None:
        self._watched = self._symbols()
        self._exchange.watch(self._watched)

    def _drop_symbols(self) -> None:
        """A strategy that retired is gone: its symbol is nobody's, its name perhaps an heir's."""
        if self._watched != (symbols := self._symbols()):
            self._watch_symbols()
            self._instruments.keep(symbols)
            self._read_instruments()

    def _read_instruments(self) -> None:
        if not self._over.done():
            self._instruments.follow(self._symbols())

    def _symbols(self) -> list[str]:
        return list(dict.fromkeys(run.symbol for run in self._engine.state.runs.values()))

    # What people want

    def _look(self) -> None:
        """There is a new reading."""
        if not self._follower.is_open:
            reading, log = self._follower.reading, self._journal.log
            self._stop = standing_stop(self._resource, reading, log)
        self._entrance.look()
        self.reporter.touch()

    def _follow(self, spec: TradingAccountSpec) -> None:
        """What acts on the shell itself."""
        self._exchange.set_request_timeout(float(spec.request_timeout_seconds))
        self._exchange.set_feed_limits(feed_limits(spec.market_data))
        self._publisher.set_interval(spec.report_interval_seconds)
        self._journal.log.level = Level[spec.log_level.value.upper()]

    # Looking after it

    async def _tick(self) -> None:
        count = 0
        while True:
            self._steps.tell()
            self.reporter.tick()
            if count % 10 == 0:
                self._gauges.look(self.state, self.totals, self._publisher.latest)
                self._follower.save_copy(self.state, self._publisher.files)
                self._publisher.tick(self._clock.now())
                self._drop_symbols()
            self._follower.tick(self.state, self._tell)
            if self._wakefulness.is_set_back():
                self._journal.log.write(Level.WARNING, "clockSetBack")
                self._end(Ending.RENEWED)  # A new engine begins with the time as it is now.
            count += 1
            await self._clock.sleep(TICK_SECONDS)

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
        if self._follower.is_open and well:
            self._step(RunnerEnding(at=self._clock.now()))
        self._steps.tell()
        left = await self._executor.finish(AWAIT_SECONDS if well else 0.0)
        if left:
            text = f"{left} requests are still open; recovery finds out what became of them"
            self._journal.log.write(Level.WARNING, "requestsLeft", why=text)
        await asyncio.sleep(0.01)  # The loop takes in what those requests came to.
        self._instruments.stop()
        self._steps.stop()
        self._steps.tell()
        self.around.is_ended = well and self._over.result() is Ending.TOLD
        self.reporter.finish()
        await self._publisher.finish(REPORT_SECONDS)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task
        await self._exchange.close()


def _ignore(data: MarketData) -> None:
    """Trades, candles and books are for strategies that come later; quotes are events."""
