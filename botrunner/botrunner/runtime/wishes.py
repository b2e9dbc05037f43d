"""From what people want to events: the difference between two readings of the account. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource.port import Reading
from botrunner.domain.control import (
    EmergencyAcknowledged,
    Event,
    ParametersChanged,
    PersonStopSet,
    PersonStopTakenBack,
)
from botrunner.domain.parameters import AccountParameters
from botrunner.runtime.parameters import account_parameters


def parameters_of(reading: Reading) -> AccountParameters | None:
    """What the engine is told; None where there never was a good specification."""
    if reading.account is None:
        return None
    return account_parameters(reading.account.spec, reading.policies)


def events_between(before: Reading, after: Reading, at: datetime) -> Iterator[Event]:
    """What changed, in the order in which it has to be told: policies stand before the stop."""
    parameters = parameters_of(after)
    if parameters is not None and parameters != parameters_of(before):
        yield ParametersChanged(at=at, parameters=parameters)
    if after.stops and after.stops != before.stops:
        yield PersonStopSet(at=at, reason=", ".join(after.stops))
    if before.stops and not after.stops:
        yield PersonStopTakenBack(at=at)
    for emergency_id in after.acknowledged:
        if emergency_id not in before.acknowledged:
            yield EmergencyAcknowledged(at=at, emergency_id=emergency_id)


def needs_new_life(before: Reading, after: Reading) -> bool:
    """Whether the adapter has to be made anew, or its key looked at again."""
    if after.account is None or before.account is None:
        return False
    if after.keys is not None and before.keys != after.keys:
        return True
    old, new = before.account.spec, after.account.spec
    allowed = [s.credentials.allow_withdraw if s.credentials else False for s in (old, new)]
    return allowed[0] != allowed[1]


def retiring(saved: Iterable[Strategy], reading: Reading) -> tuple[Strategy, ...]:
    """Strategies of an earlier reading that the present one does not list any more (KU-27).

    Another symbol under the same name is another strategy.
    """
    if reading.account is None:
        return tuple(saved)
    listed = {(strategy.name, strategy.symbol) for strategy in reading.account.spec.strategies}
    return tuple(each for each in saved if (each.name, each.symbol) not in listed)
