"""Margin formulas against recorded wallets (Bybit V5, cross margin)."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botrunner.domain.account import Wallet
from botrunner.domain.instrument import RiskTier
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.risk.margin import (
    UNBEARABLE,
    MarkedPosition,
    estimated_rate,
    maintenance_margin,
    order_cost,
)
from support.grid_contract import instrument

TAKER = Decimal("0.00055")
WALLET = Wallet(
    equity=Decimal(1000),
    margin_balance=Decimal(1000),
    available=Decimal(900),
    initial_margin=Decimal(100),
    maintenance_margin=Decimal(10),
    maintenance_margin_rate=Decimal("0.01"),
    unrealised_pnl=Decimal(0),
    at=datetime(2026, 1, 1, tzinfo=UTC),
)


def position(
    quantity: str, entry: str, *, side: Side = Side.LONG, leverage: str = "10", mark: str
) -> MarkedPosition:
    return MarkedPosition(
        position=Position(
            symbol="XRPUSDT",
            side=side,
            quantity=Decimal(quantity),
            average_price=Decimal(entry),
            leverage=Decimal(leverage),
        ),
        mark=Decimal(mark),
        instrument=instrument(),
        taker_fee=TAKER,
    )


@pytest.mark.parametrize(("side", "cost"), [(Side.LONG, "101.045"), (Side.SHORT, "101.155")])
def test_an_order_costs_margin_and_both_fees(side: Side, cost: str) -> None:
    """GR-22: V/L + V*f + V*(1 - s/L)*f, worked by hand for 1000 at 10 and 0.055 %."""
    assert order_cost(side, Decimal(1000), Decimal(10), TAKER) == Decimal(cost)


def test_the_cost_of_an_order_is_what_a_recorded_wallet_shows() -> None:
    """Bybit: a buy of 10 XRP at 2.5293 with leverage 10 blocked 2.55573119."""
    cost = order_cost(Side.LONG, Decimal("25.293"), Decimal(10), TAKER)

    assert round(cost, 7) == Decimal("2.5557312")


def test_maintenance_margin_is_what_a_recorded_position_shows() -> None:
    """Bybit: 0.01 ETH short from 3642.075 at mark 3642.33 and leverage 30 keeps 0.20281586."""
    marked = position("0.01", "3642.075", side=Side.SHORT, leverage="30", mark="3642.33")
    tier = replace(marked.instrument.tiers[0], maintenance_margin_rate=Decimal("0.005"))
    ether = replace(marked, instrument=replace(marked.instrument, tiers=(tier,)))

    assert abs(maintenance_margin(ether) - Decimal("0.20281586")) < Decimal("0.0000005")


def test_a_rebate_counts_as_nothing() -> None:
    """GR-22: and the cost is never less than margin and fee."""
    assert order_cost(Side.LONG, Decimal(1000), Decimal(10), Decimal("-0.0001")) == 100
    assert order_cost(Side.LONG, Decimal(1000), Decimal(1), TAKER) == Decimal("1000.55")


@pytest.mark.parametrize(("side", "margin"), [(Side.LONG, "9.495"), (Side.SHORT, "9.605")])
def test_maintenance_margin_has_the_reserve_for_closing(side: Side, margin: str) -> None:
    """q*M*MMR + q*E*(1 - s/L)*t: 1000 at mark 0.9, entry 1, MMR 1 %, leverage 10."""
    expected = Decimal(margin)

    assert maintenance_margin(position("1000", "1", side=side, mark="0.9")) == expected


def test_the_tier_of_the_value_decides_and_the_deduction_keeps_it_continuous() -> None:
    """MM at the border of two tiers is the same by either."""
    tiers = (
        RiskTier(
            limit=Decimal(1000),
            initial_margin_rate=Decimal("0.02"),
            maintenance_margin_rate=Decimal("0.01"),
            max_leverage=Decimal(50),
            deduction=Decimal(0),
        ),
        RiskTier(
            limit=Decimal(5000),
            initial_margin_rate=Decimal("0.04"),
            maintenance_margin_rate=Decimal("0.02"),
            max_leverage=Decimal(25),
            deduction=Decimal(10),
        ),
    )
    marked = position("1000", "1", mark="1")
    tiered = replace(marked, instrument=replace(marked.instrument, tiers=tiers))
    above = replace(tiered, mark=Decimal("1.0001"))

    assert abs(maintenance_margin(above) - maintenance_margin(tiered)) < Decimal("0.01")


def test_the_rate_follows_the_mark_between_wallet_readings() -> None:
    """RI-10: the wallet's own profit is taken out, the present one put in."""
    flat_price = estimated_rate(WALLET, [position("10000", "1", mark="1")])
    fallen = estimated_rate(WALLET, [position("10000", "1", mark="0.95")])

    assert flat_price == Decimal("104.95") / Decimal(1000)
    assert fallen == Decimal("99.95") / Decimal(500)


def test_the_haircut_is_taken_off() -> None:
    """RI-12: margin balance less initial margin less available."""
    cut = replace(WALLET, available=Decimal(800))

    assert cut.haircut == 100
    assert estimated_rate(cut, [position("10000", "1", mark="1")]) == Decimal("104.95") / 900


def test_an_account_with_nothing_left_is_beyond_every_threshold() -> None:
    assert estimated_rate(WALLET, [position("10000", "1", mark="0.5")]) == UNBEARABLE


def test_no_position_means_no_rate() -> None:
    assert estimated_rate(WALLET, []) == 0
    assert estimated_rate(WALLET, [position("0", "1", mark="1")]) == 0
