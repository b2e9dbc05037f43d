"""One account's engine: an event in, an outcome out."""

from datetime import datetime

from botrunner.domain.actions import ClearStop, Command, Notify, RecordStop
from botrunner.domain.control import Event
from botrunner.domain.ids import UNOWNED
from botrunner.domain.parameters import AccountParameters
from botrunner.domain.traits import VenueTraits
from botrunner.engine import (
    control,
    day,
    flatten,
    order_events,
    reconcile,
    recovery,
    resolve,
    watch,
)
from botrunner.engine.absorb import absorb
from botrunner.engine.audit import AuditRecord
from botrunner.engine.decide import decide
from botrunner.engine.interest import interest_of
from botrunner.engine.limits import RequestLimits
from botrunner.engine.outcome import Action, Interest, Outcome
from botrunner.engine.placing import sent
from botrunner.engine.release import Released, charge_reads, release
from botrunner.engine.state import EngineState

HANDLERS = (control, order_events)
"""Modules that register what they absorb; named here so that importing the engine loads them."""


class Engine:
    """The pure heart of one account. See the package for its rules.

    Events must come in the order in which they became known; their times may repeat or lag, the
    engine's own time never runs backwards.
    """

    def __init__(
        self,
        *,
        epoch: int,
        started_at: datetime,
        limits: RequestLimits,
        traits: VenueTraits = VenueTraits(),
    ) -> None:
        """``epoch``: milliseconds since 1970, higher than every epoch seen on the account."""
        self._state = EngineState(
            epoch=epoch,
            limits=limits,
            started_at=started_at,
            now=started_at,
            traits=traits,
            parameters=AccountParameters(strategies=()),
        )

    @property
    def state(self) -> EngineState:
        """For reports and tests. Whoever changes it breaks rule 2."""
        return self._state

    def process(self, event: Event) -> Outcome:
        """Take one event and say what follows from it."""
        state = self._state
        state.now = max(state.now, event.at)
        state.outbox, state.refused, state.wake_at, state.deferred = [], [], None, 0
        absorb(event, state)
        self._watch()
        actions = self._act()
        return Outcome(
            actions=actions,
            audit=self._record(event, actions),
            wake_at=state.wake_at,
        )

    def interest(self) -> Interest:
        """What would wake the engine after the last step."""
        return interest_of(self._state)

    def _record(self, event: Event, actions: tuple[Action, ...]) -> AuditRecord:
        state = self._state
        state.sequence += 1
        return AuditRecord(
            sequence=state.sequence,
            at=state.now,
            happened=event,
            done=actions,
            denied=tuple(state.refused),
            deferred=state.deferred,
        )

    def _watch(self) -> None:
        state = self._state
        watch.watch_margin(state)
        watch.watch_stream(state)
        watch.end_lower_epoch(state)
        resolve.ask_where_uncertain(state)
        recovery.ask_again(state)
        reconcile.ask_when_due(state)
        watch.poll_wallet(state)
        day.ask_when_due(state)
        watch.watch_runs(state)

    def _act(self) -> tuple[Action, ...]:
        state = self._state
        if state.fenced_by or state.ended:
            return tuple(command for command in state.outbox if _is_word(command))
        released = release(state, decide(state))
        for approved in released.approved:
            sent(state, approved.action)
        self._await_tokens(released)
        watch.forget_the_flat(state)
        flatten.assess(state)
        charge_reads(state, state.outbox)
        first, last = _split(state.outbox)
        return (*first, *released.approved, *last)

    def _await_tokens(self, released: Released) -> None:
        """Only who waits for a token looks again, and only once there is one."""
        state = self._state
        for name, ready_at in released.ready.items():
            if (run := state.runs.get(name)) is not None:
                run.deferred = released.deferred[name]
                run.wake_at = min(run.wake_at or ready_at, ready_at)
        state.deferred = released.deferred.get(UNOWNED, 0)
        state.deferred += sum(run.deferred for run in state.runs.values())


def _is_word(command: Command) -> bool:
    """What tells people or writes down, and asks the venue nothing."""
    return isinstance(command, Notify | RecordStop | ClearStop)


def _split(commands: list[Command]) -> tuple[list[Command], list[Command]]:
    """The record of a stop stands before every request; everything else after the orders."""
    first: list[Command] = []
    last: list[Command] = []
    for command in commands:
        (first if isinstance(command, RecordStop) else last).append(command)
    return first, last
