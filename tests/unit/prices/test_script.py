"""Prices that somebody wrote down."""

from datetime import timedelta
from decimal import Decimal
from itertools import islice

from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.script import ScriptPrices, Waypoint
from unit.prices.contracts import COARSE


def at(seconds: int, last: int, *, glide: bool = False, mark: int | None = None) -> Waypoint:
    return Waypoint(
        at=timedelta(seconds=seconds),
        last=Decimal(last),
        glide=glide,
        mark=None if mark is None else Decimal(mark),
    )


def first(count: int, *waypoints: Waypoint, mirror: bool = False) -> list[PriceStep]:
    source = ScriptPrices(instrument=COARSE, waypoints=waypoints, mirror=mirror)
    return list(islice(source.steps(), count))


def moves(steps: list[PriceStep]) -> list[tuple[float, int]]:
    return [(step.offset.total_seconds(), int(step.last)) for step in steps]


def test_a_jump_comes_at_its_moment_and_the_last_price_holds() -> None:
    assert moves(first(5, at(0, 100), at(10, 50))) == [
        (0, 100),
        (10, 50),
        (11, 50),
        (12, 50),
        (13, 50),
    ]


def test_a_glide_moves_evenly_from_the_waypoint_before() -> None:
    assert moves(first(5, at(0, 100), at(4, 60, glide=True))) == [
        (0, 100),
        (1, 90),
        (2, 80),
        (3, 70),
        (4, 60),
    ]


def test_a_mirrored_script_runs_back_and_forth() -> None:
    assert moves(first(6, at(0, 100), at(10, 50), at(15, 70), mirror=True)) == [
        (0, 100),
        (10, 50),
        (15, 70),
        (17, 50),
        (22, 100),
        (32, 100),
    ]


def test_a_mark_of_its_own_is_kept_and_others_follow_the_last_price() -> None:
    plain, marked = first(2, at(0, 100), at(1, 100, mark=90))

    assert f"{plain.mark} {plain.bid}/{plain.ask}" == "100 99/100"
    assert f"{marked.mark} {marked.last} {marked.index}" == "90 100 100"


def test_the_price_that_falls_is_hit_on_the_bid() -> None:
    _, fallen = first(2, at(0, 100), at(1, 80))

    assert f"{fallen.bid}/{fallen.ask}" == "80/81"
