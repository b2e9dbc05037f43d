"""GR-22, GR-36, RI-26, RI-34, GR-10 and the rate budget, on the engine."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.actions import ApplySetting, PlaceOrder, ReadWallet
from botrunner.domain.control import (
    Block,
    BlockLifted,
    BlockSet,
    ParametersChanged,
    Setting,
    SettingRefused,
)
from botrunner.domain.parameters import (
    GridParameters,
    RiskParameters,
    StrategyParameters,
)
from botrunner.domain.side import Purpose, Side
from botrunner.engine.limits import RequestLimits
from botrunner.engine.outcome import Action
from botrunner.risk.verdict import Approved, Reason
from support.engine_drive import NOON, XRP, Drive, account, grid, started
from support.grid_contract import instrument
from support.grid_rules import broken_rules
from support.grid_venue import GridVenue

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT


def poor(cash: str = "30") -> Drive:
    """Enough for some levels and not for all."""
    drive = started(cash=cash)
    drive.move("0.99")
    drive.move("0.9801")
    drive.settle(3)
    return drive


def test_a_level_that_cannot_be_paid_rests_on_neither_side() -> None:
    """GR-22: state Starved, both or neither."""
    drive = poor()

    assert drive.run.reason is Reason.MONEY
    assert drive.resting(LONG) == []
    assert [level for level, _, _ in drive.resting(SHORT)] == [1, 2]
    assert drive.engine.state.stop is None


def test_people_are_told_once_per_change_of_the_answer() -> None:
    """GR-22."""
    drive = poor()
    drive.settle(30)

    assert drive.notices().count("Money") == 1


def test_money_is_asked_again_at_a_wallet_reading_and_never_on_a_price_alone() -> None:
    """GR-22."""
    drive = poor()
    asked = len(drive.engine.state.runs["xrp"].refusals)
    refused_at = drive.run.refusals[3].wallet_at
    quote = drive.venue.quote(XRP)
    drive.tell(replace(quote, quote=replace(quote.quote, last=Decimal("0.9805"))))

    assert asked == 1
    assert drive.run.refusals[3].wallet_at == refused_at

    drive.venue.cash += 1000
    drive.tell_wallet()

    assert drive.run.reason is None
    assert broken_rules(drive) == []


def test_the_invariant_grace_does_not_run_while_money_is_short() -> None:
    """GR-3: inequality for a reported reason is no breach."""
    drive = poor()
    drive.settle(60)

    assert drive.run.uneven_since is None
    assert drive.engine.state.stop is None


def test_a_start_without_money_places_nothing_and_tries_again() -> None:
    """GR-22: level 0 is checked too."""
    drive = started(cash="1")

    assert drive.venue.requests == []
    assert drive.run.grid.reference is None

    drive.venue.cash += 1000
    drive.tell_wallet()

    assert drive.run.grid.long.highest == 0


def test_edits_that_wait_act_after_a_starved_start() -> None:
    """GR-2: with both sides flat."""
    drive = started(cash="1")
    drive.parameters = account(of=grid(margin="2"))
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=drive.parameters))
    drive.venue.cash += 1000
    drive.tell_wallet()

    assert drive.run.grid.reference == 150


def test_an_edit_of_the_margin_waits_for_flat() -> None:
    """GR-2: applied and waiting values differ meanwhile."""
    drive = started()
    drive.parameters = account(of=grid(margin="2"))
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=drive.parameters))
    drive.move("0.99")

    assert drive.run.grid.applied.initial_margin == 1
    assert drive.resting(LONG) == [(2, "300", "0.9801")]


def test_edits_of_step_levels_and_take_profit_act_at_once_by_amendment() -> None:
    """GR-46."""
    drive = started()
    drive.move("0.99")
    edited = replace(grid(levels=1), step_ratio=Decimal("0.02"), take_profit_ratio=Decimal("0.02"))
    before = drive.order_at(LONG, 0, EXIT)
    drive.parameters = account(of=edited)
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=drive.parameters))

    assert drive.resting(LONG) == []
    assert drive.resting(SHORT) == [(1, "150", "1.02")]
    assert drive.order_at(LONG, 0, EXIT).order_id == before.order_id
    assert before.price == Decimal("1.0137")


@pytest.mark.parametrize("block", [Block.API, Block.BREAKER, Block.CLOCK])
def test_blocked_entries_wait_and_follow_on_release(block: Block) -> None:
    """RI-34: no breach, pairs refused together, missing orders follow."""
    drive = started()
    drive.tell(BlockSet(at=drive.venue.now, block=block))
    drive.move("0.99")
    drive.settle(45)

    assert drive.resting(LONG) == []
    assert drive.resting(LONG, EXIT)[0][1] == "225"
    assert drive.engine.state.stop is None

    drive.tell(BlockLifted(at=drive.venue.now, block=block))

    assert broken_rules(drive) == []


def test_no_new_exposure_on_an_old_price() -> None:
    """RI-26: and none is missing once a price comes."""
    drive = started()
    happened = drive.venue.move(XRP, Decimal("0.99"))
    drive.venue.now += timedelta(seconds=6)
    drive.tell(
        *(
            replace(event, at=drive.venue.now) if isinstance(event, ev.OrderFilled) else event
            for event in happened
        ),
        ev.TimerFired(at=drive.venue.now),
    )

    assert drive.resting(LONG) == []
    assert drive.run.reason is Reason.STALE_PRICE

    drive.tell(drive.venue.quote(XRP))

    assert broken_rules(drive) == []


def test_a_refused_setting_holds_the_account_and_says_why() -> None:
    """GR-10."""
    venue = GridVenue(now=NOON, prices={XRP: Decimal(1)})
    drive = Drive(venue=venue, parameters=account())
    drive.start()
    venue.leverage = Decimal(50)
    drive.tell(
        SettingRefused(
            symbol=XRP, setting=Setting.HEDGE_MODE, message="has positions", at=venue.now
        )
    )

    assert drive.run.setting_refused == "hedgeMode of XRPUSDT: has positions"


def test_nothing_is_placed_before_the_settings_are_confirmed() -> None:
    """GR-10: cross margin, hedge mode, leverage at most the instrument's."""
    parameters = account(of=grid(leverage="100"))
    drive = started(parameters=parameters)
    first = next(i for i, o in enumerate(drive.outcomes) if any(_places(a) for a in o.actions))
    applied = [
        (action.setting, action.value)
        for outcome in drive.outcomes[:first]
        for action in outcome.actions
        if isinstance(action, ApplySetting)
    ]

    assert applied == [
        (Setting.CROSS_MARGIN, Decimal(1)),
        (Setting.HEDGE_MODE, Decimal(1)),
        (Setting.LEVERAGE, Decimal(75)),
    ]


