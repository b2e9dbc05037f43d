"""Reading parameters."""

from decimal import Decimal
from typing import Any

import pytest

from botrunner.simulator.bybit.codes import RefusedError
from botrunner.simulator.bybit.parameters import Parameters


@pytest.mark.parametrize(
    "value", ["1e-05", "1,5", " 1", "1.", ".5", "0x1", "NaN", "-", "１", 1, 1.5]
)
def test_a_number_is_a_plain_decimal_string(value: Any) -> None:
    with pytest.raises(RefusedError, match="qty"):
        Parameters({"qty": value}).number("qty")


@pytest.mark.parametrize(("value", "read"), [("", None), (None, None), ("0.10", Decimal("0.10"))])
def test_an_empty_number_is_none(value: str | None, read: Decimal | None) -> None:
    assert Parameters({"qty": value}).number("qty") == read


def test_a_stop_of_zero_is_none_and_one_below_is_refused() -> None:
    assert Parameters({"stopLoss": "0"}).number_above_zero("stopLoss") is None
    with pytest.raises(RefusedError, match="stopLoss"):
        Parameters({"stopLoss": "-1"}).number_above_zero("stopLoss")


@pytest.mark.parametrize("value", [1, "1"])
def test_a_whole_number_comes_as_number_or_string(value: Any) -> None:
    assert Parameters({"positionIdx": value}).integer("positionIdx", 0) == 1


@pytest.mark.parametrize("value", [True, 1.5, "one", "1.0", [1]])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(RefusedError, match="positionIdx"):
        Parameters({"positionIdx": value}).integer("positionIdx", 0)


@pytest.mark.parametrize("value", ["999999999999999", "-1"])
def test_a_time_beyond_the_calendar_is_refused(value: str) -> None:
    with pytest.raises(RefusedError, match="startTime"):
        Parameters({"startTime": value}).time("startTime")


@pytest.mark.parametrize(
    ("value", "read"), [(True, True), ("true", True), (False, False), ("", False), (None, False)]
)
def test_a_flag_is_a_boolean_or_its_word(value: Any, read: bool) -> None:
    assert Parameters({"reduceOnly": value}).flag("reduceOnly") is read


@pytest.mark.parametrize("value", ["yes", 2, []])
def test_what_is_no_flag_is_refused(value: Any) -> None:
    with pytest.raises(RefusedError, match="reduceOnly"):
        Parameters({"reduceOnly": value}).flag("reduceOnly")


def test_a_page_is_cut_to_the_most() -> None:
    assert Parameters({"limit": "1000"}).limit(20, 50) == 50
    assert Parameters({}).limit(20, 50) == 20
