"""GR-34 with EX-2: a take-profit whose request was lost is back long before the grace of 5 s.

Why a second exit under another id is safe before the venue has proven that the first never
arrived, where a second entry would not be:

- both are reduce-only, and in hedge mode an exit cannot open the other side: whatever fills, no
  more is closed than is held, and exposure only goes down;
- both stand at the take-profit's price: which of the two fills makes no difference to the result;
- a position that is closed takes its reduce-only orders with it at the venue, so the surplus does
  not meet the reopened side; seen resting, it is cancelled before any entry goes out;
- it is no blind repetition (EX-2): the venue was asked by the first id, and showed nothing.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.actions import AmendOrder, CancelOrder, PlaceOrder, ResolveOrder
from botrunner.domain.control import PrivateStreamLost
from botrunner.domain.events import TimerFired
from botrunner.domain.side import Purpose, Side
from botrunner.engine.resolve import RECEIVE_WINDOW
from support.engine_drive import Drive, Fault, started
from support.grid_rules import broken_rules

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT
GRACE = timedelta(seconds=5)
TENTH = 0.1


def with_lost_exit(*, stream: bool = True, fault: Fault = Fault.LOST_BEFORE) -> Drive:
    """The long's take-profit vanishes, and the answer to the one that replaces it is lost."""
    drive = started()
    drive.faults.append(fault)
    drive.stream = stream
    gone = drive.order_at(LONG, 0, EXIT)
    gone.is_open = False
    at = drive.venue.now
    drive.tell(ev.OrderCancelled(order_id=gone.order_id, at=at, filled=Decimal(0)))
    return drive


def exits_sent(drive: Drive) -> list[PlaceOrder]:
    """Every take-profit of the long that was sent after the first."""
    sent = [action for action in drive.sent() if isinstance(action, PlaceOrder)]
    return [each for each in sent if (each.side, each.purpose) == (LONG, EXIT)][1:]


def until_it_rests(drive: Drive) -> timedelta:
    """How long the side has no exit at the venue."""
    since = drive.venue.now
    while not drive.resting(LONG, EXIT):
        assert drive.venue.now < since + timedelta(seconds=60), "the exit never came back"
        drive.wait(TENTH)
    return drive.venue.now - since


@pytest.mark.parametrize("stream", [True, False])
def test_a_lost_take_profit_is_replaced_within_the_grace(stream: bool) -> None:
    """GR-34: also while the private stream is lost."""
    drive = with_lost_exit(stream=stream)
    if not stream:
        drive.tell(PrivateStreamLost(at=drive.venue.now))

    assert until_it_rests(drive) < GRACE / 2
    assert len({each.order_id for each in exits_sent(drive)}) == 2


def test_it_is_read_by_its_id_before_another_one_is_sent() -> None:
    """EX-2: never blindly repeated."""
    drive = with_lost_exit()
    lost = exits_sent(drive)[0].order_id
    until_it_rests(drive)
    happened = [action for outcome in drive.outcomes for action in outcome.actions]
    reads = [
        number
        for number, action in enumerate(happened)
        if isinstance(action, ResolveOrder) and action.order_id == lost
    ]
    second = exits_sent(drive)[1]
    (sent,) = (n for n, a in enumerate(happened) if getattr(a, "action", None) is second)

    assert len([number for number in reads if number < sent]) >= 2


def test_one_that_had_arrived_is_found_and_not_doubled() -> None:
    """EX-2: the answer alone was lost."""
    drive = with_lost_exit(stream=False, fault=Fault.LOST_AFTER)
    drive.settle(10)

    assert len(exits_sent(drive)) == 1
    assert drive.resting(LONG, EXIT) == [(0, "75", "1.0105")]


def test_an_exit_without_any_answer_is_read_after_a_second() -> None:
    """GR-34: the request's own deadline is longer than the grace."""
    drive = started()
    gone = drive.order_at(LONG, 0, EXIT)
    gone.is_open = False
    at = drive.venue.now
    outcome = drive.engine.process(
        ev.OrderCancelled(order_id=gone.order_id, at=at, filled=Decimal(0))
    )
    (approved,) = outcome.actions
    order_id = approved.action.order_id  # type: ignore[union-attr] # the new exit
    asked = []
    for tenths in range(1, 31):
        now = at + timedelta(seconds=tenths / 10)
        step = drive.engine.process(TimerFired(at=now))
        for action in step.actions:
            if isinstance(action, ResolveOrder):
                asked.append(tenths)
                drive.engine.process(ev.OrderNotFound(order_id=order_id, at=now))
        if drive.engine.state.orders[order_id].doubted:
            break

    assert asked == [10, 20]


