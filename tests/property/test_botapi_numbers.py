"""Numbers cross the API exactly, or not at all (KU-1)."""

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botapi.faults import InvalidObjectError
from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccountSpec
from support.accounts import account

_BALANCES = st.integers(min_value=1, max_value=10**15 - 1).flatmap(
    lambda digits: st.integers(min_value=-20, max_value=5).map(
        lambda exponent: Decimal(digits).scaleb(exponent)
    )
)


def _through_json(number: Decimal | float | int | str) -> Decimal:
    spec = parse(TradingAccountSpec, account(initialBalance=number)["spec"])
    return spec.initial_balance


@given(_BALANCES)
def test_fifteen_digits_survive_any_way_they_are_decoded(number: Decimal) -> None:
    written = str(number)

    assert _through_json(number) == number
    assert _through_json(written) == number
    assert _through_json(json.loads(written)) == number


@given(_BALANCES)
def test_what_the_models_write_reads_back_as_the_same_decimal(number: Decimal) -> None:
    spec = parse(TradingAccountSpec, account(initialBalance=number)["spec"])

    written = json.dumps(spec.to_json())

    assert json.loads(written, parse_float=Decimal)["initialBalance"] == number
    assert parse(TradingAccountSpec, json.loads(written)) == spec


@given(st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False))
def test_every_double_is_read_as_its_shortest_text(number: float) -> None:
    """What the API server stores is a double, so each must be readable."""
    assert _through_json(number) == Decimal(repr(number))


@given(st.decimals(min_value=Decimal("1e-30"), max_value=Decimal("1e30"), allow_nan=False))
def test_a_number_is_refused_exactly_when_a_double_would_change_it(number: Decimal) -> None:
    kept = Decimal(repr(float(number))) == number

    if kept:
        assert _through_json(number) == number
    else:
        with pytest.raises(InvalidObjectError, match="more digits than a JSON number keeps"):
            _through_json(number)


@pytest.mark.parametrize("number", [math.inf, math.nan, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_is_refused(number: Decimal | float) -> None:
    with pytest.raises(InvalidObjectError, match=r"^initialBalance: "):
        _through_json(number)


@pytest.mark.parametrize("written", ["", "ten", "1_000", "0x10", "1e", ".", "1e999", "１"])
def test_a_text_that_is_no_numeral_is_refused(written: str) -> None:
    with pytest.raises(InvalidObjectError, match=r"^initialBalance: "):
        _through_json(written)


@pytest.mark.parametrize(
    ("written", "digits"), [("1.10", "1.1"), ("75.0", "75"), ("1E2", "100"), ("0.00", "0")]
)
def test_one_number_has_one_text_however_it_was_written(written: str, digits: str) -> None:
    """What depends on a parameter is the same byte for byte, whatever file it came from."""
    spec = parse(TradingAccountSpec, account(risk={"balanceBufferPercent": written})["spec"])

    assert str(spec.risk.balance_buffer_percent) == digits
