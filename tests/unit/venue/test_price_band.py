"""The price band: highest buy and lowest sell, by mark, index and the average premium."""

from datetime import timedelta

import pytest

from botrunner.venue.commands import MovePrice
from botrunner.venue.premium import PremiumAverage
from unit.venue.desk import NOON, D, Desk


def band_after(last: str, index: str, seconds: float = 60) -> tuple[str, str]:
    desk = Desk(price=None)
    step = MovePrice(symbol="BTCUSDT", last=D(last), mark=D(50000), index=D(index))
    desk.do(step)
    desk.do(step, seconds=seconds)
    band = desk.venue.price_band("BTCUSDT")
    assert band is not None
    return str(band.highest_buy.normalize()), str(band.lowest_sell.normalize())


@pytest.mark.parametrize(
    ("last", "index", "highest", "lowest"),
    [
        ("50000", "50000", "50500", "49500"),
        # A premium of 300 moves the buys' bound, one of -300 the sells'.
        ("50300", "50000", "50800", "49500"),
        ("49700", "50000", "50500", "49200"),
        # An index beyond moves it too, and 2 % is the end of it.
        ("50000", "50700", "50700", "49500"),
        ("50000", "49100", "50500", "49100"),
        ("50900", "50000", "51000", "49500"),
        ("48000", "40000", "50500", "49000"),
    ],
)
def test_the_band_is(last: str, index: str, highest: str, lowest: str) -> None:
    got = band_after(last, index)

    assert [D(g) for g in got] == [D(highest), D(lowest)]


def test_the_band_lies_on_the_tick_inwards() -> None:
    desk = Desk(price="50000.3")
    band = desk.venue.price_band("BTCUSDT")

    # 50,000.3 * 1.01 = 50,500.303 and * 0.99 = 49,500.297
    assert band is not None
    assert (band.highest_buy, band.lowest_sell) == (D("50500.3"), D("49500.3"))


def test_there_is_no_band_before_the_first_price() -> None:
    assert Desk(price=None).venue.price_band("BTCUSDT") is None


def test_the_average_is_of_the_last_thirty_seconds() -> None:
    average = PremiumAverage()
    average.observe(D(300), NOON)
    average.observe(D(0), NOON + timedelta(seconds=15))

    assert average.average(NOON + timedelta(seconds=15)) == D(300)
    assert average.average(NOON + timedelta(seconds=30)) == D(150)
    assert average.average(NOON + timedelta(seconds=40)) == D(50)
    assert average.average(NOON + timedelta(seconds=45)) == D(0)


def test_the_last_premium_within_a_second_counts_for_it() -> None:
    average = PremiumAverage()
    average.observe(D(300), NOON)
    average.observe(D(100), NOON + timedelta(milliseconds=900))

    assert average.average(NOON + timedelta(milliseconds=950)) == D(100)
    assert average.average(NOON + timedelta(seconds=1)) == D(100)


def test_before_anything_was_seen_there_is_no_premium() -> None:
    assert PremiumAverage().average(NOON) == 0


def test_the_average_forgets_without_growing() -> None:
    average = PremiumAverage()
    for second in range(100):
        average.observe(D(second), NOON + timedelta(seconds=second))

    # Seconds 70 to 99 of the hundred.
    assert average.average(NOON + timedelta(seconds=100)) == D("84.5")


def test_a_premium_that_was_held_counts_from_the_start_of_the_window() -> None:
    average = PremiumAverage()
    for second, premium in ((0, 300), (40, 0), (41, 0)):
        average.observe(D(premium), NOON + timedelta(seconds=second))

    # Seconds 11 to 39 at 300, and second 40.
    assert average.average(NOON + timedelta(seconds=41)) == D(290)
