"""Candle files: what is read, and what is refused, by line and field."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.simulator.prices.candles import Candle, read_candles
from botrunner.simulator.prices.errors import PriceFileError

HEADER = "start,open,high,low,close,volume"
FIRST = "60000,10,12,9,11,100"


def test_rows_become_candles_one_interval_apart() -> None:
    series = read_candles("a.csv", [HEADER, FIRST, "120000,11,11,10,10.5,0"])

    assert series.interval == timedelta(minutes=1)
    assert series.candles[0] == Candle(
        open=Decimal(10), high=Decimal(12), low=Decimal(9), close=Decimal(11), volume=Decimal(100)
    )
    assert series.candles[1].close == Decimal("10.5")


def test_a_turnover_column_is_checked_and_not_needed() -> None:
    series = read_candles("a.csv", [f"{HEADER},turnover", f"{FIRST},1050"])

    assert len(series.candles) == 1
    with pytest.raises(PriceFileError, match=r"^a\.csv:2: turnover: must be 0 or more, is -1$"):
        read_candles("a.csv", [f"{HEADER},turnover", f"{FIRST},-1"])


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([], "a.csv:1: header: must be start,open,high,low,close,volume"),
        (["time,open,high,low,close,volume"], "a.csv:1: header: must be"),
        ([HEADER], "a.csv:2: the file holds no candle; add at least one row"),
        ([HEADER, "60000,10,12,9,11"], "a.csv:2: row: has 5 columns, not 6 or 7"),
        ([HEADER, FIRST, ""], "a.csv:3: row: has 0 columns"),
        ([HEADER, "noon,10,12,9,11,100"], "a.csv:2: start: must be whole milliseconds"),
        ([HEADER, "60000,ten,12,9,11,100"], "a.csv:2: open: must be a number, is 'ten'"),
        ([HEADER, "60000,NaN,12,9,11,100"], "a.csv:2: open: must be greater than 0, is NaN"),
        ([HEADER, "60000,10,Infinity,9,11,1"], "a.csv:2: high: must be greater than 0"),
        ([HEADER, "60000,10,12,0,11,100"], "a.csv:2: low: must be greater than 0, is 0"),
        ([HEADER, "60000,10,12,9,-1,100"], "a.csv:2: close: must be greater than 0, is -1"),
        ([HEADER, "60000,10,12,9,11,-1"], "a.csv:2: volume: must be 0 or more, is -1"),
        ([HEADER, "60000,13,12,9,11,1"], "a.csv:2: high: must be at least open (13), is 12"),
        ([HEADER, "60000,10,12,9,8,1"], "a.csv:2: low: must be at most close (8), is 9"),
        ([HEADER, "60000,10,8,9,10,1"], "a.csv:2: high: must be at least open (10), is 8"),
        ([HEADER, FIRST, FIRST], "a.csv:3: start: must be a second or more after the row before"),
        (
            [HEADER, FIRST, "120000,1,1,1,1,1", "240000,1,1,1,1,1"],
            "a.csv:4: start: must be 180000, one interval after the row before, is 240000",
        ),
    ],
)
def test_a_corrupt_file_is_refused_by_line_and_field(rows: list[str], complaint: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        read_candles("a.csv", rows)

    assert str(refused.value).startswith(complaint)
