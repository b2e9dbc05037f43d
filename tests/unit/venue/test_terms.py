"""An account's terms: money, leverage, position mode, margin mode."""

import pytest

from botrunner.venue.commands import ApplyMoney, SetLeverage, SetMarginMode, SwitchMode
from botrunner.venue.exchange import UnknownNameError
from botrunner.venue.refusals import RefusalReason
from botrunner.venue.settings import VenueSettings
from botrunner.venue.vocabulary import MarginMode, PositionIdx, PositionMode
from unit.venue.desk import BUY, D, Desk, contract, placed, refused

R = RefusalReason
HEDGE = PositionMode.HEDGE


def leverage(desk: Desk, buy: str, sell: str) -> SetLeverage:
    return SetLeverage(account="a", symbol=desk.symbol, buy=D(buy), sell=D(sell))


def test_an_account_begins_with_its_deposit_cross_margin_and_one_way_mode() -> None:
    desk = Desk()
    settings = desk.venue.symbol_settings("a", "BTCUSDT")

    assert desk.wallet().wallet_balance == D(10000)
    assert desk.wallet().realised_pnl == 0
    assert desk.venue.account("a").margin_mode is MarginMode.CROSS
    assert (settings.mode, settings.buy_leverage) == (PositionMode.ONE_WAY, D(10))


def test_the_default_leverage_is_never_above_the_contracts() -> None:
    desk = Desk(instruments=[contract(max_leverage=D(5))])

    assert desk.venue.symbol_settings("a", "BTCUSDT").buy_leverage == D(5)


@pytest.mark.parametrize(
    ("buy", "sell", "reason"),
    [
        ("10", "10", R.LEVERAGE_UNCHANGED),
        ("0.5", "0.5", R.LEVERAGE_INVALID),
        ("10.005", "10.005", R.LEVERAGE_INVALID),
        ("101", "101", R.LEVERAGE_ABOVE_TIER),
        ("20", "30", R.LEVERAGE_SIDES_DIFFER),
    ],
)
def test_a_leverage_is_refused_for(buy: str, sell: str, reason: RefusalReason) -> None:
    desk = Desk()

    assert refused(desk.do(leverage(desk, buy, sell))).reason is reason


def test_sides_may_differ_in_hedge_mode_with_isolated_margin() -> None:
    desk = Desk()
    desk.hedge()
    desk.do(SetMarginMode(account="a", mode=MarginMode.ISOLATED))

    assert desk.do(leverage(desk, "20", "30")).refusal is None
    assert desk.position(1).leverage == D(20)
    assert desk.position(2).leverage == D(30)


def test_a_lower_leverage_needs_the_margin_for_it() -> None:
    desk = Desk(balance="1000")
    placed(desk.order(BUY, "0.1"))
    refusal = refused(desk.leverage("4"))

    # 1,250 + 5,000 * 0.75 * 0.00055 - 997.25
    assert (refusal.reason, refusal.value) == (R.INSUFFICIENT_BALANCE, D("254.8125"))
    assert desk.position().leverage == D(10)
    assert desk.wallet().position_initial_margin == D("502.475")


def test_a_large_position_caps_the_leverage_by_its_tier() -> None:
    desk = Desk(balance="1000000")
    placed(desk.order(BUY, "41"))
    refusal = refused(desk.leverage("100"))

    assert (refusal.reason, refusal.limit) == (R.LEVERAGE_ABOVE_TIER, D(80))


def test_a_new_leverage_revalues_orders_and_positions() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", "49000"))
    desk.leverage("20")

    # 4,900 * (0.05 + 0.00055 + 0.95 * 0.00055)
    assert desk.wallet().order_initial_margin == D("250.25525")


def test_the_mode_switches_only_without_position_and_orders() -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000"))

    assert refused(desk.hedge()).reason is R.ORDERS_EXIST

    desk.cancel(order)
    placed(desk.order(BUY, "0.1"))

    assert refused(desk.hedge()).reason is R.POSITION_EXISTS


def test_the_same_mode_again_is_unchanged() -> None:
    desk = Desk()
    desk.hedge()

    assert refused(desk.hedge()).reason is R.POSITION_MODE_UNCHANGED


