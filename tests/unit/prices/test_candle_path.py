"""The line inside a candle, and the candle that its points make again."""

from datetime import timedelta
from decimal import Decimal
from itertools import groupby, islice, pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.candles import Candle, CandleSeries
from botrunner.simulator.prices.path import line_through, walk_line
from botrunner.simulator.prices.recorded import CandlePrices
from unit.prices.contracts import COARSE

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def candle(open: int, high: int, low: int, close: int, volume: str = "60") -> Candle:
    return Candle(
        open=Decimal(open),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(close),
        volume=Decimal(volume),
    )


def prices(*candles: Candle, resolution: timedelta = SECOND) -> CandlePrices:
    series = CandleSeries(interval=MINUTE, candles=candles)
    return CandlePrices(instrument=COARSE, series=series, resolution=resolution)


@pytest.mark.parametrize(
    ("given_candle", "line"),
    [
        (candle(100, 120, 95, 110), (100, 95, 120, 110)),
        (candle(100, 105, 80, 90), (100, 105, 80, 90)),
        (candle(100, 110, 90, 105), (100, 90, 110, 105)),
        (candle(100, 110, 90, 95), (100, 110, 90, 95)),
        (candle(100, 110, 90, 100), (100, 90, 110, 100)),
        (candle(100, 100, 100, 100), (100, 100, 100, 100)),
    ],
)
def test_the_nearer_extreme_comes_first(given_candle: Candle, line: tuple[int, ...]) -> None:
    assert line_through(given_candle) == line


def test_a_leg_takes_time_by_its_length() -> None:
    """100 to 90 to 120 to 120: 10 and 30 of 40 units, in a minute less a millisecond."""
    points = list(
        walk_line(
            line_through(candle(100, 120, 90, 120)),
            Decimal(60),
            interval=MINUTE,
            resolution=timedelta(seconds=30),
        )
    )

    assert [(point.at, point.price) for point in points[:2]] == [
        (timedelta(0), Decimal(100)),
        (timedelta(seconds=14, milliseconds=999, microseconds=750), Decimal(90)),
    ]
    assert points[2].at == timedelta(seconds=30)
    assert Decimal(100) < points[2].price < Decimal("100.01")
    assert (points[-1].at, points[-1].price) == (MINUTE - timedelta(milliseconds=1), Decimal(120))


def test_volume_is_traded_evenly_and_wholly() -> None:
    steps = list(islice(prices(candle(100, 101, 99, 100, "6.05")).steps(), 63))
    traded = [step.trade.quantity for step in steps if step.trade]

    assert steps[62].offset == MINUTE - timedelta(milliseconds=1)
    assert sum(traded) == Decimal("6.0")
    assert set(traded) == {Decimal("0.1")}


def test_a_candle_that_stands_still_trades_at_its_price() -> None:
    steps = list(islice(prices(candle(7, 7, 7, 7)).steps(), 61))

    assert {step.last for step in steps} == {Decimal(7)}
    assert sum(step.trade.quantity for step in steps if step.trade) == Decimal(60)


def test_the_file_runs_back_from_its_end_and_forward_again() -> None:
    source = prices(candle(10, 14, 10, 14), candle(14, 20, 14, 20), resolution=MINUTE)

    assert [int(step.last) for step in islice(source.steps(), 13)] == [
        *(10, 14),
        *(14, 20),
        *(20, 14),
        *(14, 10),
        *(10, 14),
        *(14, 20),
        20,
    ]


def test_the_way_back_is_the_exact_mirror_of_the_way_out() -> None:
    out_and_back = list(islice(prices(candle(100, 120, 95, 110)).steps(), 126))
    out = [step for step in out_and_back if step.offset < MINUTE]
    back = [step for step in out_and_back if MINUTE <= step.offset < 2 * MINUTE]

    corners = [Decimal(price) for price in (100, 95, 120, 110)]
    assert _in_order(corners, [step.last for step in out])
    assert _in_order(corners[::-1], [step.last for step in back])


