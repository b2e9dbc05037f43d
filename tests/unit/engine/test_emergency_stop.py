"""RI-2 to RI-4 and RI-8 on the engine: what a stop sends, and what ends it."""

from decimal import Decimal

import pytest

from botrunner.domain.actions import CancelOrder, ClearStop, PlaceOrder, RecordStop
from botrunner.domain.control import (
    EmergencyAcknowledged,
    PersonStopSet,
    PersonStopTakenBack,
    PrivateStreamAttemptFailed,
    PrivateStreamLost,
    PrivateStreamRestored,
)
from botrunner.domain.emergency import StopCause, StopPolicy
from botrunner.domain.parameters import AccountParameters, StopParameters
from botrunner.domain.side import Purpose, Side
from botrunner.risk.verdict import Approved
from support.engine_drive import Drive, Fault, account, started

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT


def trading(policy: StopPolicy = StopPolicy.CANCEL_ENTRIES) -> Drive:
    parameters = AccountParameters(
        strategies=account().strategies, stop=StopParameters(policy=policy)
    )
    drive = started(parameters=parameters)
    drive.move("0.99")
    return drive


def stop(drive: Drive) -> int:
    """A person stops the account; gives the number of requests the venue had before."""
    before = len(drive.venue.requests)
    drive.tell(PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"))
    return before


def test_cancel_entries_cancels_every_entry_and_keeps_the_exits() -> None:
    """RI-3."""
    drive = trading()
    stop(drive)

    assert drive.resting(LONG) == drive.resting(SHORT) == []
    assert len(drive.resting(LONG, EXIT)) == len(drive.resting(SHORT, EXIT)) == 1
    assert drive.engine.state.stop_complete


def test_freeze_sends_no_order_request_at_all_even_over_a_restart() -> None:
    """RI-3."""
    drive = trading(StopPolicy.FREEZE)
    before = stop(drive)
    drive.move("0.9801")
    drive.settle(5)
    drive.restart(stop=drive.engine.state.stop)
    drive.move("0.97")
    drive.settle(40)

    assert len(drive.venue.requests) == before


def test_flatten_cancels_everything_closes_both_legs_and_verifies_by_a_read() -> None:
    """RI-3."""
    drive = trading(StopPolicy.FLATTEN)
    stop(drive)
    closes = [
        action.side
        for action in drive.sent()
        if isinstance(action, PlaceOrder) and action.purpose is Purpose.CLOSE
    ]

    assert closes == [LONG, SHORT]
    assert drive.venue.positions() == []
    assert drive.venue.open_orders() == []
    assert drive.engine.state.stop_complete


def test_flatten_is_retried_until_flat() -> None:
    """RI-3: a close that was refused is made again."""
    drive = trading(StopPolicy.FLATTEN)
    drive.faults.extend([Fault.REJECTED, Fault.REJECTED, Fault.REJECTED])
    stop(drive)

    assert drive.venue.positions() != []
    assert not drive.engine.state.stop_complete

    drive.settle(10)

    assert drive.venue.positions() == []
    assert drive.engine.state.stop_complete


def test_nothing_that_adds_exposure_is_sent_while_stopped() -> None:
    """RI-3: no price and no fill leads to an order beyond the policy."""
    drive = trading()
    before = stop(drive)
    for price in ("0.9896", "0.95", "1.05", "1.00"):
        drive.move(price)
    drive.settle(20)
    entries = [
        request
        for request in drive.venue.requests[before:]
        if isinstance(request, PlaceOrder) and not request.reduce_only
    ]

    assert entries == []


def test_exits_follow_fills_while_entries_are_cancelled() -> None:
    """RI-3: a level that filled just before its cancel is protected."""
    drive = trading()
    order = drive.order_at(LONG, 2)
    fills = drive.venue.fill_part(order.order_id, Decimal(300))
    stop(drive)
    drive.tell(*fills)
    drive.settle(3)

    assert drive.resting(LONG, EXIT)[0][1] == "525"


def test_the_record_stands_before_the_first_request_of_the_policy() -> None:
    """RI-4."""
    drive = trading()
    stop(drive)
    first = next(
        outcome.actions
        for outcome in drive.outcomes
        if any(isinstance(action, RecordStop) for action in outcome.actions)
    )

    assert isinstance(first[0], RecordStop)
    assert first[0].policy is StopPolicy.CANCEL_ENTRIES
    assert isinstance(first[1], Approved)
    assert isinstance(first[1].action, CancelOrder)


def test_a_persons_stop_ends_when_the_person_takes_it_back() -> None:
    """RI-2."""
    drive = trading()
    stop(drive)
    drive.tell(PersonStopTakenBack(at=drive.venue.now))
    drive.settle(12)

    assert drive.engine.state.stop is None
    assert drive.resting(LONG) == [(2, "300", "0.9801")]


@pytest.fixture
def latched() -> Drive:
    drive = trading()
    drive.tell(PrivateStreamLost(at=drive.venue.now))
    for _ in range(3):
        drive.tell(PrivateStreamAttemptFailed(at=drive.venue.now))
    drive.wait(120)
    return drive


def test_a_lost_private_stream_is_latched_when_both_limits_are_exceeded(latched: Drive) -> None:
    """RI-1."""
    assert latched.engine.state.stop is not None
    assert latched.engine.state.stop.cause is StopCause.STREAM
    assert latched.engine.state.stop.latched


def test_a_lost_private_stream_holds_entries_at_once_and_latches_not_before_its_time() -> None:
    """RI-1: entries are held back at once."""
    drive = trading()
    drive.tell(PrivateStreamLost(at=drive.venue.now))
    for _ in range(5):
        drive.tell(PrivateStreamAttemptFailed(at=drive.venue.now))
    before = len(drive.venue.requests)
    drive.wait(100)
    drive.move("0.9801")
    entries = [r for r in drive.venue.requests[before:] if isinstance(r, PlaceOrder)]

    assert drive.engine.state.stop is None
    assert [entry for entry in entries if not entry.reduce_only] == []


def test_a_latched_stop_ends_only_by_its_own_id(latched: Drive) -> None:
    """RI-2 and RI-8."""
    held = latched.engine.state.stop
    assert held is not None
    for event in (
        PersonStopTakenBack(at=latched.venue.now),
        EmergencyAcknowledged(at=latched.venue.now, emergency_id="other"),
    ):
        latched.tell(event)

    assert latched.engine.state.stop == held

    latched.tell(PrivateStreamRestored(at=latched.venue.now))
    latched.tell(EmergencyAcknowledged(at=latched.venue.now, emergency_id=held.emergency_id))

    assert latched.engine.state.stop is None
    assert any(
        ClearStop(emergency_id=held.emergency_id) in outcome.actions for outcome in latched.outcomes
    )


def test_a_latched_stop_survives_a_restart(latched: Drive) -> None:
    """RI-2."""
    held = latched.engine.state.stop
    latched.restart(stop=held)
    latched.settle(5)

    assert latched.engine.state.stop == held
    assert latched.resting(LONG) == latched.resting(SHORT) == []
    assert latched.resting(LONG, EXIT) != []


def test_a_persons_stop_stays_when_a_latched_one_is_acknowledged(latched: Drive) -> None:
    """RI-2: each stop ends by its own rule."""
    held = latched.engine.state.stop
    assert held is not None
    latched.tell(
        PrivateStreamRestored(at=latched.venue.now),
        PersonStopSet(at=latched.venue.now, reason="annotation"),
        EmergencyAcknowledged(at=latched.venue.now, emergency_id=held.emergency_id),
    )

    assert latched.engine.state.stop is not None
    assert latched.engine.state.stop.cause is StopCause.PERSON


def test_what_was_approved_before_a_stop_carries_an_older_generation() -> None:
    """The executor compares generations at the write."""
    drive = trading()
    generation = drive.engine.state.generation
    stop(drive)
    cancels = [
        action
        for outcome in drive.outcomes
        for action in outcome.actions
        if isinstance(action, Approved) and isinstance(action.action, CancelOrder)
    ]

    assert drive.engine.state.generation == generation + 1
    assert {cancel.generation for cancel in cancels} == {generation + 1}


def test_the_policy_of_the_cause_wins_over_the_general_one() -> None:
    """RI-3: byCause."""
    parameters = AccountParameters(
        strategies=account().strategies,
        stop=StopParameters(by_cause={StopCause.PERSON: StopPolicy.FREEZE}),
    )
    drive = started(parameters=parameters)
    before = stop(drive)

    assert drive.engine.state.policy is StopPolicy.FREEZE
    assert len(drive.venue.requests) == before
