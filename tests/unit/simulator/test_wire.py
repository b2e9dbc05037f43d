"""Numbers and times as the venue prints them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botrunner.simulator.bybit.wire import (
    from_milliseconds,
    milliseconds,
    money,
    money_or_empty,
    stepped,
    text,
)


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("1E-8", "0.00000001"),
        ("1E+3", "1000"),
        ("100", "100"),
        ("0.10", "0.1"),
        ("-0.2534903", "-0.2534903"),
    ],
)
def test_a_number_has_no_exponent_and_no_zeros_at_its_end(number: str, printed: str) -> None:
    assert text(Decimal(number)) == printed


def test_an_amount_has_at_most_eight_places_half_to_even() -> None:
    assert money(Decimal("0.000000015")) == "0.00000002"
    assert money(Decimal("0.000000025")) == "0.00000002"
    assert money(Decimal(1) / 3) == "0.33333333"
    assert money_or_empty(None) == ""


def test_a_price_has_the_places_of_its_tick() -> None:
    assert stepped(Decimal("50000"), Decimal("0.10")) == "50000.00"
    assert stepped(Decimal("7"), Decimal(1)) == "7"
    assert stepped(Decimal("0.5"), Decimal("0.00001")) == "0.50000"


def test_times_are_whole_milliseconds_cut_and_come_back() -> None:
    at = datetime(2026, 3, 2, 12, 0, 0, 123_999, tzinfo=UTC)

    assert milliseconds(at) == 1_772_452_800_123
    assert from_milliseconds(1_772_452_800_123) == at.replace(microsecond=123_000)