def test_the_past_is_the_mirror_of_the_future_newest_first() -> None:
    source = prices(
        candle(100, 120, 95, 110),
        candle(110, 130, 108, 125),
        resolution=timedelta(milliseconds=400),
    )
    past = list(islice(source.past(), 130))

    assert all(step.offset < timedelta(0) for step in past)
    assert all(newer.offset >= older.offset for newer, older in pairwise(past))
    assert [int(step.last) for step in past if -MINUTE <= step.offset][0] == 100
    first = [step for step in past if -MINUTE <= step.offset]
    assert (first[0].last, first[-1].last) == (Decimal(100), Decimal(110))
    assert {max(step.last for step in first), min(step.last for step in first)} == {120, 95}


def test_a_past_at_high_speed_is_made_of_joined_candles() -> None:
    """At a step a second the past has one every two minutes: two candles are one."""
    source = prices(candle(10, 14, 9, 12), candle(12, 20, 11, 19), resolution=SECOND)
    joined = list(takewhile(lambda step: step.offset >= -2 * MINUTE, source.past()))

    assert [int(step.last) for step in joined] == [10, 9, 20, 19]
    assert sum(step.trade.quantity for step in joined if step.trade) == 120


def test_joined_candles_keep_their_extremes_and_volume() -> None:
    series = CandleSeries(
        interval=MINUTE,
        candles=(candle(10, 14, 9, 12), candle(12, 20, 11, 19), candle(19, 19, 15, 16)),
    )
    joined = series.joined(2)

    assert joined.interval == 2 * MINUTE
    assert joined.candles == (candle(10, 20, 9, 19, "120"), candle(19, 19, 15, 16))


ANY_PRICE = st.integers(min_value=1, max_value=9_999)


@st.composite
def candles(draw: st.DrawFn) -> Candle:
    low, *between, high = sorted(draw(st.lists(ANY_PRICE, min_size=4, max_size=4)))
    opens, closes = draw(st.permutations(between))
    volume = draw(st.decimals(min_value=0, max_value=10**9, places=3))
    return candle(opens, high, low, closes, str(volume))


@given(
    recorded=st.lists(candles(), min_size=1, max_size=4),
    resolution_ms=st.integers(min_value=200, max_value=120_000),
)
def test_candles_built_from_the_steps_are_the_recorded_ones(
    recorded: list[Candle], resolution_ms: int
) -> None:
    source = prices(*recorded, resolution=timedelta(milliseconds=resolution_ms))
    length = len(recorded) * MINUTE
    steps = _until(source, 2 * length)
    rebuilt = [_build(list(group)) for _, group in groupby(steps, key=lambda s: s.offset // MINUTE)]

    expected = [_whole_steps(each) for each in recorded]
    assert rebuilt[: len(recorded)] == expected
    assert rebuilt[len(recorded) :] == [_turned(each) for each in reversed(expected)]
    assert all(after.offset >= before.offset for before, after in pairwise(steps))


def _until(source: CandlePrices, end: timedelta) -> list[PriceStep]:
    steps = []
    for step in source.steps():
        if step.offset >= end:
            break
        steps.append(step)
    return steps


def _build(steps: list[PriceStep]) -> Candle:
    lasts = [step.last for step in steps]
    return Candle(
        open=lasts[0],
        high=max(lasts),
        low=min(lasts),
        close=lasts[-1],
        volume=sum((step.trade.quantity for step in steps if step.trade), Decimal(0)),
    )


def _whole_steps(recorded: Candle) -> Candle:
    return Candle(
        open=recorded.open,
        high=recorded.high,
        low=recorded.low,
        close=recorded.close,
        volume=COARSE.floor_quantity(recorded.volume),
    )


def _turned(each: Candle) -> Candle:
    return Candle(
        open=each.close, high=each.high, low=each.low, close=each.open, volume=each.volume
    )


def _in_order(wanted: list[Decimal], found: list[Decimal]) -> bool:
    rest = iter(found)
    return all(price in rest for price in wanted)
