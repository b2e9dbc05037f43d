"""EX-9: an order that a read did not show, and that turns up again."""

from datetime import timedelta

import pytest

from botrunner.domain.actions import PlaceOrder
from botrunner.domain.control import PersonStopSet, PersonStopTakenBack, PrivateStreamRestored
from botrunner.domain.side import Side
from botrunner.engine.resolve import is_missing
from support.engine_drive import XRP, Drive, Fault, started
from support.grid_rules import broken_rules

LONG = Side.LONG


@pytest.fixture
def drive() -> Drive:
    """Long levels 0 and 1 filled; level 2 rests on both sides."""
    made = started()
    made.move("0.99")
    made.wait(1)
    return made


def read_account(drive: Drive) -> None:
    """Have the account read now."""
    drive.venue.now += timedelta(seconds=0.4)
    drive.tell(PrivateStreamRestored(at=drive.venue.now))


def lose_for_one_read(drive: Drive, order_id: str) -> None:
    """One read of the account, and the question after the order, do not show it; the next does."""
    order = drive.venue.orders.pop(order_id)
    read_account(drive)
    assert is_missing(drive.engine.state, XRP)
    drive.venue.orders[order_id] = order
    read_account(drive)


def test_an_order_that_the_next_read_shows_holds_no_exposure_back(drive: Drive) -> None:
    """EX-9: no new exposure only while the order is missing."""
    lose_for_one_read(drive, drive.order_at(LONG, 2).order_id)
    found = not is_missing(drive.engine.state, XRP)
    drive.move("0.9801")

    assert found
    assert [level for level, _, _ in drive.resting(LONG)] == [3]
    assert broken_rules(drive) == []


def test_the_grace_of_a_missing_order_begins_anew_after_it_was_found(drive: Drive) -> None:
    """EX-9: 30 s of one absence are a broken invariant, not two moments an hour apart."""
    order_id = drive.order_at(LONG, 2).order_id
    lose_for_one_read(drive, order_id)
    drive.settle(60)
    lose_for_one_read(drive, order_id)

    assert drive.engine.state.stop is None


def test_a_placement_that_recovery_finds_is_not_asked_after_any_more() -> None:
    """EX-2: the answer "nowhere" of before says nothing about an order that rests."""
    drive = started()
    drive.faults.append(Fault.LOST_BEFORE)
    drive.move("0.99")
    lost = next(
        action
        for action in drive.sent()
        if isinstance(action, PlaceOrder) and action.order_id not in drive.venue.orders
    )
    drive.venue.place(lost)
    drive.tell(
        PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"),
        PersonStopTakenBack(at=drive.venue.now),
    )

    assert lost.order_id in drive.engine.state.orders
    assert lost.order_id not in drive.engine.state.inquiries
