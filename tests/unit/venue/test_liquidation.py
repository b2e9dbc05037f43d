"""Liquidation, worked by hand: cancel, reduce tier by tier, take over, deleverage."""

import pytest

from botrunner.venue.commands import SetMarginMode, SettleFunding
from botrunner.venue.events import Liquidated
from botrunner.venue.settings import VenueSettings
from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    ExecutionType,
    MarginMode,
    OrderStatus,
    Side,
    TransactionType,
    TriggerDirection,
)
from unit.venue.desk import BUY, SELL, D, Desk, contract, fills, placed, statuses, tier


def exposed_desk(settings: VenueSettings | None = None, side: Side = BUY) -> Desk:
    """0.9 BTC at 50,000 with leverage 50 on 1,000 USDT.

    Fee 24.75, so the wallet has 975.25; reserve 45,000 * 0.98 * 0.00055 = 24.255 (a long's).
    """
    desk = Desk(balance="1000", settings=settings)
    desk.leverage("50")
    placed(desk.order(side, "0.9"))
    return desk


def test_the_liquidation_price_is_where_the_margin_meets_the_maintenance_margin() -> None:
    # 975.25 + 0.9 (M - 50,000) = 0.9 M 0.005 + 24.255, so M = 44,049.005 / 0.8955
    price = exposed_desk().position().liquidation_price

    assert price is not None
    assert abs(price - D("44049.005") / D("0.8955")) < D("1e-20")


def test_an_account_is_liquidated_below_that_price_and_not_above() -> None:
    desk = exposed_desk()

    assert fills(desk.price("49189.3").events) == []
    assert desk.position().size == D("0.9")
    assert fills(desk.price("49189.2").events) != []
    assert desk.position().size == 0


def test_a_takeover_uses_the_margin_up_to_the_last_tick() -> None:
    desk = exposed_desk()
    outcome = desk.price("49189.2")
    (fill,) = fills(outcome.events)
    (told,) = [e for e in outcome.events if isinstance(e, Liquidated)]
    conservation = desk.venue.conservation()

    # Margin 975.25 - 729.72 = 245.53; (44,270.28 - 245.53) / (0.9 * 0.99945) = 48,943.31, up.
    assert (fill.price, fill.execution_type) == (D("48943.4"), ExecutionType.BUST_TRADE)
    assert fill.create_type is CreateType.TAKEOVER
    # 975.25 - 950.94 - 24.226983
    assert desk.wallet().wallet_balance == D("0.083017")
    # 0.9 * (49,189.2 - 48,943.4)
    assert conservation.insurance == D(1_000_000) + D("221.22")
    assert conservation.difference == 0
    assert (told.side, told.quantity, told.bankruptcy_price) == (BUY, D("0.9"), fill.price)
    assert desk.venue.transactions("a")[-1].transaction_type is TransactionType.LIQUIDATION


def test_a_short_is_liquidated_by_a_rise() -> None:
    desk = exposed_desk(side=SELL)
    price = desk.position().liquidation_price
    outcome = desk.price("51000")
    (told,) = [e for e in outcome.events if isinstance(e, Liquidated)]

    # Reserve 45,000 * 1.02 * 0.00055 = 25.245: 975.25 - 0.9 (M - 50,000) = 0.0045 M + 25.245
    assert price is not None
    assert abs(price - D("45950.005") / D("0.9045")) < D("1e-20")
    assert told.side is SELL
    assert desk.wallet().wallet_balance >= 0


def test_orders_are_cancelled_before_anything_is_sold() -> None:
    desk = exposed_desk()
    resting = placed(desk.order(SELL, "0.1", "50500"))
    waiting = placed(
        desk.order(SELL, "0.1", trigger_price=D(40000), trigger_direction=TriggerDirection.FALL)
    )
    outcome = desk.price("49000")

    assert statuses(outcome.events)[:2] == [OrderStatus.CANCELLED, OrderStatus.DEACTIVATED]
    assert desk.shown(resting).cancel_type is CancelType.BEFORE_LIQUIDATION
    assert desk.shown(waiting).cancel_type is CancelType.BEFORE_LIQUIDATION
    assert desk.venue.open_orders("a") == ()