def test_a_lowered_leverage_is_said_once() -> None:
    """GR-10: leverage = min(wanted, the instrument's maximum)."""
    drive = started(parameters=account(of=grid(leverage="100")))
    drive.move("0.99")

    assert drive.notices().count("LeverageLowered") == 1
    assert drive.run.grid.applied.leverage == 75


def test_a_balance_that_cannot_be_read_blocks_new_exposure() -> None:
    """PR-2: there is no made-up balance."""
    drive = started()
    drive.answer_wallet = drive.answer_reads = drive.stream = False
    drive.wait(61)
    drive.tell(*drive.venue.move(XRP, Decimal("0.99"))[:2], drive.venue.quote(XRP))

    assert drive.resting(LONG) == []
    assert "balance" in drive.run.message

    drive.answer_wallet = drive.answer_reads = drive.stream = True
    drive.settle(20)

    assert broken_rules(drive) == []


def _places(action: Action) -> bool:
    return isinstance(action, Approved) and isinstance(action.action, PlaceOrder)


def test_what_the_budget_does_not_admit_waits_and_exits_go_first() -> None:
    """EX-5: protect > cancel > place; what waits is compared anew, not kept."""
    drive = started()
    for price in ("0.99", "0.9801"):
        drive.move(price)
    for order in drive.venue.open_orders():
        order.is_open = False
    drive.limits = RequestLimits()
    before = len(drive.venue.requests)
    drive.restart()
    at_once = drive.venue.requests[before:]

    assert [getattr(request, "purpose", None) for request in at_once] == [EXIT, EXIT, Purpose.ENTRY]
    assert drive.engine.state.deferred > 0

    for _ in range(40):
        drive.wait(0.1)

    assert broken_rules(drive) == []


