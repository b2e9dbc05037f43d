"""What a life begins with: its epoch, and what the last one left behind."""

from collections.abc import Iterable
from datetime import datetime

from botapi.v1alpha1.status import AccountStatus
from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource.port import AccountResource, Reading
from botrunner.domain.control import AccountRead, Event, RunnerStarted
from botrunner.domain.emergency import EmergencyStop
from botrunner.domain.ids import decode
from botrunner.domain.parameters import AppliedGrid, StrategyParameters
from botrunner.runtime.day import last_day
from botrunner.runtime.parameters import account_parameters, strategy_parameters
from botrunner.service.logs import Level, Log


def next_epoch(
    now: datetime, status: AccountStatus | None, read: Iterable[Event], claimed: int = 0
) -> int:
    """Higher than every epoch seen in the status and in open orders, at least now in ms.

    ``claimed`` is the highest that any runner has reported.
    """
    seen = [int(now.timestamp() * 1000), claimed + 1]
    if status is not None and status.runner is not None and status.runner.epoch is not None:
        seen.append(status.runner.epoch + 1)
    for event in read:
        if isinstance(event, AccountRead):
            identities = (decode(order.order_id) for order in event.open_orders)
            seen += [identity.epoch + 1 for identity in identities if identity is not None]
    return max(seen)


def last_uid(status: AccountStatus | None) -> str:
    """Owner of the keys that the last life had; empty where it is not known."""
    account = status.account if status is not None else None
    return (account.uid or "") if account is not None else ""


def standing_stop(resource: AccountResource, reading: Reading, log: Log) -> EmergencyStop | None:
    """The latched stop that an earlier life left; one that a person acknowledged is over."""
    stop = resource.latched_stop()
    if stop is None or stop.emergency_id not in reading.acknowledged:
        return stop
    resource.clear_stop(stop.emergency_id)
    log.write(Level.WARNING, "emergencyStopEnded", id=stop.emergency_id)
    return None


def started(
    reading: Reading,
    left: Iterable[Strategy],
    status: AccountStatus | None,
    stop: EmergencyStop | None,
    at: datetime,
) -> RunnerStarted:
    """The first event of a life. Raises ValueError where there is no specification."""
    if reading.account is None:
        raise ValueError("the account cannot be read")
    return RunnerStarted(
        at=at,
        parameters=account_parameters(
            reading.account.spec, reading.policies, [_retired(strategy) for strategy in left]
        ),
        applied=_applied(status),
        holds=_holds(status),
        stop=stop,
        day=last_day(status),
    )


def _retired(strategy: Strategy) -> StrategyParameters:
    parameters = strategy_parameters(strategy)
    return StrategyParameters(
        name=parameters.name, symbol=parameters.symbol, grid=parameters.grid, retiring=True
    )


def _applied(status: AccountStatus | None) -> dict[str, AppliedGrid]:
    found: dict[str, AppliedGrid] = {}
    for strategy in status.strategies if status is not None else ():
        values = strategy.applied
        if values is None or values.leverage is None:
            continue
        if values.initial_margin is not None and values.averaging_multiplier is not None:
            found[strategy.name] = AppliedGrid(
                leverage=values.leverage,
                initial_margin=values.initial_margin,
                averaging_multiplier=values.averaging_multiplier,
            )
    return found


def _holds(status: AccountStatus | None) -> dict[str, str]:
    strategies = status.strategies if status is not None else ()
    return {each.name: each.hold.id for each in strategies if each.hold and each.hold.id}
