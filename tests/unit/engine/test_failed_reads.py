"""Reads that fail are asked again later each time, and never within a ban."""

from datetime import datetime, timedelta
from decimal import Decimal

from botrunner.domain.actions import ReadAccount, ReadSymbol
from botrunner.domain.control import Event, ReadFailed, RequestsPaused
from botrunner.domain.events import OrderCancelled, TimerFired
from botrunner.domain.side import Side
from botrunner.engine.outcome import Outcome
from botrunner.engine.state import Phase
from support.engine_drive import Drive, started
from support.grid_rules import broken_rules

SECONDS = timedelta(seconds=1)


def unanswered() -> Drive:
    """A runner that has just started and whose reads nobody answers."""
    drive = started()
    drive.answer_reads = False
    drive.restart()
    return drive


def fail_reads(drive: Drive) -> Outcome:
    """Both reads on their way fail."""
    tokens = (drive.run.token, drive.engine.state.account_token)
    for token in tokens:
        outcome = drive.engine.process(
            ReadFailed(token=token, message="503", at=drive.engine.state.now)
        )
    return outcome


def asked_at(drive: Drive, outcome: Outcome, kind: type, *, times: int) -> list[float]:
    """Seconds at which a read of a kind was asked again, each of them failing too."""
    begun = drive.engine.state.now
    asked: list[float] = []
    while len(asked) < times:
        at = outcome.wake_at
        assert at is not None, "nothing wakes the engine"
        outcome = drive.engine.process(TimerFired(at=at))
        if any(isinstance(action, kind) for action in outcome.actions):
            asked.append((at - begun).total_seconds())
            outcome = fail_reads(drive)
    return asked


def test_a_failed_recovery_read_is_asked_again_later_each_time() -> None:
    """GR-41, EX-4: a venue that refuses reads is not asked as fast as it refuses."""
    drive = unanswered()

    asked = asked_at(drive, fail_reads(drive), ReadSymbol, times=6)

    assert asked == [1, 3, 7, 15, 23, 31]


def test_a_failed_read_of_the_account_is_asked_again_later_each_time() -> None:
    """GR-48, EX-9."""
    drive = unanswered()

    asked = asked_at(drive, fail_reads(drive), ReadAccount, times=4)

    assert asked == [1, 3, 7, 15]


def test_nothing_is_read_while_the_venue_forbids_every_request() -> None:
    """EX-5: a ban of the address ends; requests within it would only make it longer."""
    drive = unanswered()
    now = drive.engine.state.now
    until = now + timedelta(minutes=10)
    drive.engine.process(RequestsPaused(until=until, at=now))

    outcome = fail_reads(drive)
    first_asked = {kind: _first_asked(drive, outcome, kind) for kind in (ReadSymbol,)}

    assert first_asked == {ReadSymbol: until}


def test_nothing_is_sent_by_a_lane_that_was_not_used_before_the_ban() -> None:
    """EX-5: every lane stops, the first order of a life included."""
    drive = started(cash="1")
    until = drive.venue.now + timedelta(minutes=10)
    drive.tell(RequestsPaused(until=until, at=drive.venue.now))
    drive.venue.cash += 1000
    while drive.venue.now < until - SECONDS:
        drive.wait(1)
    meanwhile = list(drive.venue.requests)
    drive.settle(30)

    assert meanwhile == []
    assert broken_rules(drive) == []
    assert len(drive.resting(Side.LONG)) == 1


def test_a_mirror_that_a_ban_holds_back_breaks_no_invariant() -> None:
    """RI-34: one answer of the venue would else end every account behind the address."""
    drive = started()
    drive.tell(RequestsPaused(until=drive.venue.now + 90 * SECONDS, at=drive.venue.now))
    drive.tell(*_without(drive, Side.LONG))
    drive.settle(80)
    stopped, resting = drive.engine.state.stop, drive.resting(Side.LONG)
    drive.settle(30)

    assert stopped is None
    assert resting == []
    assert broken_rules(drive) == []


def _without(drive: Drive, side: Side) -> list[Event]:
    """The venue cancels the next entry of a side."""
    order = drive.order_at(side, 1)
    order.is_open = False
    return [OrderCancelled(order_id=order.order_id, at=drive.venue.now, filled=Decimal(0))]


def test_a_read_that_comes_in_at_last_ends_the_waiting() -> None:
    drive = unanswered()
    fail_reads(drive)

    drive.answer_reads = True
    drive.settle(12)

    assert drive.run.phase is Phase.TRADING
    assert drive.run.read_retry is None
    assert drive.engine.state.account_retry is None
    assert broken_rules(drive) == []


def _first_asked(drive: Drive, outcome: Outcome, kind: type) -> datetime:
    while True:
        assert outcome.wake_at is not None, "nothing wakes the engine"
        outcome = drive.engine.process(TimerFired(at=outcome.wake_at))
        reads = [a for a in outcome.actions if isinstance(a, ReadSymbol | ReadAccount)]
        if any(isinstance(action, kind) for action in reads):
            return drive.engine.state.now
        assert not reads