def test_a_switch_of_all_symbols_leaves_those_in_use() -> None:
    desk = Desk(instruments=[contract(), contract("ETHUSDT")])
    placed(desk.order(BUY, "0.1"))
    desk.do(SwitchMode(account="a", mode=HEDGE))

    assert desk.venue.symbol_settings("a", "BTCUSDT").mode is PositionMode.ONE_WAY
    assert desk.venue.symbol_settings("a", "ETHUSDT").mode is HEDGE


def test_positions_of_a_symbol_are_shown_even_when_flat() -> None:
    desk = Desk()
    one_way = [p.position_idx for p in desk.venue.positions("a", "BTCUSDT")]
    desk.hedge()
    hedged = [p.position_idx for p in desk.venue.positions("a", "BTCUSDT")]

    assert one_way == [PositionIdx.NET]
    assert hedged == [PositionIdx.LONG, PositionIdx.SHORT]
    assert desk.venue.positions("a") == ()


def test_the_margin_mode_switches_only_without_position_and_orders() -> None:
    desk = Desk()
    isolated = SetMarginMode(account="a", mode=MarginMode.ISOLATED)
    cross = SetMarginMode(account="a", mode=MarginMode.CROSS)
    order = placed(desk.order(BUY, "0.1", "49000"))

    assert refused(desk.do(cross)).reason is R.MARGIN_MODE_UNCHANGED
    assert refused(desk.do(isolated)).reason is R.ORDERS_EXIST

    desk.cancel(order)
    placed(desk.order(BUY, "0.1"))

    assert refused(desk.do(isolated)).reason is R.POSITION_EXISTS


def test_money_goes_in_and_out_and_is_not_a_result() -> None:
    desk = Desk()
    desk.do(ApplyMoney(account="a", amount=D(500)))
    desk.do(ApplyMoney(account="a", amount=D(-1500)))

    assert desk.wallet().wallet_balance == D(9000)
    assert desk.wallet().realised_pnl == 0
    assert desk.venue.conservation().deposits == D(1_009_000)


def test_only_what_is_free_can_leave() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    refusal = refused(desk.do(ApplyMoney(account="a", amount=D(-9500))))

    # 9,997.25 - 502.475
    assert (refusal.value, refusal.limit) == (D(9500), D("9494.775"))


def test_profits_that_are_not_realised_cannot_leave() -> None:
    desk = Desk(balance="1000")
    placed(desk.order(BUY, "0.1"))
    desk.price("60000")
    refusal = refused(desk.do(ApplyMoney(account="a", amount=D(-998))))

    assert refusal.limit == D("997.25")


def test_usd_figures_are_the_coins_at_its_rate() -> None:
    desk = Desk(settings=VenueSettings(usd_rate=D("1.0007")))
    wallet = desk.wallet()

    assert wallet.total_equity_usd == D(10007)
    assert wallet.total_available_usd == D(10007)
    assert wallet.available == D(10000)


def test_an_unknown_name_says_so() -> None:
    venue = Desk().venue

    with pytest.raises(UnknownNameError, match="no account 'nobody'"):
        venue.wallet("nobody")
    with pytest.raises(UnknownNameError, match="there are BTCUSDT"):
        venue.book("NOUSDT")


def test_reading_an_unused_symbol_leaves_no_trace() -> None:
    desk = Desk()
    desk.do(ApplyMoney(account="a", amount=D(1)), seconds=5)
    first = desk.venue.position("a", "BTCUSDT", PositionIdx.NET)
    desk.do(ApplyMoney(account="a", amount=D(1)), seconds=5)

    assert first.size == 0
    assert desk.position().created_at > first.created_at


def test_open_interest_is_what_all_accounts_hold() -> None:
    desk = Desk()
    desk.open("b", "10000")
    placed(desk.order(BUY, "0.1"))
    placed(desk.order(BUY, "0.2", name="b"))

    assert desk.venue.open_interest("BTCUSDT") == D("0.3")
    assert desk.venue.accounts() == ("a", "b")
    assert desk.venue.has_account("b")
    assert not desk.venue.has_account("c")


def test_a_higher_leverage_is_granted_even_if_it_does_not_free_enough() -> None:
    desk = Desk(balance="510")
    placed(desk.order(BUY, "0.1"))
    desk.price("45500")

    assert desk.wallet().available == 0
    assert desk.leverage("11").refusal is None
    assert desk.wallet().available == 0