def test_the_stops_of_a_position_end_with_its_takeover() -> None:
    desk = Desk(balance="1000")
    desk.leverage("50")
    order = placed(desk.order(BUY, "0.9", stop_loss=D(40000)))
    stops = desk.venue.open_orders("a")
    desk.price("49000")

    assert order.status is OrderStatus.FILLED
    assert [desk.shown(s).cancel_type for s in stops] == [CancelType.STOPS_CLEARED]


def test_a_position_above_the_lowest_tier_is_reduced_first_and_may_survive() -> None:
    desk = Desk(balance="47000")
    desk.leverage("50")
    placed(desk.order(BUY, "44"))
    outcome = desk.price("49223")
    (fill,) = fills(outcome.events)

    # 2,000,000 / 49,223 = 40.631 are kept; the rest is sold in the market.
    assert (fill.quantity, fill.price) == (D("3.369"), D(49223))
    assert (fill.create_type, fill.execution_type) == (
        CreateType.LIQUIDATION,
        ExecutionType.TRADE,
    )
    # 47,000 - 1,210 - 2,617.713 - 91.20775785
    assert desk.wallet().wallet_balance == D("43081.07924215")
    assert desk.position().size == D("40.631")
    rate = desk.wallet().maintenance_margin_rate
    assert rate is not None
    assert rate < 1


def test_when_the_reduction_is_not_enough_the_rest_is_taken_over() -> None:
    desk = Desk(balance="47000")
    desk.leverage("50")
    placed(desk.order(BUY, "44"))
    kinds = [f.execution_type for f in fills(desk.price("49200").events)]

    assert kinds == [ExecutionType.TRADE, ExecutionType.BUST_TRADE]
    assert desk.position().size == 0


def test_a_gap_costs_the_insurance_fund_and_leaves_no_debt() -> None:
    desk = exposed_desk()
    desk.price("48000")
    conservation = desk.venue.conservation()

    # Taken over at 48,943.4 while the mark is 48,000: 0.9 * 943.4
    assert 0 <= desk.wallet().wallet_balance < D("0.1")
    assert conservation.insurance == D(1_000_000) - D("849.06")
    assert conservation.difference == 0


def test_without_insurance_the_profits_of_the_other_side_are_deleveraged() -> None:
    desk = exposed_desk(VenueSettings(insurance_balance=D(0)))
    desk.open("rival", "10000")
    placed(desk.order(SELL, "0.5", name="rival"))
    outcome = desk.price("48000")
    busted, deleveraged = fills(outcome.events)
    conservation = desk.venue.conservation()

    assert (busted.account, busted.price) == ("a", D("48943.4"))
    assert (deleveraged.account, deleveraged.execution_type) == (
        "rival",
        ExecutionType.ADL_TRADE,
    )
    assert (deleveraged.price, deleveraged.fee) == (D("48943.4"), D(0))
    # 0.5 * (50,000 - 48,943.4)
    assert deleveraged.pnl == D("528.3")
    assert desk.position(name="rival").size == 0
    assert (conservation.insurance, conservation.difference) == (D(0), D(0))


def test_the_most_leveraged_profit_is_deleveraged_first() -> None:
    desk = exposed_desk(VenueSettings(insurance_balance=D(0)))
    for name, leverage in (("calm", "5"), ("bold", "25")):
        desk.open(name, "100000")
        desk.name = name
        desk.leverage(leverage)
        placed(desk.order(SELL, "1"))
    accounts = [f.account for f in fills(desk.price("48000").events)]

    assert accounts == ["a", "bold"]
    assert desk.position(name="bold").size == D("-0.1")


