"""Stops by what must never be: an exit that stays too small, refusals in a row, a liquidation."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.runner_desk import CREATE, RunnerDesk, grid_simulator
from support.simulator import RunningSimulator
from support.stop_fleet import StopFleet, adding, kept_exits, writes

AMEND = "/v5/order/amend"
REFUSED = 110003
"""The venue's code for a price outside its range: no matter of money, rate or clock."""


@pytest.fixture
def poor_simulator() -> Iterator[RunningSimulator]:
    """Accounts of 60 USDT, which a fall of the mark alone liquidates."""
    with grid_simulator(initial_balance=Decimal(60)) as running:
        yield running


def test_an_exit_that_stays_too_small_and_refusals_in_a_row_stop_the_account(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    """RI-1, RI-3, GR-34: invariant and errors; what the policy wants is tried until it is true."""
    fleet = StopFleet(make_desk, tmp_path / "fleet", ("bare", "refused", "stuck"))
    bare, refused, stuck = fleet
    patient = {"maxConsecutiveErrors": 100, "invariantGraceSeconds": 5}
    bare.write(risk={"maxPriceAgeSeconds": 300} | patient)
    refused.write(risk={"maxPriceAgeSeconds": 300, "invariantGraceSeconds": 600})
    stuck.write(emergency={"byCause": {"errors": "Flatten"}})
    fleet.start()
    fleet.settle(LIFE[0])
    before = bare.count()
    for desk in fleet:
        _refuse_orders(desk)
    fleet.price("0.99")
    stops = {desk.name: desk.until_stopped() for desk in (bare, refused)}
    stuck.until(lambda: len(_closes(stuck, before)) >= 4, "closes are tried again")
    stops["stuck"] = stuck.emergency()
    fleet.kill()
    bare.command("clear")
    stopped_at = bare.count()
    fleet.start()
    for desk in (bare, refused):
        kept_exits(desk, "225", "75")
    again = {desk.name: desk.until_stopped() for desk in fleet}

    assert {name: stop["cause"] for name, stop in stops.items()} == {
        "bare": "invariant",
        "refused": "errors",
        "stuck": "errors",
    }
    assert all(stop["latched"] for stop in stops.values())
    assert [again[name]["id"] for name in stops] == [stop["id"] for stop in stops.values()]
    assert [adding(desk, stopped_at) for desk in fleet] == [[], [], []]
    assert stops["stuck"]["complete"] is False
    assert stuck.held() == {}
    assert stuck.ledger()["openOrders"] == []


def test_a_liquidation_by_the_venue_stops_before_the_strategy_answers_it(
    make_desk: MakeDesk, poor_simulator: RunningSimulator
) -> None:
    """RI-1: cause venue, under Freeze: not one order request follows, in the next life too."""
    desk = make_desk(simulator=poor_simulator)
    desk.write(emergency={"byCause": {"venue": "Freeze"}})
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.price("0.99")
    desk.settles(LIFE[1].shows)
    desk.until_covered()
    desk.until_trading()
    # The price that liquidates never reaches the runner, so the margin rate is not the first cause.
    desk.command("freeze", stream="public")
    before = desk.count()
    desk.command("price", symbol="XRPUSDT", last="0.99", mark="0.57")
    stop = desk.until_stopped()
    desk.kill()
    (desk.state / "status.yaml").unlink()
    desk.start()
    desk.until(lambda: desk.condition("CredentialsReady").get("status") == "True", "its key")
    again = desk.until_stopped()

    assert (stop["cause"], stop["policy"], stop["latched"]) == ("venue", "Freeze", True)
    assert again["id"] == stop["id"]
    assert "LiquidatedByVenue" in desk.output()
    assert desk.held() == {}
    assert writes(desk, before) == []


def _closes(desk: RunnerDesk, after: int) -> list[dict[str, Any]]:
    return [r for r in desk.requests(CREATE, after=after) if r["body"]["orderType"] == "Market"]


def _refuse_orders(desk: RunnerDesk) -> None:
    for path in (CREATE, AMEND):
        desk.command("answer", account=desk.name, path=path, code=REFUSED, count=None)
