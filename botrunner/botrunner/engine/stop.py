"""The emergency stop: engaged by a cause, held by a latch, ended by a person (RI-1 to RI-4).

Rule 1: the record comes first. RecordStop stands before every action of the policy.
Rule 2: every change of the stop is a new generation; what was approved before is void.
Rule 3: only a person ends a stop. A latched one by its id, a person's own by taking it back.
"""

from decimal import Decimal

from botrunner.domain.actions import ClearStop, Notify, RecordStop
from botrunner.domain.emergency import EmergencyStop, StopCause, StopPolicy
from botrunner.domain.ids import short_id
from botrunner.engine.state import EngineState


def engage(
    state: EngineState,
    cause: StopCause,
    reason: str,
    *,
    symbol: str = "",
    rate: Decimal | None = None,
) -> None:
    """Stop the account, unless it is stopped as firmly already."""
    latched = cause is not StopCause.PERSON
    if state.stop is not None and (state.stop.latched or not latched):
        return
    state.generation += 1
    stop = EmergencyStop(
        emergency_id=_id_of(state, cause),
        cause=cause,
        reason=reason,
        symbol=symbol,
        rate="" if rate is None else str(rate),
        at=state.now,
        latched=latched,
    )
    put_in_force(state, stop)
    state.outbox.append(Notify(reason="EmergencyStop", message=f"{cause.value}: {reason}"))


def put_in_force(state: EngineState, stop: EmergencyStop) -> None:
    """A stop holds from now on, a new one or the one an earlier life left latched."""
    state.stop, state.stop_complete = stop, False
    policy = state.parameters.stop.policy_for(stop.cause)
    state.outbox.insert(0, RecordStop(stop=stop, policy=policy))
    for run in state.runs.values():
        run.dirty, run.deferred = True, 0


def blind(state: EngineState, reason: str) -> None:
    """The account can no longer be read or traded; with a position open that is a stop (RI-9)."""
    if any(position.quantity > 0 for position in state.positions.values()):
        engage(state, StopCause.ERRORS, reason)


def follow_policy(state: EngineState, before: StopPolicy | None) -> None:
    """An edit changed what the stop in force does: what was approved before is void."""
    if state.policy is before:
        return
    state.generation += 1
    state.stop_complete = False
    for run in state.runs.values():
        run.dirty = True


def person_stops(state: EngineState, reason: str) -> None:
    """A person wants a stop: at once, and still when a latched one has ended."""
    state.person_stop = reason
    engage(state, StopCause.PERSON, reason)


def person_takes_back(state: EngineState) -> bool:
    """Nobody wants a stop any more; a latched one stays. True when the stop ended."""
    state.person_stop = ""
    if state.stop is None or state.stop.latched:
        return False
    release(state)
    return True


def acknowledge(state: EngineState, emergency_id: str) -> bool:
    """End the latched stop of this id; another id ends nothing. True when trading goes on."""
    if state.stop is None or not state.stop.latched or state.stop.emergency_id != emergency_id:
        return False
    release(state)
    if state.person_stop:
        engage(state, StopCause.PERSON, state.person_stop)
        return False
    return True


def release(state: EngineState) -> None:
    """The stop is over. What follows is recovery: nothing of before is taken for granted."""
    if state.stop is not None:
        state.outbox.append(ClearStop(emergency_id=state.stop.emergency_id))
    state.stop, state.stop_complete = None, False
    state.generation += 1
    state.errors_in_row = 0


def _id_of(state: EngineState, cause: StopCause) -> str:
    return short_id(f"{state.epoch} {state.generation} {cause.value} {state.now.isoformat()}")