def test_all_positions_of_the_account_go_and_other_accounts_stay() -> None:
    desk = Desk(balance="2000", instruments=[contract(), contract("ETHUSDT")])
    desk.price("50000", symbol="ETHUSDT")
    desk.open("b", "100000")
    desk.leverage("50")
    placed(desk.order(BUY, "0.9"))
    placed(desk.order(BUY, "0.1", symbol="ETHUSDT"))
    placed(desk.order(BUY, "0.1", name="b"))
    outcome = desk.price("48000")

    assert {f.account for f in fills(outcome.events)} == {"a"}
    assert desk.venue.positions("a") == ()
    assert len(desk.venue.positions("b")) == 1
    assert 0 <= desk.wallet().wallet_balance < D("0.2")


def test_funding_can_liquidate() -> None:
    desk = exposed_desk()
    desk.price("49200")
    outcome = desk.do(SettleFunding(symbol="BTCUSDT", rate=D("0.001")))

    assert [f.execution_type for f in fills(outcome.events)] == [
        ExecutionType.FUNDING,
        ExecutionType.BUST_TRADE,
    ]


def test_a_hedge_is_not_liquidated_by_the_price_alone() -> None:
    desk = Desk(balance="3000")
    desk.hedge()
    desk.leverage("50")
    placed(desk.order(BUY, "0.9", idx=1))
    placed(desk.order(SELL, "0.9", idx=2))
    for price in ("40000", "60000", "50000"):
        desk.price(price)

    assert desk.position(1).size == D("0.9")
    assert desk.position(2).size == D("-0.9")


@pytest.mark.parametrize("offset", [False, True])
def test_a_hedge_offset_charges_the_larger_side_and_both_reserves(offset: bool) -> None:
    desk = Desk(settings=VenueSettings(hedge_offset=offset))
    desk.hedge()
    placed(desk.order(BUY, "0.2", idx=1))
    placed(desk.order(SELL, "0.1", idx=2))
    # 10,000 and 5,000 at leverage 10; reserves 4.95 and 3.025
    initial = D(1000) + (D(0) if offset else D(500)) + D("7.975")

    assert desk.wallet().position_initial_margin == initial


def isolated_desk() -> Desk:
    desk = Desk()
    desk.do(SetMarginMode(account="a", mode=MarginMode.ISOLATED))
    placed(desk.order(BUY, "0.1"))
    return desk


def test_an_isolated_position_is_taken_over_at_its_own_bankruptcy_price() -> None:
    # 502.475 + 0.1 (M - 50,000) = 0.0005 M + 2.475: M = 4,500 / 0.0995 = 45,226.13
    desk = isolated_desk()

    assert fills(desk.price("45226.2").events) == []

    (fill,) = fills(desk.price("45226.1").events)

    # 50,000 * (1 - 1 / 10); 10,000 - 2.75 - 500 - 2.475
    assert fill.price == D(45000)
    assert desk.wallet().wallet_balance == D("9494.775")
    assert desk.venue.conservation().difference == 0


def test_an_isolated_position_has_its_own_liquidation_price() -> None:
    price = isolated_desk().position().liquidation_price

    assert price is not None
    assert abs(price - D(4500) / D("0.0995")) < D("1e-20")


def test_isolated_margin_is_locked_at_the_entry_and_results_are_not_available() -> None:
    desk = isolated_desk()
    before = desk.wallet().available
    desk.price("51000")
    wallet = desk.wallet()

    # 9,997.25 - 502.475
    assert before == wallet.available == D("9494.775")
    assert wallet.unrealised_pnl == D(100)
    assert wallet.maintenance_margin_rate is None
    assert wallet.total_available_usd is None


def test_a_flat_account_has_no_liquidation_price() -> None:
    assert Desk().position().liquidation_price is None


def test_a_price_out_of_the_contracts_range_is_none() -> None:
    desk = Desk(balance="1000000")
    placed(desk.order(BUY, "0.1"))

    assert desk.position().liquidation_price is None


