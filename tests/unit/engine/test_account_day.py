"""RI-31: the day's P&L is the change of equity less deposits and transfers."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal as D

from botrunner.domain.actions import ReadTransfers
from botrunner.domain.control import ReadFailed, TransfersRead
from botrunner.domain.day import Day, Transfer
from botrunner.domain.events import TimerFired, WalletChanged
from botrunner.engine.outcome import Outcome
from support.engine_drive import NOON, Drive, started

MIDNIGHT = datetime(2026, 1, 2, tzinfo=NOON.tzinfo)
SECONDS = timedelta(seconds=1)


def day(drive: Drive) -> Day:
    known = drive.engine.state.day
    assert known is not None
    return known


def reading(drive: Drive, equity: str, at: datetime, unrealised: str = "0") -> Outcome:
    """The wallet as it is read at a moment."""
    wallet = replace(drive.venue.wallet(), equity=D(equity), unrealised_pnl=D(unrealised), at=at)
    return drive.engine.process(WalletChanged(wallet=wallet))


def asked(outcome: Outcome) -> list[ReadTransfers]:
    return [action for action in outcome.actions if isinstance(action, ReadTransfers)]


def known_until(drive: Drive, at: datetime, *transfers: Transfer) -> None:
    """The read on its way is answered."""
    token = drive.engine.state.transfers_token
    assert token, "no read of transfers is on its way"
    drive.engine.process(TransfersRead(token=token, transfers=transfers, until=at, at=at))


def moved(amount: str, at: datetime, transfer_id: str = "t1") -> Transfer:
    return Transfer(transfer_id=transfer_id, amount=D(amount), at=at)


def first_seen() -> Drive:
    """An account first seen at noon with 1000 USDT."""
    drive = started()
    drive.engine.state.day = None
    reading(drive, "1000", NOON + SECONDS)
    return drive


def ask(drive: Drive, at: datetime) -> ReadTransfers:
    """Time passes until the transfers are asked for."""
    outcome = drive.engine.process(TimerFired(at=at))
    found = asked(outcome)
    assert found, "the transfers were not asked for"
    return found[0]


def test_an_account_first_seen_begins_its_day_with_that_reading() -> None:
    """RI-31: what was deposited before is in the opening equity."""
    drive = first_seen()

    assert day(drive) == Day(started=NOON + SECONDS, opening_equity=D(1000), pnl=D(0))


def test_a_deposit_and_a_withdrawal_are_no_profit_and_no_loss() -> None:
    """RI-31."""
    drive = first_seen()
    for equity, amount, second in (("1507", "500", 70), ("1007", "-500", 140)):
        at = NOON + second * SECONDS
        reading(drive, equity, at)
        known_until(drive, at + SECONDS, moved(amount, at - SECONDS, str(second)))

        assert day(drive).pnl == D(7)


def test_a_pnl_is_only_of_a_reading_whose_transfers_are_known() -> None:
    """RI-31: a deposit is never shown as profit, not even until it has been read."""
    drive = first_seen()
    reading(drive, "1500", NOON + 70 * SECONDS)

    assert day(drive).pnl == D(0)

    known_until(drive, NOON + 71 * SECONDS, moved("500", NOON + 69 * SECONDS))

    assert day(drive).pnl == D(0)

    reading(drive, "1510", NOON + 80 * SECONDS, unrealised="10")

    assert day(drive).pnl == D(10)


def test_a_transfer_after_the_reading_does_not_count_for_it() -> None:
    """RI-31: the read of the log is younger than the wallet it is held against."""
    drive = first_seen()
    reading(drive, "1003", NOON + 70 * SECONDS)
    known_until(drive, NOON + 75 * SECONDS, moved("500", NOON + 72 * SECONDS))

    assert day(drive).pnl == D(3)


def test_prices_alone_change_the_pnl_without_asking() -> None:
    """RI-31: taken at every wallet update."""
    drive = first_seen()
    outcome = reading(drive, "1042", NOON + 5 * SECONDS, unrealised="42")

    assert day(drive).pnl == D(42)
    assert asked(outcome) == []


def test_the_transfers_are_asked_for_at_least_every_minute_and_at_most_every_second() -> None:
    """RI-31: taken at least every 60 s."""
    drive = first_seen()
    first = ask(drive, NOON + 62 * SECONDS)
    known_until(drive, NOON + 62 * SECONDS)
    quiet = drive.engine.process(TimerFired(at=NOON + 121 * SECONDS))
    second = ask(drive, NOON + 123 * SECONDS)
    known_until(drive, NOON + 123 * SECONDS)
    hasty = reading(drive, "1500", NOON + 123.5 * SECONDS)
    due = drive.engine.process(TimerFired(at=NOON + 124 * SECONDS))

    assert (first.since, second.since) == (NOON + SECONDS, NOON + 2 * SECONDS)
    assert asked(quiet) == [] and asked(hasty) == []
    assert len(asked(due)) == 1


def test_a_read_that_failed_is_asked_again_and_the_pnl_stays() -> None:
    """RI-31: no value is made up."""
    drive = first_seen()
    at = NOON + 70 * SECONDS
    reading(drive, "1500", at)
    token = drive.engine.state.transfers_token
    drive.engine.process(ReadFailed(token=token, message="503", at=at))

    assert day(drive).pnl == D(0)
    assert ask(drive, at + SECONDS).token != token


def test_a_new_day_begins_at_the_boundary_without_what_was_transferred_since() -> None:
    """RI-31: the change of equity since the boundary."""
    drive = first_seen()
    at = MIDNIGHT + 3 * SECONDS
    reading(drive, "1600", at)
    known_until(drive, at + SECONDS, moved("500", MIDNIGHT + SECONDS))

    assert day(drive) == Day(started=MIDNIGHT, opening_equity=D(1100), pnl=D(0))

    reading(drive, "1620", at + 10 * SECONDS, unrealised="20")

    assert day(drive).pnl == D(20)


def test_the_old_day_stands_until_the_new_one_can_begin() -> None:
    """RI-31."""
    drive = first_seen()
    reading(drive, "1600", MIDNIGHT + 3 * SECONDS)

    assert day(drive).started == NOON + SECONDS

    drive.engine.process(TimerFired(at=MIDNIGHT + 3 * SECONDS))

    assert drive.engine.state.transfers_token


def test_a_restart_keeps_the_opening_equity_and_reads_the_days_transfers_again() -> None:
    """RI-31: the opening equity stands in the status."""
    drive = first_seen()
    drive.restart(day=Day(started=NOON, opening_equity=D(90_000)))
    drive.settle(3)
    token, since = drive.engine.state.transfers_token, day(drive).started
    known_until(drive, drive.venue.now, moved("9000", NOON + SECONDS))
    drive.tell_wallet()

    assert token
    assert since == NOON
    assert day(drive).opening_equity == D(90_000)
    assert abs((day(drive).pnl or D(0)) - D(1000)) < 1


def test_no_transfer_is_read_while_a_strategy_recovers() -> None:
    """RI-31 and GR-45: exits come first."""
    drive = started()
    drive.answer_reads = False
    drive.restart(day=Day(started=NOON, opening_equity=D(100_000)))
    drive.settle(70)

    assert drive.engine.state.transfers_token == 0
