from decimal import Decimal

import pytest

from botrunner.domain.parameters import AppliedGrid
from botrunner.strategies.grid.quantities import (
    level_quantity,
    levels_within,
    reference_of,
    reference_quantity,
)
from support.engine_drive import grid
from support.grid_contract import instrument

XRP = instrument()


def applied(margin: str = "1", leverage: str = "75", multiplier: str = "2") -> AppliedGrid:
    return grid(margin=margin, leverage=leverage, multiplier=multiplier).wanted


def quantities(reference: int, multiplier: str, count: int) -> list[int]:
    return [
        int(level_quantity(Decimal(reference), Decimal(multiplier), level, XRP))
        for level in range(count)
    ]


def test_each_level_is_the_multiple_of_the_one_rounded_reference() -> None:
    """GR-1: never 1, 1, 2, 4; and rounded once from the reference."""
    assert quantities(1, "2", 5) == [1, 2, 4, 8, 16]
    assert quantities(75, "1.5", 4) == [75, 112, 168, 253]


def test_the_reference_is_margin_times_leverage_over_price_floored_to_the_step() -> None:
    """GR-1 and GR-2: 1 USDT at leverage 75 takes 357 at 0.21 and 375 at 0.20."""
    assert reference_quantity(applied(), Decimal("0.21"), XRP) == 357
    assert reference_quantity(applied(), Decimal("0.20"), XRP) == 375


def test_a_reference_below_the_minimum_is_raised_to_it() -> None:
    """GR-1: raised, rounding up, to the exchange's minimum."""
    assert reference_quantity(applied(margin="0.1", leverage="1"), Decimal(10), XRP) == 1


@pytest.mark.parametrize(
    ("quantity", "highest"), [("75", 0), ("224", 0), ("225", 1), ("525", 2), ("1124", 2), ("10", 0)]
)
def test_a_position_stands_for_the_levels_that_do_not_sum_up_to_more(
    quantity: str, highest: int
) -> None:
    """GR-42: k is the largest whose sum does not exceed the position, and 0 at least."""
    assert levels_within(Decimal(quantity), Decimal(75), Decimal(2), XRP) == highest


@pytest.mark.parametrize("multiplier", ["1.1", "1.5", "2", "2.7"])
@pytest.mark.parametrize("level", range(6))
def test_the_reference_comes_back_from_any_level(multiplier: str, level: int) -> None:
    """GR-2: on restart the reference comes back from the exchange's filled orders."""
    size = level_quantity(Decimal(75), Decimal(multiplier), level, XRP)

    assert reference_of(size, Decimal(multiplier), level, XRP) == 75


def test_a_quantity_that_no_reference_has_gives_none() -> None:
    assert reference_of(Decimal(151), Decimal(2), 1, XRP) is None


def test_leverage_is_at_most_the_instruments_and_on_its_step() -> None:
    """GR-10."""
    assert applied(leverage="100").within(XRP).leverage == 75
    assert applied(leverage="12.345").within(XRP).leverage == Decimal("12.34")
