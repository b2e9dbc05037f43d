"""Margins against numbers seen on the venue itself, and worked by hand."""

from decimal import Decimal

import pytest

from botrunner.venue.margin import (
    break_even_price,
    fee_reserve,
    initial_margin,
    maintenance_margin,
    order_cost_rate,
    takeover_price,
)
from unit.venue.desk import BUY, SELL, TIERS, D, Desk, contract, placed, tier

TAKER = D("0.00055")


def test_a_recorded_btc_long_has_the_recorded_margins() -> None:
    # 0.001 BTC at 101890, mark 101910.23, leverage 10: IM 10.24145855, MM 0.5599867.
    reserve = fee_reserve(entry_value=D("101.89"), leverage=D(10), sign=1, taker=TAKER)
    value = D("0.001") * D("101910.23")

    assert reserve == D("0.05043555")
    assert initial_margin(value=value, leverage=D(10), reserve=reserve) == D("10.24145855")
    assert maintenance_margin(value=value, tier=TIERS[0], reserve=reserve) == D("0.5599867")


def test_a_recorded_eth_short_has_the_recorded_margins() -> None:
    # 0.01 ETH at 3642.075, mark 3642.33, leverage 30, MMR 0.5 %: IM 1.23480936, MM 0.20281586.
    reserve = fee_reserve(entry_value=D("36.42075"), leverage=D(30), sign=-1, taker=TAKER)
    value = D("36.4233")
    initial = initial_margin(value=value, leverage=D(30), reserve=reserve)
    maintenance = maintenance_margin(value=value, tier=TIERS[0], reserve=reserve)

    assert abs(initial - D("1.23480936")) < D("0.000001")
    assert abs(maintenance - D("0.20281586")) < D("0.000001")


def test_a_recorded_order_has_the_recorded_cost() -> None:
    # A buy of 10 XRP at 2.5293 with leverage 10: totalOrderIM 2.55573119.
    cost = D("25.293") * order_cost_rate(leverage=D(10), sign=1, taker=TAKER)

    assert cost == D("2.555731185")
    assert round(cost, 8) - D("2.55573119") <= D("0.00000001")


def test_an_order_to_sell_costs_more_for_its_bankruptcy_lies_higher() -> None:
    # 1/10 + 0.00055 + 1.1 * 0.00055
    assert order_cost_rate(leverage=D(10), sign=-1, taker=TAKER) == D("0.101155")


def test_the_deduction_makes_maintenance_margin_continuous_over_tiers() -> None:
    for lower, upper in zip(TIERS, TIERS[1:], strict=False):
        below = maintenance_margin(value=lower.limit, tier=lower, reserve=D(0))
        above = maintenance_margin(value=lower.limit, tier=upper, reserve=D(0))

        assert below == above


def test_maintenance_margin_in_the_second_tier_subtracts_the_deduction() -> None:
    # 2,500,000 * 0.0056 - 1200
    assert maintenance_margin(value=D(2_500_000), tier=TIERS[1], reserve=D(0)) == D(12_800)


@pytest.mark.parametrize("sign", [1, -1])
def test_closing_at_the_takeover_price_costs_exactly_the_share(sign: int) -> None:
    price = takeover_price(size=D(2), sign=sign, mark=D(100), share=D(10), taker=TAKER)
    result = sign * 2 * (price - 100) - 2 * price * TAKER

    assert abs(result + 10) < D("1e-20")


@pytest.mark.parametrize(
    ("size", "expected"), [(D(1), D(100) / D("0.99945")), (D(-1), D(100) / D("1.00055"))]
)
def test_break_even_counts_the_fee_of_closing(size: Decimal, expected: Decimal) -> None:
    price = break_even_price(size=size, entry_value=D(100), realised=D(0), taker=TAKER)

    assert price == expected


def test_a_wallet_shows_the_recorded_btc_margins() -> None:
    desk = Desk(instruments=[contract(min_notional=D(1))], price="101890")
    placed(desk.order(BUY, "0.001"))
    desk.price("101890", mark="101910.23")
    wallet = desk.wallet()

    assert wallet.unrealised_pnl == D("0.02023")
    assert wallet.position_initial_margin == D("10.24145855")
    assert wallet.position_maintenance_margin == D("0.5599867")


def test_a_wallet_shows_the_recorded_order_cost() -> None:
    xrp = contract("XRPUSDT", tick_size=D("0.0001"), quantity_step=D("0.1"))
    desk = Desk(instruments=[xrp], price="3.129", balance="1000")
    placed(desk.order(BUY, "10", "2.5293"))
    wallet = desk.wallet()

    assert wallet.order_initial_margin == D("2.555731185")
    assert wallet.available == D(1000) - D("2.555731185")


def test_account_rates_are_margins_over_the_margin_balance() -> None:
    desk = Desk(balance="1000")
    placed(desk.order(BUY, "0.1"))
    desk.price("49000")
    wallet = desk.wallet()

    # Fee 2.75; reserve 5000 * 0.9 * 0.00055 = 2.475; value 4900; balance 997.25 - 100.
    assert wallet.total_margin_balance_usd == D("897.25")
    assert wallet.position_initial_margin == D("492.475")
    assert wallet.position_maintenance_margin == D("26.975")
    assert wallet.available == D("404.775")
    assert wallet.initial_margin_rate is not None
    assert abs(wallet.initial_margin_rate - D("492.475") / D("897.25")) < D("1e-25")
    assert wallet.maintenance_margin_rate is not None
    assert abs(wallet.maintenance_margin_rate - D("26.975") / D("897.25")) < D("1e-25")


def test_hedged_sides_are_charged_as_their_sum() -> None:
    desk = Desk()
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))
    placed(desk.order(SELL, "0.1", idx=2))

    # 2 * 500 and reserves 5000 * 0.00055 * (0.9 + 1.1)
    assert desk.wallet().position_initial_margin == D("1005.5")
    assert desk.wallet().position_maintenance_margin == D("55.5")


def test_a_tier_knows_its_leverage() -> None:
    assert tier("1", "0.0125", "0.005", "0").max_leverage == D(80)


def test_break_even_never_counts_a_lower_fee_than_the_usual_one() -> None:
    price = break_even_price(size=D(1), entry_value=D(100), realised=D(0), taker=D("0.0001"))

    assert price == D(100) / D("0.99945")