def test_a_jump_beyond_what_a_price_can_settle_is_made_up_by_insurance() -> None:
    desk = Desk(balance="20000", instruments=[contract(), contract("ETHUSDT")])
    desk.price("50000", symbol="ETHUSDT")
    placed(desk.order(BUY, "3"))
    placed(desk.order(SELL, "0.1", symbol="ETHUSDT"))
    outcome = desk.price("1000")
    eth = [f for f in fills(outcome.events) if f.symbol == "ETHUSDT"]
    last = desk.venue.transactions("a")[-1]

    # The short's share of the loss is more than its whole value: no price is low enough.
    assert [f.price for f in eth] == [D("0.1")]
    assert last.transaction_type is TransactionType.INSURANCE
    assert (last.change > 0, desk.wallet().wallet_balance) == (True, D(0))
    assert desk.venue.conservation().difference == 0


def test_a_fill_far_from_the_mark_can_liquidate_at_once() -> None:
    desk = Desk(balance="520")
    desk.leverage("100")
    desk.book("49000:10", "50500:10")
    # 45,450 * (0.01 + 0.00055 + 0.99 * 0.00055) = 504.245; bought 450 above the mark.
    outcome = desk.order(BUY, "0.9")

    assert [f.execution_type for f in fills(outcome.events)] == [
        ExecutionType.TRADE,
        ExecutionType.BUST_TRADE,
    ]


def test_an_account_is_never_deleveraged_for_itself() -> None:
    desk = Desk(balance="1100", settings=VenueSettings(insurance_balance=D(0)))
    desk.hedge()
    desk.leverage("50")
    placed(desk.order(BUY, "0.8", idx=1))
    placed(desk.order(SELL, "0.1", idx=2))
    kinds = {f.execution_type for f in fills(desk.price("47000").events)}

    assert kinds == {ExecutionType.BUST_TRADE}


def test_the_liquidation_price_counts_what_other_symbols_earn_and_need() -> None:
    desk = Desk(balance="3000", instruments=[contract(), contract("ETHUSDT")])
    desk.price("50000", symbol="ETHUSDT")
    desk.leverage("50")
    placed(desk.order(BUY, "0.9"))
    placed(desk.order(SELL, "0.1", symbol="ETHUSDT"))
    desk.price("49000", symbol="ETHUSDT")
    price = desk.position().liquidation_price

    # Wallet 3,000 - 24.75 - 2.75; ETH earns 100 and needs 4,900 * 0.005 + 5,000 * 1.1 * 0.00055:
    # 2,972.5 + 100 - 27.525 + 0.9 (M - 50,000) = 0.0045 M + 24.255
    assert price is not None
    assert abs(price - D("41979.28") / D("0.8955")) < D("1e-20")


def isolated_with_tiers(limit: str) -> Desk:
    """1 BTC at 50,000 with leverage 40, in the second tier of two."""
    tiers = (tier(limit, "0.01", "0.005", "0"), tier("100000", "0.02", "0.02", "0"))
    desk = Desk(instruments=[contract(tiers=tiers)])
    desk.do(SetMarginMode(account="a", mode=MarginMode.ISOLATED))
    desk.leverage("40")
    placed(desk.order(BUY, "1"))
    return desk


def test_an_isolated_position_is_reduced_tier_by_tier_too() -> None:
    # Margin 1,250 against 2 % of 49,700 = 994: not enough after a loss of 300; 0.5 % is.
    desk = isolated_with_tiers("30000")
    (fill,) = fills(desk.price("49700").events)

    # 30,000 / 49,700 = 0.603 are kept.
    assert (fill.create_type, fill.quantity) == (CreateType.LIQUIDATION, D("0.397"))
    assert desk.position().size == D("0.603")


def test_an_isolated_position_that_is_reduced_to_nothing_is_gone() -> None:
    desk = isolated_with_tiers("10")
    (fill,) = fills(desk.price("49700").events)

    assert fill.create_type is CreateType.LIQUIDATION
    assert desk.position().size == 0
