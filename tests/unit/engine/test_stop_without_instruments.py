"""RI-3, RI-5: a stop is carried out with what is known; it waits for no instrument."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain.actions import PlaceOrder
from botrunner.domain.control import InstrumentRead, PersonStopSet, RunnerStarted
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.events import TimerFired
from botrunner.domain.parameters import AccountParameters, StopParameters
from botrunner.domain.side import Purpose, Side
from botrunner.engine.engine import Engine
from support.engine_drive import EPOCH, XRP, Drive, account, started

LONG, SHORT = Side.LONG, Side.SHORT


def restarted_blind(policy: StopPolicy) -> Drive:
    """Both sides are open, levels and exits rest; a new life cannot read the instrument."""
    drive = started()
    drive.move("0.99")
    drive.parameters = AccountParameters(
        strategies=account().strategies, stop=StopParameters(policy=policy)
    )
    drive.engine = Engine(epoch=EPOCH + 1, started_at=drive.venue.now, limits=drive.limits)
    drive.outcomes.clear()
    drive.tell(
        RunnerStarted(at=drive.venue.now, parameters=drive.parameters),
        PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"),
    )
    return drive


def seconds_pass(drive: Drive, seconds: int) -> None:
    """Time alone: no price is known either."""
    for _ in range(seconds):
        drive.venue.now += timedelta(seconds=1)
        drive.tell(TimerFired(at=drive.venue.now))


def flat(drive: Drive) -> bool:
    return not drive.venue.positions() and not drive.venue.open_orders()


def test_flatten_closes_both_sides_by_the_size_of_the_positions() -> None:
    """RI-3: both legs of a hedge together, until a read shows that the account is flat."""
    drive = restarted_blind(StopPolicy.FLATTEN)
    seconds_pass(drive, 5)
    closes = [a for a in drive.sent() if isinstance(a, PlaceOrder)]

    assert XRP not in drive.engine.state.instruments
    assert {each.purpose for each in closes} == {Purpose.CLOSE}
    assert all(each.reduce_only and each.price is None for each in closes)
    assert flat(drive)
    assert drive.engine.state.stop_complete


def test_cancel_entries_leaves_the_exits() -> None:
    """RI-3: what can add exposure goes, exits stay."""
    drive = restarted_blind(StopPolicy.CANCEL_ENTRIES)
    seconds_pass(drive, 5)

    assert drive.resting(LONG) == drive.resting(SHORT) == []
    assert drive.resting(LONG, Purpose.TAKE_PROFIT) and drive.resting(SHORT, Purpose.TAKE_PROFIT)


def test_freeze_sends_nothing() -> None:
    """RI-3."""
    drive = restarted_blind(StopPolicy.FREEZE)
    seconds_pass(drive, 5)

    assert drive.sent() == []


@pytest.mark.parametrize("policy", [StopPolicy.CANCEL_ENTRIES, StopPolicy.FLATTEN])
def test_an_instrument_that_comes_later_changes_nothing(policy: StopPolicy) -> None:
    """RI-3: no price and no fill leads to any order beyond the policy."""
    drive = restarted_blind(policy)
    seconds_pass(drive, 3)
    resting = {order.order_id for order in drive.venue.open_orders()}
    instrument = drive.venue.instruments[XRP]
    drive.tell(
        InstrumentRead(at=drive.venue.now, instrument=instrument, fees=drive.venue.fees),
        drive.venue.quote(XRP),
        TimerFired(at=drive.venue.now),
    )
    drive.settle(5)

    assert {order.order_id for order in drive.venue.open_orders()} == resting
    assert all(Decimal(0) < order.remaining for order in drive.venue.open_orders())
