"""Candles: minutes, intervals, the past."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botrunner.simulator.bybit.candle import INTERVALS, Bar, end_of, start_of
from botrunner.simulator.bybit.wire import milliseconds
from botrunner.simulator.klines import BarSeries, PastPrice

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
NOON_MS = milliseconds(NOON)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return milliseconds(datetime(year, month, day, hour, minute, tzinfo=UTC))


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        ("1", at(2026, 3, 4, 13, 47), at(2026, 3, 4, 13, 48)),
        ("15", at(2026, 3, 4, 13, 45), at(2026, 3, 4, 14, 0)),
        ("240", at(2026, 3, 4, 12), at(2026, 3, 4, 16)),
        ("720", at(2026, 3, 4, 12), at(2026, 3, 5)),
        ("D", at(2026, 3, 4), at(2026, 3, 5)),
        ("W", at(2026, 3, 2), at(2026, 3, 9)),
        ("M", at(2026, 3, 1), at(2026, 4, 1)),
    ],
)
def test_intervals_start_and_end_in_utc_and_weeks_on_monday(
    interval: str, start: int, end: int
) -> None:
    moment = at(2026, 3, 4, 13, 47) + 12_345

    assert start_of(interval, moment) == start
    assert end_of(interval, start) == end - 1


def test_the_last_month_of_a_year_ends_with_it() -> None:
    assert end_of("M", at(2026, 12, 1)) == at(2027, 1, 1) - 1


def series_of(*prices: tuple[int, str, str]) -> BarSeries:
    series = BarSeries()
    for seconds, price, quantity in prices:
        series.add(NOON_MS + seconds * 1000, Decimal(price), Decimal(quantity))
    return series


def rows(series: BarSeries, interval: str, now_s: int) -> list[tuple[int, str, str, str, str, str]]:
    now = NOON_MS + now_s * 1000
    return [
        (
            (bar.start_ms - NOON_MS) // 1000,
            str(bar.open),
            str(bar.high),
            str(bar.low),
            str(bar.close),
            str(bar.volume),
        )
        for bar in series.newest_first(interval, 0, now, now)
    ]


def test_minutes_without_a_trade_are_flat() -> None:
    series = series_of((0, "10", "1"), (30, "12", "2"), (190, "11", "1"))

    assert rows(series, "1", 200) == [
        (180, "12", "12", "11", "11", "1"),
        (120, "12", "12", "12", "12", "0"),
        (60, "12", "12", "12", "12", "0"),
        (0, "10", "12", "10", "12", "3"),
    ]


def test_an_interval_is_its_minutes_together() -> None:
    series = series_of((0, "10", "1"), (100, "14", "1"), (170, "9", "1"), (185, "11", "1"))

    assert rows(series, "3", 190) == [
        (180, "9", "11", "9", "11", "1"),
        (0, "10", "14", "9", "9", "3"),
    ]


def test_before_the_first_price_there_is_nothing() -> None:
    series = BarSeries()

    assert series.running("1", NOON_MS) is None
    assert list(series.newest_first("1", 0, NOON_MS, NOON_MS)) == []


PRICES = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(1, 50), st.integers(0, 3)), min_size=1, max_size=40
)


@given(prices=PRICES, interval=st.sampled_from(INTERVALS), later=st.integers(0, 4000))
def test_the_running_candle_is_the_newest_of_the_list(
    prices: list[tuple[int, int, int]], interval: str, later: int
) -> None:
    series = BarSeries()
    now = NOON_MS
    running: list[Bar | None] = []
    for seconds, price, quantity in sorted(prices):
        now = NOON_MS + seconds * 1000
        series.add(now, Decimal(price), Decimal(quantity))
        running.append(series.running(interval, now))
    now += later * 1000

    assert running[-1] is not None
    assert series.running(interval, now) == next(series.newest_first(interval, 0, now, now))


@given(prices=PRICES, interval=st.sampled_from(INTERVALS))
def test_no_volume_is_lost_between_intervals(
    prices: list[tuple[int, int, int]], interval: str
) -> None:
    series = BarSeries()
    for seconds, price, quantity in sorted(prices):
        series.add(NOON_MS + seconds * 1000, Decimal(price), Decimal(quantity))
    now = NOON_MS + 5_000_000
    bars = list(series.newest_first(interval, 0, now, now))

    assert sum(bar.volume for bar in bars) == sum(quantity for _, _, quantity in prices)
    assert all(bar.low <= min(bar.open, bar.close) for bar in bars)
    assert all(bar.high >= max(bar.open, bar.close) for bar in bars)
    starts = [bar.start_ms for bar in bars]
    assert all(
        end_of(interval, early) + 1 == late for late, early in zip(starts, starts[1:], strict=False)
    )


def past(*prices: tuple[int, str]) -> Iterator[PastPrice]:
    for seconds, price in prices:
        yield PastPrice(
            at=NOON - timedelta(seconds=seconds), price=Decimal(price), quantity=Decimal(1)
        )


def test_the_past_is_read_only_as_far_as_it_is_needed_and_whole_minutes_of_it() -> None:
    prices = past((10, "11"), (50, "13"), (70, "12"), (110, "9"), (130, "8"), (200, "7"))
    series = BarSeries(prices)
    series.add(NOON_MS, Decimal(10))
    series.reach_back(NOON_MS - 120_000, 1000)

    assert rows(series, "1", 0)[:3] == [
        (0, "10", "10", "10", "10", "0"),
        (-60, "13", "13", "11", "11", "2"),
        (-120, "9", "12", "9", "12", "2"),
    ]
    assert next(prices).price == Decimal(7)


def test_a_minute_of_the_past_without_a_price_has_the_one_before() -> None:
    series = BarSeries(past((200, "7"), (210, "6")))
    series.add(NOON_MS, Decimal(10))
    series.reach_back(NOON_MS - 3_600_000, 1000)

    assert [row[4] for row in rows(series, "1", 0)] == ["10", "7", "7", "7", "7"]


def test_the_past_is_read_no_further_than_the_steps_allow() -> None:
    series = BarSeries(past(*((60 * number, "7") for number in range(1, 100))))
    series.add(NOON_MS, Decimal(10))
    series.reach_back(0, 10)

    assert len(rows(series, "1", 0)) == 11
