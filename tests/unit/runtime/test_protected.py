"""When a missing take-profit is told: not while the exit of a fill is on its way (KU-4, KU-14)."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import pytest

from botapi.conditions import ConditionType
from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import AccountResource
from botrunner.domain.control import EpochClaimed, PersonStopSet
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.events import AmendRejected, OrderRejected, RefusalClass, TimerFired
from botrunner.domain.parameters import AccountParameters, StopParameters
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.engine.state import Phase
from botrunner.runtime.conditions import EXIT_GRACE
from botrunner.runtime.journal import Journal
from botrunner.runtime.publisher import Publisher
from botrunner.runtime.reporter import Reporter
from botrunner.runtime.status import build_status
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.totals import Totals
from botrunner.service.clock import ManualClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters
from support.engine_drive import EPOCH, NOON, XRP, Drive, Fault, account, started
from support.grid_venue import GridVenue

_AROUND = Surroundings(account="alice", version="test", started=NOON, uid="1")
_MOMENT = timedelta(milliseconds=1)
_SHARES = pytest.mark.parametrize("share", [Decimal(1), Decimal("0.5")], ids=["whole", "in parts"])


def _status(drive: Drive) -> AccountStatus:
    return build_status(drive.engine.state, _AROUND, Totals(since=NOON), None)


def _said(drive: Drive) -> tuple[str, str]:
    condition = _status(drive).condition(ConditionType.PROTECTED)
    assert condition is not None
    return condition.status, condition.reason


_WELL = ("True", "AsExpected")
_MISSING = ("False", "TakeProfitMissing")


def _grown(share: Decimal = Decimal(1), parameters: AccountParameters | None = None) -> Drive:
    """Level 1 of the long side was filled; the answer about its exit is on its way."""
    drive = started(parameters=parameters)
    drive.venue.fill_share = share
    happened = drive.venue.move(XRP, Decimal("0.99"))
    drive.queue.extend([drive.venue.quote(XRP), *happened])
    while not drive.run.is_exposed:
        drive.step(drive.queue.popleft())
    return drive


def _pass(drive: Drive, time: timedelta) -> None:
    """Time passes, and no answer comes."""
    since = drive.run.exposed_since
    assert since is not None
    drive.step(TimerFired(at=since + time))


@_SHARES
def test_a_new_account_is_never_called_unprotected_while_its_exits_are_on_their_way(
    share: Decimal,
) -> None:
    """KU-14: the first fills cost no write of their own."""
    venue = GridVenue(now=NOON, prices={XRP: Decimal("1.00")}, fill_share=share)
    drive = Drive(venue=venue, parameters=account())
    heard: list[tuple[tuple[str, str], bool]] = []
    drive.after_step = lambda each: heard.append((_said(each), each.run.is_exposed))
    drive.start()

    first = heard.index((_WELL, False))
    assert (_WELL, True) in heard
    assert {said for said, _ in heard[first:]} == {_WELL}


def test_an_exit_that_does_not_come_is_told_when_its_grace_is_over() -> None:
    """GR-34 grants 5 s; people hear of it before."""
    drive = _grown()
    at_once = _said(drive)
    _pass(drive, EXIT_GRACE - _MOMENT)
    before = _said(drive)
    _pass(drive, EXIT_GRACE)

    assert (at_once, before, _said(drive)) == (_WELL, _WELL, _MISSING)
    assert timedelta(0) < EXIT_GRACE < timedelta(seconds=5)


def test_an_exit_that_comes_late_is_well_again() -> None:
    drive = _grown()
    _pass(drive, EXIT_GRACE)
    drive.tell()

    assert not drive.run.is_exposed
    assert _said(drive) == _WELL


def test_the_second_fill_has_no_grace_of_its_own_while_the_first_lacks_its_exit() -> None:
    drive = _grown(Decimal("0.5"))
    since = drive.run.exposed_since
    _pass(drive, EXIT_GRACE - _MOMENT)
    drive.venue.now += EXIT_GRACE - _MOMENT
    happened = drive.venue.move(XRP, Decimal("0.98"))
    for event in happened:
        drive.step(event)
    _pass(drive, EXIT_GRACE)

    assert drive.run.exposed_since == since
    assert _said(drive) == _MISSING


@pytest.mark.parametrize("refusal", [RefusalClass.RATE, RefusalClass.OTHER])
def test_an_exit_whose_amendment_is_refused_is_told_at_once(refusal: RefusalClass) -> None:
    drive = _grown()
    exit_order = drive.order_at(Side.LONG, 0, Purpose.TAKE_PROFIT)
    drive.queue.clear()
    drive.step(
        AmendRejected(
            order_id=exit_order.order_id,
            at=drive.venue.now,
            refusal=refusal,
            message="not now",
        )
    )

    assert _said(drive) == _MISSING


def test_an_exit_that_is_refused_is_told_at_once() -> None:
    venue = GridVenue(now=NOON, prices={XRP: Decimal("1.00")})
    drive = Drive(venue=venue, parameters=account())
    drive.faults.extend([None, None, Fault.REJECTED])
    refused: list[tuple[str, str]] = []

    def listen(each: Drive) -> None:
        if isinstance(each.outcomes[-1].audit.happened, OrderRejected):
            refused.append(_said(each))

    drive.after_step = listen
    drive.start()

    assert refused == [_MISSING]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [(StopPolicy.FREEZE, "Frozen"), (StopPolicy.FLATTEN, "TakeProfitMissing")],
)
def test_what_a_policy_leaves_without_exit_is_told_at_once(policy: StopPolicy, reason: str) -> None:
    usual = account()
    parameters = AccountParameters(
        strategies=usual.strategies, stop=StopParameters(policy=policy), risk=usual.risk
    )
    drive = _grown(parameters=parameters)
    drive.step(PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"))

    assert _said(drive) == ("False", reason)


def test_a_runner_that_sends_nothing_any_more_has_no_exit_on_its_way() -> None:
    """PR-8: a younger one has taken over."""
    drive = _grown()
    drive.step(EpochClaimed(at=drive.venue.now, epoch=EPOCH + 1))

    assert _said(drive) == _MISSING


def test_what_recovery_finds_without_exit_is_told_at_once() -> None:
    drive = started()
    for side in SIDES:
        del drive.venue.orders[drive.order_at(side, 0, Purpose.TAKE_PROFIT).order_id]
    heard: list[tuple[str, str]] = []

    def listen(each: Drive) -> None:
        if each.run.phase is Phase.TRADING:
            heard.append(_said(each))

    drive.after_step = listen
    drive.restart()

    assert (heard[0], heard[-1]) == (_MISSING, _WELL)


def test_nothing_is_missing_while_nothing_is_held() -> None:
    venue = GridVenue(now=NOON, cash=Decimal(0), prices={XRP: Decimal("1.00")})
    drive = Drive(venue=venue, parameters=account())
    drive.start()
    drive.settle(10)

    assert venue.held == {}
    assert _said(drive) == _WELL


def test_the_report_tells_of_the_grace_that_passed_though_nothing_happened(tmp_path: Path) -> None:
    drive, clock = _grown(), ManualClock(NOON)
    resource = Mock(spec=AccountResource)
    resource.name, resource.last_status.return_value = "alice", None
    log = Log("alice", LogFiles.below(tmp_path), clock, lambda record, text: None, str)
    publisher = Publisher(resource, log, Meters())
    reporter = Reporter(
        resource,
        publisher,
        Journal(log),
        Totals(since=NOON),
        state=lambda: drive.engine.state,
        describe=lambda: _status(drive),
        now=clock.now,
        folder=None,
    )
    reporter.tick()
    first = publisher.published
    reporter.tick()
    quiet = publisher.published
    _pass(drive, EXIT_GRACE)
    reporter.tick()
    told = publisher.published
    log.close()

    assert first is quiet
    assert told is not None
    condition = told.condition(ConditionType.PROTECTED)
    assert condition is not None
    assert (condition.status, condition.reason) == _MISSING
