"""The seeded walk: repeatable, within its band, on the ticks."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.walk import WalkPrices
from unit.prices.contracts import COARSE, XRP


def walk(seed: int, *, start: str = "1.5", bps: str = "2", band: str = "0.2") -> WalkPrices:
    return WalkPrices(
        instrument=XRP,
        start=Decimal(start),
        seed=seed,
        volatility_bps=Decimal(bps),
        band_ratio=Decimal(band),
    )


def first(count: int, source: WalkPrices) -> list[PriceStep]:
    return list(islice(source.steps(), count))


def test_the_same_seed_gives_the_same_steps() -> None:
    assert first(500, walk(7)) == first(500, walk(7))
    assert first(500, walk(7)) != first(500, walk(8))


def test_the_digits_of_a_seed_never_change() -> None:
    """Recorded once: a scenario that somebody keeps must give the same prices next year."""
    assert [str(step.last) for step in first(8, walk(1))] == [
        "1.5000",
        "1.5002",
        "1.5003",
        "1.5002",
        "1.5005",
        "1.5006",
        "1.5005",
        "1.5003",
    ]


def test_two_symbols_of_one_seed_walk_apart() -> None:
    xrp = WalkPrices(instrument=XRP, start=Decimal(50), seed=1, volatility_bps=Decimal(500))
    other = WalkPrices(instrument=COARSE, start=Decimal(50), seed=1, volatility_bps=Decimal(500))

    assert [step.last for step in first(50, xrp)] != [step.last for step in first(50, other)]


@given(seed=st.integers(), bps=st.decimals(min_value=0, max_value=3_000, places=1))
def test_the_walk_stays_on_the_ticks_within_its_band_and_its_largest_step(
    seed: int, bps: Decimal
) -> None:
    steps = first(200, walk(seed, bps=str(bps), band="0.1"))

    assert all(Decimal("1.35") <= step.last <= Decimal("1.65") for step in steps)
    assert all(step.last % XRP.tick_size == 0 for step in steps)
    most = max(XRP.tick_size, Decimal("1.65") * bps / 10_000)
    assert all(abs(after.last - before.last) <= most for before, after in pairwise(steps))


def test_the_walls_throw_the_price_back() -> None:
    """A walk in a band of 31 ticks that stuck to a wall would be found there most of the time."""
    steps = first(2_000, walk(11, bps="10", band="0.001"))
    low, high = Decimal("1.4985"), Decimal("1.5015")

    assert min(step.last for step in steps) == low
    assert max(step.last for step in steps) == high
    assert sum(step.last in (low, high) for step in steps) < 300


def test_a_longer_interval_moves_by_its_root() -> None:
    """Steps of 100 seconds are at most ten times as large as those of one second."""
    slow = replace(walk(5, bps="10"), interval=timedelta(seconds=100))
    moves = [abs(b.last - a.last) for a, b in pairwise(first(2_000, slow))]

    assert Decimal("0.0100") < max(moves) <= Decimal("1.8") * 100 / 10_000


def test_the_past_starts_where_the_future_starts_and_goes_its_own_way() -> None:
    source = walk(3, bps="50")
    past = list(islice(source.past(), 100))

    assert past[0].offset == timedelta(seconds=-64)
    assert past[0].last == Decimal("1.5")
    assert [step.last for step in past] != [step.last for step in first(100, source)]
