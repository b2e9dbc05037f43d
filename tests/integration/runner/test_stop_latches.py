"""Stops that the runner engages by itself: latched, through kill -9, until a person ends them."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.runner_desk import RunnerDesk, grid_simulator
from support.simulator import RunningSimulator
from support.stop_fleet import STOP_FILE, StopFleet, adding, kept_exits, writes


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """Accounts of 60 USDT: a fall of the mark alone reaches their thresholds."""
    with grid_simulator(initial_balance=Decimal(60)) as running:
        yield running


def test_a_stop_by_the_margin_rate_ends_only_by_a_persons_word(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    """GR-50, RI-2, RI-3, RI-8, RI-10: on a price alone; under Freeze no order request at all."""
    fleet = StopFleet(make_desk, tmp_path / "fleet", ("careful", "icy"))
    careful, icy = fleet
    careful.write(risk=_margin(5))
    icy.write(risk=_margin(5), emergency={"byCause": {"margin": "Freeze"}})
    fleet.start()
    fleet.settle(LIFE[0])
    fleet.price("0.99")
    fleet.settle(LIFE[1])
    before = icy.count()
    fleet.price("0.99", mark="0.78")
    stops = {desk.name: desk.until_stopped() for desk in fleet}
    kept_exits(careful, "225", "75")
    fleet.kill()
    fleet.start()
    fleet.price("0.99")
    for desk in fleet:
        _still_stops(desk, stops[desk.name]["id"])
    careful.write(acknowledgedEmergency="e" + stops["careful"]["id"])
    icy.until(lambda: icy.condition("Protected").get("status") == "True", "icy has recovered")

    for desk in fleet:
        stop = stops[desk.name]
        assert (stop["cause"], stop["latched"]) == ("margin", True)
        _still_stops(desk, stop["id"])
    assert adding(careful, before) == []
    assert writes(icy, before) == []

    careful.write(acknowledgedEmergency=stops["careful"]["id"])
    (icy.state / STOP_FILE).unlink()
    for desk in fleet:
        desk.settles(LIFE[1].shows)
        desk.until(lambda desk=desk: not desk.emergency(), "the stop is over")

    assert not (careful.state / STOP_FILE).exists()


def _margin(threshold: int) -> dict[str, int]:
    return {"maintenanceMarginRateThreshold": threshold, "maxPriceAgeSeconds": 300}


def _still_stops(desk: RunnerDesk, emergency_id: str) -> None:
    desk.until(lambda: desk.emergency().get("id") == emergency_id, "the same stop holds")
    assert (desk.state / STOP_FILE).read_text().splitlines()[0] == emergency_id
