"""GR-32 with RI-34 and RI-1: what a lost private stream holds back, and what it does not.

A reopening up to the other side's quantity lowers the net exposure, so it counts as reducing for
RI-34; all other entries wait. It goes out only while what the stream would tell is read each
second instead (EX-7): unknown still means no new exposure.
"""

from datetime import timedelta

import pytest

from botrunner.domain.control import AccountPolled, PrivateStreamLost, PrivateStreamRestored
from botrunner.domain.side import Side
from botrunner.engine.gates import POLL_PATIENCE
from botrunner.strategies.grid.state import GridSide
from support.engine_drive import Drive, started
from support.grid_rules import broken_rules

LONG, SHORT = Side.LONG, Side.SHORT


def poll(drive: Drive) -> None:
    """What happened since the last poll, and that everything is known now."""
    drive.tell(*drive.venue.fills, AccountPolled(at=drive.venue.now))
    drive.tell_wallet()


def without_stream() -> Drive:
    """Long levels 0 and 1 filled; then the private stream goes."""
    drive = started()
    drive.move("0.99")
    drive.stream = False
    drive.tell(PrivateStreamLost(at=drive.venue.now))
    return drive


def short_closes(drive: Drive) -> None:
    """The short's take-profit fills, and the next poll tells of it."""
    drive.move("0.9896")
    poll(drive)


def side(drive: Drive, which: Side) -> GridSide:
    return drive.run.grid.side(which)


def test_a_reopening_goes_out_while_the_account_is_polled() -> None:
    """GR-32, RI-34: one level was filled opposite and is there at once; nothing else is added."""
    drive = without_stream()
    short_closes(drive)
    drive.wait(1)
    poll(drive)

    assert side(drive, SHORT).holding.quantity == 75
    assert [row[0] for row in drive.resting(SHORT)] == []
    assert drive.engine.state.stop is None


def test_a_reopening_waits_while_nothing_is_known() -> None:
    """RI-1: unknown means no new exposure."""
    drive = without_stream()
    drive.move("0.9896")
    drive.tell(*drive.venue.fills)
    drive.settle(10)

    assert side(drive, SHORT).holding.is_flat
    assert drive.resting(SHORT) == []


def test_a_reopening_waits_when_the_polls_have_ended() -> None:
    """RI-1: what was known five seconds ago is not known."""
    drive = without_stream()
    drive.tell(AccountPolled(at=drive.venue.now))
    drive.wait(POLL_PATIENCE.total_seconds() + 1)
    drive.move("0.9896")
    drive.tell(*drive.venue.fills)
    drive.settle(3)

    assert drive.resting(SHORT) == []


def test_other_entries_wait_for_the_stream_and_follow_its_return() -> None:
    """RI-34: missing orders follow on release; their mirrors are no breach meanwhile."""
    drive = without_stream()
    before = len(drive.resting(LONG))
    drive.move("0.9801")
    poll(drive)
    for _ in range(40):
        drive.wait(1)
        poll(drive)

    assert side(drive, LONG).highest == 2
    assert len(drive.resting(LONG)) == before - 1
    assert drive.engine.state.stop is None

    drive.stream = True
    drive.tell(PrivateStreamRestored(at=drive.venue.now))
    drive.settle(5)

    assert broken_rules(drive) == []


def test_no_entry_is_moved_without_the_stream() -> None:
    """RI-1: an entry that rests stays as it is."""
    drive = without_stream()
    drive.tell(AccountPolled(at=drive.venue.now))
    resting = [drive.resting(LONG), drive.resting(SHORT)]
    drive.wait(20)
    poll(drive)

    assert [drive.resting(LONG), drive.resting(SHORT)] == resting


@pytest.mark.parametrize("seconds", [1, 3])
def test_the_exit_of_what_was_reopened_is_there_within_the_grace(seconds: int) -> None:
    """GR-34: exits never wait for a stream."""
    drive = without_stream()
    short_closes(drive)
    drive.wait(seconds)
    poll(drive)

    held = side(drive, SHORT).holding.quantity
    assert held == 75
    order = drive.venue.open_orders()
    assert any(o.side is SHORT and o.reduces and o.remaining == held for o in order)
    assert POLL_PATIENCE < timedelta(seconds=30)
