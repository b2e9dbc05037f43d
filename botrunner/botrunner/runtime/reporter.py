"""Everything people and machines see of one life: status, state file, metrics, logs.

Rule 1: it reads the outcome and the state, and changes neither.
Rule 2: a stop is on the disk before its policy begins; all other writing happens off the loop.
Rule 3: what matters is written at once, numbers at most every ``reportIntervalSeconds`` (KU-4).
"""

from collections.abc import Callable, Hashable
from datetime import timedelta
from pathlib import Path

from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import AccountResource
from botrunner.domain.actions import ClearStop, Notify, OrderAction, RecordStop
from botrunner.domain.control import AccountRead, Event, SymbolRead
from botrunner.domain.events import FundingSettled, OrderFilled, QuoteChanged, TimerFired
from botrunner.engine.outcome import Outcome
from botrunner.engine.state import EngineState
from botrunner.runtime.journal import Journal
from botrunner.runtime.paperwork import Paperwork
from botrunner.runtime.state_file import LevelHistory, state_document, write_state
from botrunner.runtime.status import build_status, plain_decimal
from botrunner.runtime.status_change import is_urgent, is_worth_it
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.totals import Totals
from botrunner.service.logs import Level

HEARTBEAT = timedelta(minutes=5)
RECORD_AGAIN = timedelta(seconds=2)
"""A stop that the disk refused is written again after this: each try waits for the disk."""


class Reporter:
    """One life's. ``folder`` gets the state file; None where there is none."""

    def __init__(
        self,
        resource: AccountResource,
        journal: Journal,
        around: Surroundings,
        totals: Totals,
        state: Callable[[], EngineState],
        folder: Path | None,
    ) -> None:
        self._resource, self._journal, self._around = resource, journal, around
        self._totals, self._state, self._folder = totals, state, folder
        self._history = LevelHistory()
        self._document: dict[str, object] = {}
        self._previous = resource.last_status()
        self._reported: AccountStatus | None = None
        self._dirty, self._forced = True, False
        self._unrecorded: RecordStop | None = None
        self._record_at = around.started
        self.interval = timedelta(seconds=15)
        self.status: AccountStatus | None = None
        """The newest, whether written or not."""
        self.paperwork = Paperwork(self._not_written)

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
            self._unrecorded, self._record_at = action, self._state().now + RECORD_AGAIN
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
        """Tell people, by the log."""
        self._journal.notified(action)

    def sent(self, action: OrderAction) -> None:
        """An order request goes out."""
        self._journal.sent(action)

    # What the loop calls

    def step(self, event: Event, outcome: Outcome) -> None:
        """After each step of the engine."""
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
        if self._unrecorded is not None and self._state().now >= self._record_at:
            self._write_down(self._unrecorded)
        self._write_status(self._dirty)
        if self._dirty:
            self._write_state_file()
        self._dirty = False

    def finish(self) -> None:
        """Hand in the last status and state."""
        self._dirty = self._forced = True
        self._record_at = self._state().now
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

    def _write_status(self, changed: bool) -> None:
        state, last = self._state(), self._reported
        age = None if last is None or last.runner is None else last.runner.last_report
        due = age is None or state.now >= age + self.interval
        if not changed and not due:
            return
        self.status = build_status(state, self._around, self._totals, last or self._previous)
        beat = age is None or state.now >= age + HEARTBEAT
        forced = self._forced or last is None or beat or is_urgent(last, self.status)
        if last is not None and not forced:
            if not due or not is_worth_it(last, self.status):
                return
        self._reported = status = self.status
        self.paperwork.hand_in("status", lambda: self._resource.report(status))

    def _write_state_file(self) -> None:
        folder = self._folder
        if folder is None:
            return
        document = state_document(self._state(), self._history)
        if _without_times(document) == _without_times(self._document):
            return
        self._document = document
        self.paperwork.hand_in("state", lambda: write_state(folder, document))

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

    def _not_written(self, kind: Hashable, error: OSError) -> None:
        text = f"{kind} cannot be written: {error.strerror}; it is tried again"
        self._journal.log.write(Level.ERROR, "reportFailed", why=text)


def _without_times(document: dict[str, object]) -> dict[str, object]:
    return {
        symbol: {k: v for k, v in entry.items() if k != "timestamp"}
        for symbol, entry in document.items()
        if isinstance(entry, dict)
    }
