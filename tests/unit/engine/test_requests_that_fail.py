"""EX-2, EX-9, GR-24 and GR-34: refused, lost and racing requests."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.actions import CancelOrder, PlaceOrder, ResolveOrder
from botrunner.domain.emergency import StopCause
from botrunner.domain.side import Purpose, Side
from botrunner.engine.resolve import RECEIVE_WINDOW
from botrunner.engine.state import Phase
from support.engine_drive import NOON, XRP, Drive, Fault, account, grid, started
from support.grid_rules import broken_rules
from support.grid_venue import GridVenue

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT


def at_99() -> Drive:
    """Long levels 0 and 1 filled; level 2 rests on both sides."""
    drive = started()
    drive.move("0.99")
    return drive


def placements(drive: Drive, side: Side, level: int) -> int:
    return sum(
        isinstance(action, PlaceOrder)
        and (action.side, action.level, action.purpose) == (side, level, Purpose.ENTRY)
        for action in drive.sent()
    )


def test_a_placement_that_was_lost_after_it_arrived_is_found_and_not_repeated() -> None:
    """EX-2."""
    drive = started()
    drive.faults.append(Fault.LOST_AFTER)
    drive.move("0.99")
    drive.settle(10)

    assert placements(drive, LONG, 2) == 1
    assert broken_rules(drive) == []


def test_a_placement_that_never_arrived_is_repeated_only_after_the_receive_window() -> None:
    """EX-2: a placement is never blindly repeated."""
    drive = started()
    drive.faults.append(Fault.LOST_BEFORE)
    drive.move("0.99")
    sent_at = drive.venue.now
    lost = [action for action in drive.sent() if isinstance(action, PlaceOrder)][-2]
    while placements(drive, lost.side, lost.level) == 1:
        assert drive.venue.now < sent_at + timedelta(seconds=30)
        drive.wait(1)

    assert drive.venue.now >= sent_at + RECEIVE_WINDOW
    assert broken_rules(drive) == []


def test_an_unknown_outcome_is_resolved_by_reading_first() -> None:
    """EX-2."""
    drive = started()
    drive.faults.append(Fault.LOST_BEFORE)
    drive.move("0.99")
    resolved = [
        action.order_id
        for outcome in drive.outcomes
        for action in outcome.actions
        if isinstance(action, ResolveOrder)
    ]

    assert len(set(resolved)) == 1


def test_one_of_a_pair_refused_takes_the_other_along_and_both_come_back() -> None:
    """GR-24."""
    drive = started()
    drive.faults.extend([None, Fault.REJECTED])
    drive.move("0.99")

    assert drive.resting(LONG) == []
    assert drive.resting(SHORT) == [(1, "150", "1.01")]

    drive.settle(3)

    assert broken_rules(drive) == []
    assert drive.resting(LONG) == [(2, "300", "0.9801")]


def test_a_survivor_that_filled_meanwhile_gets_its_mirror_at_once() -> None:
    """GR-24: its mirror is retried ahead of everything else."""
    drive = started()
    drive.faults.extend([None, Fault.REJECTED])
    drive.queue.extend(drive.venue.move("XRPUSDT", Decimal("0.99")))
    while drive.faults:
        drive.step(drive.queue.popleft())
    drive.move("0.9801")

    assert drive.run.grid.long.highest == 2
    assert broken_rules(drive) == []


def test_a_rejected_take_profit_is_replaced_within_five_seconds() -> None:
    """GR-34."""
    drive = started()
    drive.faults.extend([Fault.REJECTED, Fault.REJECTED])
    exit_order = drive.order_at(LONG, 0, EXIT)
    exit_order.is_open = False
    drive.tell(
        ev.OrderCancelled(order_id=exit_order.order_id, at=drive.venue.now, filled=Decimal(0))
    )
    assert drive.resting(LONG, EXIT) == []
    drive.settle(4)

    assert drive.resting(LONG, EXIT) == [(0, "75", "1.0105")]


def test_a_refused_amendment_of_a_take_profit_replaces_it() -> None:
    """GR-31 and GR-34."""
    drive = at_99()
    order = drive.order_at(LONG, 0, EXIT)
    refused = ev.AmendRejected(
        order_id=order.order_id,
        at=drive.venue.now,
        refusal=ev.RefusalClass.OTHER,
        message="cannot be modified",
    )
    drive.tell(refused)
    drive.move("0.9801")
    drive.settle(2)

    assert drive.order_at(LONG, 0, EXIT).order_id != order.order_id
    assert broken_rules(drive) == []


def test_an_order_that_is_gone_on_its_amendment_is_read_and_its_fill_counts() -> None:
    """EX-11."""
    drive = at_99()
    drive.stream = False
    drive.move("0.9801")
    drive.stream = True
    order_id = next(o for o in drive.engine.state.orders if "le02" in o)
    drive.tell(
        ev.AmendRejected(
            order_id=order_id,
            at=drive.venue.now,
            refusal=ev.RefusalClass.GONE,
            message="too late",
        )
    )

    assert drive.run.grid.long.highest == 2
    assert drive.run.grid.long.holding.quantity == 525


def test_an_order_event_that_overtakes_its_execution_waits_for_it() -> None:
    """Streams are independent: a filled order without its fill decides nothing."""
    drive = at_99()
    order = drive.order_at(LONG, 2)
    happened = drive.venue.fill_part(order.order_id, Decimal(300))
    before = len(drive.sent())
    drive.tell(happened[1])

    assert len(drive.sent()) == before
    assert drive.run.grid.long.highest == 1

    drive.tell(happened[0], *happened[2:])

    assert drive.run.grid.long.highest == 2
    assert broken_rules(drive) == []


def test_a_fill_that_never_comes_by_the_stream_is_read_after_two_seconds() -> None:
    """EX-7: fills come from executions."""
    drive = at_99()
    order = drive.order_at(LONG, 2)
    happened = drive.venue.fill_part(order.order_id, Decimal(300))
    drive.tell(happened[1])
    drive.settle(3)

    assert drive.run.grid.long.highest == 2


def test_a_fill_that_the_venue_does_not_list_is_asked_for_at_a_distance() -> None:
    """EX-7: its lists lag behind each other; a read that lacks the execution is no reason to ask
    again at once, and in the end the position says what was filled."""
    drive = at_99()
    order = drive.order_at(LONG, 2)
    order.is_open = False
    filled = Decimal(300)
    ended = ev.OrderCancelled(order_id=order.order_id, at=drive.venue.now, filled=filled)
    since = len(drive.outcomes)
    drive.tell(ended)
    for _ in range(200):
        # What the read of the order says: that it ended so, and not one execution.
        drive.tell(replace(ended, at=drive.venue.now))
        drive.wait(0.1)
    reads = _resolved(drive, order.order_id, since)
    drive.settle(30)

    assert 2 <= reads <= 10
    assert "OutOfSync" in drive.notices()
    assert broken_rules(drive) == []


def test_an_order_that_is_read_open_long_after_it_was_called_over_is_ours_again() -> None:
    """No order is lost for a fact that was wrong: the surplus is cancelled."""
    drive = at_99()
    order = drive.order_at(LONG, 0, EXIT)
    drive.tell(ev.OrderCancelled(order_id=order.order_id, at=drive.venue.now, filled=Decimal(0)))
    drive.settle(3)
    twice = drive.resting(LONG, EXIT)
    drive.settle(120)

    assert len(twice) == 2
    assert len(drive.resting(LONG, EXIT)) == 1
    assert broken_rules(drive) == []


def test_an_order_without_a_price_in_a_read_breaks_no_recovery() -> None:
    drive = Drive(venue=GridVenue(now=NOON, prices={XRP: Decimal(1)}), parameters=account())
    drive.start()
    order = drive.order_at(LONG, 1)
    order.price = Decimal(0)
    drive.restart()
    drive.settle(5)

    assert drive.run.phase is Phase.TRADING
    assert drive.engine.state.stop is None


def _resolved(drive: Drive, order_id: str, since: int) -> int:
    return sum(
        isinstance(action, ResolveOrder) and action.order_id == order_id
        for outcome in drive.outcomes[since:]
        for action in outcome.actions
    )


def test_an_execution_counts_once() -> None:
    """EX-7."""
    drive = at_99()
    fill = drive.venue.fills[-1]
    drive.tell(fill, fill)

    assert drive.run.grid.long.holding.quantity == 225


def test_a_fill_that_races_a_take_profit_is_protected() -> None:
    """EX-7 and GR-34: an old entry's fill belongs to the side's next life, with an exit for all."""
    drive = at_99()
    late = drive.order_at(SHORT, 2)
    fills = drive.venue.fill_part(late.order_id, Decimal(300))
    drive.move("0.9896")
    drive.tell(*fills)
    drive.settle(15)

    exits = [a for a in drive.sent() if not isinstance(a, CancelOrder) and a.purpose is EXIT]

    assert any((a.side, a.quantity) == (SHORT, Decimal(375)) for a in exits)
    assert broken_rules(drive) == []


def test_an_order_that_rested_and_is_nowhere_is_a_stop_after_the_grace() -> None:
    """EX-9: no new exposure meanwhile, after 30 s a broken invariant."""
    drive = at_99()
    order_id = drive.order_at(LONG, 2).order_id
    del drive.venue.orders[order_id]
    drive.tell(ev.AmendOutcomeUnknown(order_id=order_id, at=drive.venue.now))
    drive.settle(25)
    assert drive.engine.state.stop is None
    drive.settle(20)

    assert drive.engine.state.stop is not None
    assert drive.engine.state.stop.cause is StopCause.INVARIANT


@pytest.mark.parametrize("part", ["1", "149"])
def test_a_level_filled_in_part_is_completed_by_the_rest(part: str) -> None:
    """GR-46: the order that is filled in part rests on for what is missing."""
    drive = started()
    order = drive.order_at(LONG, 1)
    drive.tell(*drive.venue.fill_part(order.order_id, Decimal(part)))

    assert drive.run.grid.long.highest == 1
    assert drive.resting(LONG)[0][1] in (str(150 - int(part)), "300")
    assert broken_rules(drive) == []


def test_a_cancelled_rest_is_placed_again_as_a_remainder() -> None:
    """GR-46."""
    drive = started()
    order = drive.order_at(LONG, 1)
    drive.tell(*drive.venue.fill_part(order.order_id, Decimal(50)))
    order.is_open = False
    drive.tell(ev.OrderCancelled(order_id=order.order_id, at=drive.venue.now, filled=Decimal(50)))

    assert drive.resting(LONG) == [(1, "100", "0.99"), (2, "300", "0.9801")]


def test_an_amendment_that_the_venue_calls_unchanged_is_read() -> None:
    """EX-2: "not modified" says nothing about the terms."""
    drive = started(parameters=account(of=grid()))
    order = drive.order_at(LONG, 1)
    drive.tell(
        ev.AmendRejected(
            order_id=order.order_id,
            at=drive.venue.now,
            refusal=ev.RefusalClass.NOT_MODIFIED,
            message="order not modified",
        )
    )

    assert any(
        isinstance(action, ResolveOrder) and action.order_id == order.order_id
        for outcome in drive.outcomes
        for action in outcome.actions
    )
    assert broken_rules(drive) == []
