"""GR-10: position mode, leverage and margin mode changed by other hands."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.actions import ApplySetting, PlaceOrder, ReadAccount
from botrunner.domain.control import (
    AccountRead,
    PersonStopSet,
    Setting,
    SettingApplied,
    SettingLost,
    SettingRefused,
)
from botrunner.domain.side import Purpose, Side
from support.engine_drive import NOON, XRP, Drive, Fault, account, started
from support.grid_rules import broken_rules
from support.grid_venue import GridVenue

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT
INTERVAL = 30
"""reconcileSeconds by default."""
ALWAYS = [Fault.WRONG_MODE] * 10_000


def fresh_drive() -> Drive:
    """Nothing has begun yet."""
    return Drive(venue=GridVenue(now=NOON, prices={XRP: Decimal(1)}), parameters=account())


def settings_asked(drive: Drive, setting: Setting, since: int = 0) -> int:
    """How often a setting was asked for in the outcomes from ``since`` on."""
    return sum(
        isinstance(action, ApplySetting) and action.setting is setting
        for outcome in drive.outcomes[since:]
        for action in outcome.actions
    )


def test_a_pair_refused_for_its_mode_is_placed_again_once_the_mode_is_set_anew() -> None:
    drive = fresh_drive()
    drive.faults.extend([Fault.WRONG_MODE, Fault.WRONG_MODE])
    drive.start()
    drive.settle(3)

    assert {setting: settings_asked(drive, setting) for setting in Setting} == dict.fromkeys(
        Setting, 2
    )
    assert drive.notices().count("SettingChanged") == 1
    assert drive.run.setting_refused == ""
    assert drive.engine.state.errors_in_row == 0
    assert broken_rules(drive) == []


def test_a_mode_that_never_holds_is_asked_for_once_an_interval_and_is_no_stop() -> None:
    """RI-1: refused ten times an hour or not, it is no counted error, and no loop of requests."""
    drive = fresh_drive()
    drive.faults.extend(ALWAYS)
    drive.start()
    drive.settle(10 * INTERVAL)

    rounds = settings_asked(drive, Setting.HEDGE_MODE)
    assert 10 <= rounds <= 13
    assert len([a for a in drive.sent() if isinstance(a, PlaceOrder)]) <= 2 * rounds
    assert drive.engine.state.stop is None
    assert "has no effect" in drive.run.setting_refused
    assert drive.notices().count("SettingChanged") == 1

    drive.calm()
    drive.settle(INTERVAL)

    assert drive.run.setting_refused == ""
    assert broken_rules(drive) == []


def test_a_doubt_without_an_order_to_prove_the_mode_ends_with_the_interval() -> None:
    """A starved account places nothing."""
    drive = fresh_drive()
    drive.faults.extend([Fault.WRONG_MODE] * 4)
    drive.start()
    drive.settle(3)
    assert drive.run.mode_doubted

    drive.venue.cash = Decimal("0.5")
    drive.calm()
    drive.tell_wallet()
    drive.settle(3 * INTERVAL)

    assert drive.resting(LONG) == drive.resting(SHORT) == []
    assert drive.run.setting_refused == ""


def test_a_refused_switch_holds_until_an_interval_later_it_is_taken() -> None:
    """A position of other hands forbids it; nothing but entries waits."""
    drive = fresh_drive()
    drive.faults.extend([Fault.WRONG_MODE, Fault.WRONG_MODE])
    drive.refused_settings[Setting.HEDGE_MODE] = "a position exists"
    drive.start()
    drive.settle(3 * INTERVAL)

    assert drive.sent() == []
    assert drive.run.setting_refused == "hedgeMode of XRPUSDT: a position exists"
    assert settings_asked(drive, Setting.HEDGE_MODE) in (3, 4)
    assert settings_asked(drive, Setting.LEVERAGE) == 1

    drive.calm()
    drive.refused_settings.clear()
    drive.settle(INTERVAL)

    assert broken_rules(drive) == []


def test_a_confirmed_setting_says_nothing_about_a_refused_one() -> None:
    drive = fresh_drive()
    drive.refused_settings[Setting.HEDGE_MODE] = "a position exists"
    drive.start()
    now, leverage = drive.venue.now, Decimal(75)
    drive.tell(SettingApplied(symbol=XRP, setting=Setting.LEVERAGE, value=leverage, at=now))

    assert drive.run.setting_refused == "hedgeMode of XRPUSDT: a position exists"


def test_an_exit_refused_for_its_mode_waits_for_the_interval_and_is_no_broken_invariant() -> None:
    """GR-34: none of ours can be open then; the account is read at once to see it."""
    drive = started()
    order = drive.order_at(LONG, 0, EXIT)
    order.is_open = False
    drive.faults.extend(ALWAYS)
    drive.refused_settings[Setting.HEDGE_MODE] = "a position exists"
    since, before = len(drive.outcomes), len(drive.sent())
    drive.tell(ev.OrderCancelled(order_id=order.order_id, at=drive.venue.now, filled=Decimal(0)))
    reads = [
        action
        for outcome in drive.outcomes[since:]
        for action in outcome.actions
        if isinstance(action, ReadAccount)
    ]
    drive.settle(3 * INTERVAL)

    exits = [a for a in drive.sent()[before:] if isinstance(a, PlaceOrder) and a.purpose is EXIT]
    assert len(reads) == 1
    assert 2 <= len(exits) <= 4
    assert drive.engine.state.stop is None

    drive.calm()
    drive.refused_settings.clear()
    drive.settle(INTERVAL + 1)

    assert drive.resting(LONG, EXIT) == [(0, "75", "1.0105")]


def test_a_refusal_of_an_order_from_before_the_mode_was_set_is_no_news() -> None:
    drive = started()
    old = drive.order_at(LONG, 1).order_id
    now = drive.venue.now + timedelta(seconds=1)
    drive.tell(SettingApplied(symbol=XRP, setting=Setting.HEDGE_MODE, value=Decimal(1), at=now))
    asked = settings_asked(drive, Setting.HEDGE_MODE)
    mode = ev.RefusalClass.POSITION_MODE
    drive.tell(ev.OrderRejected(order_id=old, at=now, refusal=mode, message="one-way"))

    assert settings_asked(drive, Setting.HEDGE_MODE) == asked
    assert drive.run.mode_lost_at is None


def test_an_exit_sent_before_the_mode_was_set_and_refused_after_it_is_placed_anew_in_time() -> None:
    """GR-34: its refusal says nothing about the mode in force, so it does not wait an interval."""
    drive = started()
    order = drive.order_at(LONG, 0, EXIT)
    order.is_open = False
    drive.faults.append(Fault.WRONG_MODE)
    gone, applied = drive.venue.tick(), drive.venue.tick()
    drive.tell(
        ev.OrderCancelled(order_id=order.order_id, at=gone, filled=Decimal(0)),
        SettingApplied(symbol=XRP, setting=Setting.HEDGE_MODE, value=Decimal(1), at=applied),
    )

    assert drive.resting(LONG, EXIT) == []

    drive.settle(2)

    assert drive.resting(LONG, EXIT) == [(0, "75", "1.0105")]


def test_a_leverage_that_a_read_shows_to_be_another_is_set_anew() -> None:
    """GR-48."""
    drive = started()
    drive.venue.leverage = Decimal(10)
    drive.settle(INTERVAL + 1)

    assert drive.venue.leverage == 75
    assert settings_asked(drive, Setting.LEVERAGE) == 2
    assert drive.notices().count("SettingChanged") == 1


def test_a_read_from_before_a_leverage_was_confirmed_says_nothing_about_it() -> None:
    drive = started()
    drive.answer_reads = False
    drive.settle(INTERVAL + 1)
    token = drive.engine.state.account_token
    read = drive.venue.read_account(token)
    stale = replace(read, positions=tuple(replace(p, leverage=Decimal(10)) for p in read.positions))
    now, leverage = drive.venue.now, Decimal(75)
    drive.tell(SettingApplied(symbol=XRP, setting=Setting.LEVERAGE, value=leverage, at=now), stale)

    assert token > 0
    assert isinstance(stale, AccountRead)
    assert settings_asked(drive, Setting.LEVERAGE) == 1


def test_an_account_under_isolated_margin_is_asked_for_cross_once_an_interval() -> None:
    drive = started()
    drive.refused_settings[Setting.CROSS_MARGIN] = "positions exist"
    for _ in range(3 * INTERVAL):
        lost = SettingLost(setting=Setting.CROSS_MARGIN, message="no figures", at=drive.venue.now)
        drive.tell(lost)
        drive.wait(1)

    assert settings_asked(drive, Setting.CROSS_MARGIN) in (4, 5)
    assert drive.run.setting_refused == "crossMargin of XRPUSDT: positions exist"
    assert drive.notices().count("SettingChanged") == 1


def test_an_account_that_starts_without_a_readable_balance_is_asked_for_cross_margin() -> None:
    """Under isolated margin there is no balance to read until it is set."""
    drive = fresh_drive()
    drive.answer_reads = drive.answer_wallet = False
    drive.start()
    symbol_token = drive.run.token
    drive.tell(drive.venue.read_symbol(symbol_token, XRP))

    assert drive.engine.state.wallet is None
    assert settings_asked(drive, Setting.CROSS_MARGIN) == 1


def test_a_setting_that_is_overdue_while_a_stop_holds_makes_no_engine_spin() -> None:
    drive = started()
    now = drive.venue.now
    drive.tell(
        SettingRefused(symbol=XRP, setting=Setting.HEDGE_MODE, message="a position exists", at=now),
        PersonStopSet(at=now, reason="a person"),
    )
    drive.venue.now += timedelta(seconds=2 * INTERVAL)
    drive.tell(ev.TimerFired(at=drive.venue.now))
    wake_at = drive.outcomes[-1].wake_at

    assert wake_at is None or wake_at > drive.venue.now + timedelta(milliseconds=500)


@pytest.mark.parametrize(
    "refusal", [ev.RefusalClass.CREDENTIALS, ev.RefusalClass.POSITION_MODE, ev.RefusalClass.RATE]
)
def test_an_amendment_refused_for_no_fault_of_its_own_is_not_repeated_at_once(
    refusal: ev.RefusalClass,
) -> None:
    """RI-9: never in a tight loop."""
    drive = started()
    drive.stream = False
    drive.move("0.99")
    drive.stream = True
    order_id = drive.order_at(LONG, 0, EXIT).order_id
    before = len(drive.sent())
    now = drive.venue.now
    drive.tell(ev.AmendRejected(order_id=order_id, at=now, refusal=refusal, message="no"))

    assert order_id in drive.engine.state.hold_off
    assert order_id not in {action.order_id for action in drive.sent()[before:]}
