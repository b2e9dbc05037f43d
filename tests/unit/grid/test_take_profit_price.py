from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.position import Holding, split_funding
from botrunner.domain.side import Side
from botrunner.strategies.grid.exits import split_exit
from botrunner.strategies.grid.prices import entry_price, placed_exit_price, take_profit_price
from support.grid_contract import instrument

XRP = instrument()
ONE_PERCENT = Decimal("0.01")
MAKER, TAKER = Decimal("0.0002"), Decimal("0.00055")
LONG_525 = Holding(quantity=Decimal(525), notional=Decimal("517.53"), fees=Decimal("0.103506"))


def quote(price: str) -> Quote:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    number = Decimal(price)
    return Quote(bid=number, ask=number, last=number, mark=number, at=at)


def test_a_long_take_profit_nets_the_percentage_after_all_fees() -> None:
    """GR-30 with GR-23's numbers: 0.996026, so 0.9961 on the tick above."""
    assert take_profit_price(Side.LONG, LONG_525, ONE_PERCENT, MAKER, XRP) == Decimal("0.9961")


def test_a_short_take_profit_is_rounded_down() -> None:
    """GR-30 with GR-23's numbers: 75 short at 1.00 close at 0.9896."""
    short = Holding(quantity=Decimal(75), notional=Decimal(75), fees=Decimal("0.015"))

    assert take_profit_price(Side.SHORT, short, ONE_PERCENT, MAKER, XRP) == Decimal("0.9896")


def test_a_short_take_profit_is_at_least_one_tick() -> None:
    """GR-30."""
    short = Holding(quantity=Decimal(10), notional=Decimal(1), funding=Decimal(5))

    assert take_profit_price(Side.SHORT, short, ONE_PERCENT, MAKER, XRP) == Decimal("0.0001")


@pytest.mark.parametrize(("funding", "price"), [("5.25", "1.0061"), ("-5.25", "0.9861")])
def test_funding_paid_raises_a_long_take_profit_and_received_lowers_it(
    funding: str, price: str
) -> None:
    """GR-30: 5.25 over 525 is a cent each."""
    holding = LONG_525.charged(Decimal(funding))

    assert take_profit_price(Side.LONG, holding, ONE_PERCENT, MAKER, XRP) == Decimal(price)


@pytest.mark.parametrize(
    ("market", "price"),
    [("0.99", "0.9961"), ("0.9960", "0.9961"), ("0.9961", "0.9964"), ("1.2", "0.9964")],
)
def test_a_take_profit_that_would_cross_is_priced_with_the_taker_fee(
    market: str, price: str
) -> None:
    """GR-30 and GR-34."""
    fees = FeeRates(maker=MAKER, taker=TAKER)
    placed = placed_exit_price(Side.LONG, LONG_525, ONE_PERCENT, fees, quote(market), XRP)

    assert placed == Decimal(price)


amounts = st.decimals("0.01", "100000", places=2)


@example(side=Side.SHORT, fills=[(1, 13_305)], funding=Decimal(0))
@given(
    side=st.sampled_from(Side),
    fills=st.lists(st.tuples(st.integers(1, 10_000), st.integers(5000, 20_000)), min_size=1),
    funding=st.decimals("-1", "1", places=4),
)
def test_what_the_take_profit_nets_in_a_replayed_ledger_is_at_least_the_percentage(
    side: Side, fills: list[tuple[int, int]], funding: Decimal
) -> None:
    """GR-30: tested against a ledger that replays the fills; to one tick."""
    cash = -funding
    holding = Holding().charged(funding)
    for quantity, ticks in fills:
        price = ticks * XRP.tick_size
        fee = quantity * price * TAKER
        cash -= side.sign * quantity * price + fee
        holding = holding.entered(Decimal(quantity), price, fee)
    exit_price = take_profit_price(side, holding, ONE_PERCENT, MAKER, XRP)
    cash += side.sign * holding.quantity * exit_price - holding.quantity * exit_price * MAKER

    least = holding.notional * ONE_PERCENT
    assert cash >= least or exit_price == XRP.tick_size
    # One tick of the price moves the exit's fee, too.
    tick = holding.quantity * XRP.tick_size * (1 + MAKER)
    assert cash - least <= tick or exit_price == XRP.tick_size


@given(
    side=st.sampled_from(Side),
    entry=st.integers(5000, 20_000),
    quantity=st.integers(3, 100_000),
    parts=st.lists(st.integers(1, 30_000), max_size=6),
)
def test_exits_in_part_never_move_the_price_by_a_tick(
    side: Side, entry: int, quantity: int, parts: list[int]
) -> None:
    """Arithmetic: 28 digits, 24 before the tick, so that pro-rata dust moves nothing."""
    price = entry * XRP.tick_size
    whole = Holding().entered(Decimal(quantity), price, quantity * price * TAKER)
    wanted = take_profit_price(side, whole, ONE_PERCENT, MAKER, XRP)
    left = whole
    for part in parts:
        left = left.reduced(Decimal(part))
        if left.is_flat:
            return

        assert take_profit_price(side, left, ONE_PERCENT, MAKER, XRP) == wanted


def test_entries_are_rounded_away_from_the_market() -> None:
    """GRID: a long entry down, a short up; GR-23's 0.9995 * 1.01 is 1.0095."""
    assert entry_price(Side.LONG, Decimal("0.9961"), ONE_PERCENT, XRP) == Decimal("0.9861")
    assert entry_price(Side.SHORT, Decimal("0.9995"), ONE_PERCENT, XRP) == Decimal("1.0095")
    assert entry_price(Side.SHORT, Decimal("1.0095"), ONE_PERCENT, XRP) == Decimal("1.0196")


@pytest.mark.parametrize(
    ("quantity", "parts"),
    [
        (999, [999]),
        (1_000_000, [1_000_000]),
        (2_500_000, [1_000_000, 1_000_000, 500_000]),
        (2_000_000, [1_000_000, 1_000_000]),
    ],
)
def test_a_take_profit_above_the_maximum_is_split_full_orders_first(
    quantity: int, parts: list[int]
) -> None:
    """GR-4."""
    assert list(split_exit(Decimal(quantity), XRP)) == parts


def test_a_rest_below_the_minimum_borrows_from_the_order_before() -> None:
    """GR-4."""
    coarse = replace(XRP, min_quantity=Decimal(10), max_quantity=Decimal(100))

    assert list(split_exit(Decimal(203), coarse)) == [100, 93, 10]


def test_funding_is_split_by_each_sides_notional() -> None:
    """GR-30: at one rate longs pay what shorts receive, per notional."""
    split = split_funding(Decimal("0.2"), {Side.LONG: Decimal(300), Side.SHORT: Decimal(100)})

    assert split == {Side.LONG: Decimal("0.3"), Side.SHORT: Decimal("-0.1")}
