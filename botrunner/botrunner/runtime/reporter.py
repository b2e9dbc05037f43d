"""Everything people and machines see of one life: status, state file, metrics, logs.

Rule 1: it reads the outcome and the state, and changes neither.
Rule 2: a stop is on the disk before its policy begins; all other writing happens off the loop.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import AccountResource, Notice
from botrunner.domain.actions import ClearStop, Notify, OrderAction, RecordStop
from botrunner.domain.control import AccountRead, Event, SymbolRead
from botrunner.domain.events import FundingSettled, OrderFilled, QuoteChanged, TimerFired
from botrunner.engine.outcome import Outcome
from botrunner.engine.state import EngineState
from botrunner.runtime.conditions import unprotected
from botrunner.runtime.journal import Journal
from botrunner.runtime.notices import STOP_ENGAGED
from botrunner.runtime.publisher import Publisher
from botrunner.runtime.state_file import LevelHistory, state_document, write_state
from botrunner.runtime.status import plain_decimal
from botrunner.runtime.totals import Totals
from botrunner.service.logs import Level

BUILD_AGAIN = timedelta(seconds=1)
"""How often numbers that moved on their own are looked at, once they may be written."""
RECORD_AGAIN = timedelta(seconds=2)
"""A stop that the disk refused is written again after this: each try waits for the disk."""


class Reporter:
    """One life's. ``folder`` gets the state file; None where there is none."""

    def __init__(
        self,
        resource: AccountResource,
        publisher: Publisher,
        journal: Journal,
        totals: Totals,
        *,
        state: Callable[[], EngineState],
        describe: Callable[[], AccountStatus],
        now: Callable[[], datetime],
        folder: Path | None,
    ) -> None:
        """``describe`` says what is to be reported now."""
        self._resource, self._publisher, self._journal = resource, publisher, journal
        self._totals, self._state, self._folder = totals, state, folder
        self._describe, self._now = describe, now
        self._history = LevelHistory()
        self._document: dict[str, object] = {}
        self._dirty = True
        self._unprotected: tuple[str, ...] = ()
        self._built_at = self._record_at = now()
        self._unrecorded: RecordStop | None = None

    # What the executor calls

    def record_stop(self, action: RecordStop) -> None:
        """Log and stop file, before anything else (RI-4); a full disk holds no stop up."""
        self._journal.stopped(action)
        self._dirty = True
        self._write_down(action)

    def _write_down(self, action: RecordStop) -> None:
        try:
            self._resource.record_stop(action.stop, action.policy)
            self._unrecorded = None
        except OSError as error:
            self._unrecorded, self._record_at = action, self._now() + RECORD_AGAIN
            text = f"the stop file cannot be written: {error.strerror}; the stop holds in memory"
            self._journal.log.write(Level.CRITICAL, "stopNotRecorded", why=text)

    def clear_stop(self, action: ClearStop) -> None:
        """The stop is over."""
        self._dirty = True
        waiting = self._unrecorded
        if waiting is not None and waiting.stop.emergency_id == action.emergency_id:
            self._unrecorded = None  # A newer one that still waits for the disk stays.
        try:
            self._resource.clear_stop(action.emergency_id)
        except OSError as error:
            self._journal.log.write(Level.ERROR, "stopFileStays", why=str(error.strerror))
        self._journal.log.write(Level.WARNING, "emergencyStopEnded", id=action.emergency_id)

    def notify(self, action: Notify) -> None:
        """Tell people: by the log, and by an Event where there is a cluster."""
        self._journal.notified(action)
        if action.reason != STOP_ENGAGED:  # That one is told by the status, with its id and policy.
            notice = Notice(reason=action.reason, message=action.message, is_warning=action.warning)
            self._resource.announce(notice)

    # What the loop calls

    def step(self, event: Event, outcome: Outcome, sent: Iterable[OrderAction]) -> None:
        """After each step of the engine, and the order requests that it began."""
        for action in sent:
            self._journal.sent(action)
        gained = self._add_up(event)
        self._history.take(event)
        self._journal.step(event, outcome, gained)
        if not isinstance(event, QuoteChanged | TimerFired):
            self._dirty = True
        if isinstance(event, AccountRead):
            self._log_positions()

    def touch(self) -> None:
        """Something around the engine changed."""
        self._dirty = True

    def tick(self) -> None:
        """Called several times a second: hand in what has become worth writing."""
        if self._unrecorded is not None and self._now() >= self._record_at:
            self._write_down(self._unrecorded)
        self._publish()
        if self._dirty:
            self._write_state_file()
        self._dirty = False

    def finish(self) -> None:
        """Hand in the last status and state."""
        self._dirty, self._record_at = True, self._now()
        self._publisher.publish(self._describe(), self._now(), is_forced=True)
        self.tick()

    def _add_up(self, event: Event) -> str | None:
        """What a fill realised; None for one that is known from before."""
        match event:
            case OrderFilled():
                gained = self._totals.filled(event)
                return None if gained is None else plain_decimal(gained)
            case FundingSettled():
                self._totals.settled(event)
            case SymbolRead():
                self._totals.recovered(event)
            case _:
                pass
        return ""

    def _publish(self) -> None:
        now, bare = self._now(), unprotected(self._state())
        may_have_moved = now >= self._built_at + BUILD_AGAIN and self._publisher.is_due(now)
        # A grace that passes is no event.
        if self._dirty or may_have_moved or bare != self._unprotected:
            self._built_at, self._unprotected = now, bare
            self._publisher.publish(self._describe(), now)

    def _write_state_file(self) -> None:
        folder = self._folder
        if folder is None:
            return
        document = state_document(self._state(), self._history)
        if _without_times(document) == _without_times(self._document):
            return
        self._document = document
        self._publisher.files.hand_in("state", lambda: write_state(folder, document))

    def _log_positions(self) -> None:
        state = self._state()
        held = [
            {
                "symbol": position.symbol,
                "side": position.side.value,
                "quantity": str(position.quantity),
                "entryPrice": str(position.average_price),
            }
            for position in state.positions.values()
            if position.quantity > 0
        ]
        wallet = state.wallet
        equity = str(wallet.equity) if wallet is not None else ""
        self._journal.log.positions(equity=equity, positions=held)


def _without_times(document: dict[str, object]) -> dict[str, object]:
    return {
        symbol: {k: v for k, v in entry.items() if k != "timestamp"}
        for symbol, entry in document.items()
        if isinstance(entry, dict)
    }