def test_no_rolling_second_sees_more_placements_than_the_venue_takes() -> None:
    """EX-5."""
    strategies = tuple(
        StrategyParameters(name=f"s{number}", symbol=f"S{number}USDT", grid=grid())
        for number in range(6)
    )
    symbols = [strategy.symbol for strategy in strategies]
    venue = GridVenue(
        now=NOON,
        instruments={symbol: instrument(symbol) for symbol in symbols},
        prices=dict.fromkeys(symbols, Decimal(1)),
    )
    drive = Drive(venue=venue, parameters=account(*strategies), limits=RequestLimits())
    drive.start()
    for _ in range(60):
        drive.wait(0.1)
    placed = sorted(order.created_at for order in venue.orders.values())
    busiest = max(
        sum(start <= at < start + timedelta(seconds=1) for at in placed) for start in placed
    )

    assert len(placed) == 6 * 6
    assert busiest <= 10


def test_a_wallet_is_polled_and_more_often_close_to_the_threshold() -> None:
    """RI-10: every walletPollSeconds, every second above 80 % of the threshold."""

    def polls(drive: Drive) -> int:
        before = len(drive.outcomes)
        drive.settle(20)
        return sum(
            isinstance(action, ReadWallet)
            for outcome in drive.outcomes[before:]
            for action in outcome.actions
        )

    calm = started()
    tight = started(
        parameters=account(
            risk=RiskParameters(maintenance_margin_rate_threshold=Decimal("0.000017"))
        )
    )

    assert polls(calm) in (3, 4, 5)
    assert polls(tight) >= 18


def test_a_limit_that_was_reached_holds_new_levels_and_cancels_nothing() -> None:
    """RI-22 and RI-34."""
    risk = RiskParameters(max_notional_per_symbol=Decimal(700))
    drive = started(parameters=account(risk=risk))
    drive.move("0.99")

    assert drive.run.reason is Reason.SYMBOL_NOTIONAL
    assert drive.resting(SHORT) == [(1, "150", "1.01")]
    assert drive.engine.state.stop is None


def test_a_level_above_the_maximum_quantity_rests_on_neither_side() -> None:
    """GR-4: and the ones below stay."""
    small = replace(instrument(), max_quantity=Decimal(200))
    venue = GridVenue(now=NOON, instruments={XRP: small}, prices={XRP: Decimal(1)})
    drive = Drive(venue=venue, parameters=account())
    drive.start()
    drive.move("0.99")

    assert drive.run.reason is Reason.MAX_ORDER_QUANTITY
    assert drive.run.top == 1
    assert drive.resting(LONG) == []
    assert drive.resting(SHORT) == [(1, "150", "1.01")]
    assert drive.resting(LONG, EXIT) == [(0, "200", "1.0037"), (1, "25", "1.0037")]


def test_the_reopening_waits_for_a_wallet_that_shows_the_freed_margin() -> None:
    """GR-36: freed margin counts once the wallet shows it."""
    drive = started(cash="14")
    for price in ("0.99", "0.9896", "0.9801"):
        drive.move(price)
    drive.move("0.9961")
    drive.settle(12)

    assert drive.run.grid.long.highest >= 0
    assert drive.engine.state.stop is None


def test_grid_parameters_have_the_specifications_defaults() -> None:
    made = GridParameters(wanted=grid().wanted)

    assert (made.step_ratio, made.take_profit_ratio) == (Decimal("0.01"), Decimal("0.01"))
    assert (made.max_levels_per_side, made.entry_timeout) == (10, timedelta(seconds=10))
