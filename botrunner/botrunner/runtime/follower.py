"""Follows what people want of one account, from reading to reading, for one life."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from botapi.v1alpha1.account import TradingAccountSpec
from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource.port import AccountResource, Reading
from botrunner.domain.control import Block, BlockLifted, BlockSet, EpochClaimed, Event
from botrunner.engine.state import EngineState
from botrunner.runtime.inbox import Inbox
from botrunner.runtime.paperwork import Paperwork
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.wishes import events_between, needs_new_life, retiring
from botrunner.service.clock import Clock
from botrunner.service.logs import Level, Log

API_PATIENCE = timedelta(seconds=30)
"""So long the account may be unreadable before entries wait (RI-14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What a life does about a new reading."""

    follow: Callable[[TradingAccountSpec], None]
    """What acts on the shell itself."""
    looked: Callable[[], None]
    """There is something to report, or to be let in by."""
    renew: Callable[[], None]
    """This life cannot go on with it; the next can."""


class Follower:
    """One life's. ``reading`` is the newest; its events go into the inbox before all others."""

    def __init__(
        self,
        resource: AccountResource,
        reading: Reading,
        around: Surroundings,
        inbox: Inbox,
        hooks: Hooks,
        clock: Clock,
        log: Log,
    ) -> None:
        self.reading = reading
        self.is_open = False
        """Whether the account is traded; before that, an admission is waited for, not held."""
        self._resource, self._around, self._inbox = resource, around, inbox
        self._hooks, self._clock, self._log = hooks, clock, log
        self._strategies: dict[tuple[str, str], Strategy] = {}
        """By name and symbol, all that this life or the last was told of."""
        self._remember(resource.saved_strategies())
        self._saved: object = None
        self._unreachable_since: datetime | None = None
        self._mark(reading)

    async def watch(self) -> None:
        """Take every reading, for ever."""
        self._take(self._resource.read())  # What changed since the reading that this life has.
        async for reading in self._resource.watch():
            self._take(reading)

    def follow(self, spec: TradingAccountSpec) -> None:
        """Keep its strategies in mind, for the day one of them leaves the list (KU-27)."""
        self._remember(spec.strategies)
        self._hooks.follow(spec)

    def left(self) -> tuple[Strategy, ...]:
        """Strategies of earlier readings that the list does not have any more."""
        return retiring(self._strategies.values(), self.reading)

    def tick(self, state: EngineState, told: Callable[[Event], None]) -> None:
        """Called several times a second, once the account is traded or before."""
        self._observe()
        self._guard_the_door(state, told)
        if self.is_open and self.reading.highest_epoch > max(state.epoch, state.fenced_by):
            told(EpochClaimed(at=self._clock.now(), epoch=self.reading.highest_epoch))

    def save_copy(self, state: EngineState, files: Paperwork) -> None:
        """Have the specification written down for a start without its source (RI-6)."""
        account = self.reading.account
        if account is None or not self.is_open:
            return
        alive = {(run.name, run.symbol) for run in state.runs.values()}
        left = tuple(each for each in self.left() if (each.name, each.symbol) in alive)
        if self._saved != (account.spec, left):
            self._saved = (account.spec, left)
            files.hand_in("copy", lambda: self._resource.save_copy(account, left))

    def _remember(self, strategies: Iterable[Strategy]) -> None:
        self._strategies.update({(each.name, each.symbol): each for each in strategies})

    def _take(self, reading: Reading) -> None:
        before = self.reading
        self.reading = reading = reading.keeping(before.keys)
        self._note(before, reading)
        self._mark(reading)
        if reading.account is not None:
            self.follow(reading.account.spec)
        arrived = self._clock.monotonic()
        for event in events_between(before, reading, self._clock.now()):
            self._inbox.put_first(event, arrived)
        self._hooks.looked()
        if needs_new_life(before, reading) or self._is_admission_lost(reading):
            self._hooks.renew()

    def _is_admission_lost(self, reading: Reading) -> bool:
        return self.is_open and reading.admitted_uid not in (None, self._around.uid)

    def _note(self, before: Reading, reading: Reading) -> None:
        for fault in reading.faults:
            if fault not in before.faults:
                self._log.write(Level.ERROR, "specificationRefused", why=fault)
        if reading.account != before.account:
            self._log.write(Level.INFO, "specificationChanged")
        if reading.keys_reason != before.keys_reason:
            name = "keysGone" if reading.keys_reason else "keysBack"
            level = Level.WARNING if reading.keys_reason else Level.INFO
            self._log.write(level, name, why=reading.keys_problem)
        for path in reading.pending_restart:
            if path not in before.pending_restart:
                text = f"{path} acts from the next start on"
                self._log.write(Level.WARNING, "restartNeeded", why=text)

    def _mark(self, reading: Reading) -> None:
        self._around.faults = reading.faults
        self._around.pending_restart = reading.pending_restart
        self._around.keys_gone_reason = reading.keys_reason
        self._around.keys_gone = reading.keys_problem if reading.keys_reason else ""
        if reading.is_reachable:
            self._unreachable_since = None
        else:
            since = self._unreachable_since or self._clock.now()
            self._unreachable_since = reading.unreachable_since or since

    def _observe(self) -> None:
        """A generation is followed once the engine has taken all that it wants."""
        is_taken = not (self.is_open and self._inbox.has_wishes)
        if is_taken and self._around.generation != self.reading.generation:
            self._around.generation = self.reading.generation
            self._hooks.looked()

    def _guard_the_door(self, state: EngineState, told: Callable[[Event], None]) -> None:
        """RI-14: unreadable for 30 s, entries wait; readable again, they go on."""
        now, since = self._clock.now(), self._unreachable_since
        if since is None:
            if Block.API in state.blocks:
                told(BlockLifted(at=now, block=Block.API))
        elif now >= since + API_PATIENCE and Block.API not in state.blocks:
            told(BlockSet(at=now, block=Block.API))