def test_a_first_exit_that_turns_up_after_all_is_cancelled_as_surplus() -> None:
    """GR-31, GR-34: one take-profit is left, and it closes the whole side."""
    drive = with_lost_exit()
    lost = exits_sent(drive)[0]
    until_it_rests(drive)
    drive.tell(*drive.venue.place(lost)[1:])

    cancelled = [a.order_id for a in drive.sent() if isinstance(a, CancelOrder)]
    assert len(cancelled) == 1
    assert drive.resting(LONG, EXIT) == [(0, "75", "1.0105")]

    drive.settle(10)

    assert broken_rules(drive) == []


def test_a_first_exit_that_fills_unseen_closes_no_more_than_there_is() -> None:
    """GR-32, GR-35: both are take-profits of the side, so the side reopens once."""
    drive = with_lost_exit(stream=False)
    lost = exits_sent(drive)[0]
    until_it_rests(drive)
    drive.venue.place(lost)
    drive.stream = True
    drive.move("1.0106")
    drive.settle(20)
    bought = sum(f.quantity for f in drive.venue.fills if f.side is LONG and not f.reduces)
    sold = sum(f.quantity for f in drive.venue.fills if f.side is LONG and f.reduces)

    assert bought - sold == drive.run.grid.long.holding.quantity
    assert sold == 75
    assert drive.run.hold_id == ""
    assert broken_rules(drive) == []


def test_a_doubted_exit_is_forgotten_once_it_cannot_arrive_any_more() -> None:
    """EX-2: the receive window has passed."""
    drive = with_lost_exit()
    lost = exits_sent(drive)[0].order_id
    until_it_rests(drive)
    assert lost in drive.engine.state.orders
    drive.settle(10)

    assert lost not in drive.engine.state.orders


def test_an_amendment_of_an_exit_without_an_answer_is_asked_again() -> None:
    """GR-31, GR-34: the exit closes the whole side within the grace."""
    drive = started()
    outcome = drive.engine.process(drive.venue.quote("XRPUSDT"))
    assert outcome.actions == ()
    filled = drive.venue.move("XRPUSDT", Decimal("0.99"))
    lost = []
    for event in filled:
        step = drive.engine.process(event)
        lost += [a.action for a in step.actions if hasattr(a, "action")]
    amendment = next(a for a in lost if isinstance(a, AmendOrder) and a.purpose is EXIT)
    since = drive.venue.now
    while drive.resting(LONG, EXIT)[0][1] != "225":
        assert drive.venue.now < since + GRACE, "the exit was never amended"
        drive.wait(TENTH)

    assert amendment.quantity == 225
    assert drive.order_at(LONG, 0, EXIT).order_id == amendment.order_id


def test_an_entry_is_not_repeated_before_the_window_of_its_last_writing_has_passed() -> None:
    """EX-2: a connection that came late wrote late; the window runs from then on."""
    drive = started()
    drive.faults.append(Fault.LOST_BEFORE)
    drive.queue.extend(drive.venue.move("XRPUSDT", Decimal("0.99")))
    while not (unknown := [e for e in drive.queue if isinstance(e, ev.OrderOutcomeUnknown)]):
        drive.step(drive.queue.popleft())
    (lost,) = unknown
    written_at = lost.at + timedelta(seconds=4)
    drive.queue.remove(lost)
    drive.queue.append(replace(lost, sent_at=written_at))
    drive.tell()
    first = drive.engine.state.orders[lost.order_id]
    while lost.order_id in drive.engine.state.orders:
        assert drive.venue.now < written_at + timedelta(seconds=30)
        drive.wait(TENTH)

    assert drive.venue.now >= written_at + RECEIVE_WINDOW
    assert drive.venue.now < written_at + RECEIVE_WINDOW + timedelta(seconds=1)
    assert first.purpose is Purpose.ENTRY
