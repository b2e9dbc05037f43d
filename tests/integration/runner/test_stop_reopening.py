"""A stop in the middle of a reopening, with slow REST and a lost acknowledgement.

Long is deep (levels 0 to 4) when short's take-profit fills: five resting short entries move to the
new chain, then the short side opens again (GR-32).
"""

from datetime import datetime
from pathlib import Path

from botrunner.domain.side import Side
from botrunner.service.clock import SystemClock
from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.runner_desk import RunnerDesk
from support.simulator import RunningSimulator
from support.stop_fleet import AMEND, STOP_FILE, StopFleet, adding, kept_exits, late, writes
from support.stop_slow_line import SlowLine, slow_line

WAY_DOWN = (("0.99", "225", "300"), ("0.9801", "525", "600"), ("0.9702", "1125", "1200"))
"""Price, what long holds then, and what it has resting next."""
DEEP = ("0.9604", "2325", "2400")
TAKE_PROFIT = "0.9596"
"""Of short's 75 at 1.00: 4 % and fees, down to the tick."""
ON_THE_WIRE = 4
"""Requests of one account that can be under way at once; a reopening here sends six or more."""


def test_a_stop_amid_a_reopening_lets_through_only_what_was_on_the_wire(
    make_desk: MakeDesk, simulator: RunningSimulator, tmp_path: Path
) -> None:
    """RI-3, RI-5, RI-7: whatever the policy; judged by what the venue received."""
    policies = {"careful": "CancelEntries", "icy": "Freeze", "gone": "Flatten"}
    fleet = StopFleet(make_desk, tmp_path / "fleet", policies)
    careful, icy, gone = fleet
    with slow_line(simulator.rest_url) as line:
        for desk in fleet:
            _prepare(desk, line.url, policies[desk.name])
        fleet.start()
        _go_deep(fleet)
        before = icy.count()
        released_at = _stop_amid_reopening(fleet, line)
        for desk in fleet:
            desk.until_stopped()
        kept_exits(careful, "2325")
        gone.settles({"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []})

        assert [len(adding(desk, before)) for desk in fleet] == [ON_THE_WIRE] * 3
        assert [desk.adding(before) for desk in fleet] == [[], [], []]
        for desk in fleet:
            assert late(desk, before, released_at) == [], desk.name
        assert writes(icy, before) == adding(icy, before)


def _stop_amid_reopening(fleet: StopFleet, line: SlowLine) -> datetime:
    """Stop all while their requests are on the wire; when these were let go."""
    for desk in fleet:
        desk.command("lose-acknowledgement", account=desk.name, path=AMEND, hang=True)
    line.hold()
    fleet.price(TAKE_PROFIT)
    for desk in fleet:
        key = f"sim-{desk.name}"
        desk.until(lambda key=key: line.held(AMEND, key) == ON_THE_WIRE, f"requests of {key}")
    for desk in fleet:
        desk.write(emergencyStop=True)
    for desk in fleet:
        desk.until((desk.state / STOP_FILE).exists, "the stop is on the disk")
    released_at = SystemClock().now()
    line.release()
    return released_at


def _prepare(desk: RunnerDesk, rest_url: str, policy: str) -> None:
    desk.grid = {"takeProfitPercent": 4}
    endpoints = {
        "rest": rest_url,
        "publicStream": desk.simulator.public_url,
        "privateStream": desk.simulator.private_url,
    }
    desk.write(endpoints=endpoints, emergency={"policy": policy})


def _go_deep(fleet: StopFleet) -> None:
    for desk in fleet:
        desk.settles({"long": LIFE[0].shows["long"], "short": LIFE[0].shows["short"]})
        desk.until_trading()
    for price, held, resting in (*WAY_DOWN, DEEP):
        fleet.price(price)
        for desk in fleet:
            desk.settles({"held": {"long": held, "short": "75"}})
            desk.until(lambda desk=desk, resting=resting: _rests(desk, resting), resting)
            desk.until(lambda desk=desk, held=held: desk.exits(Side.LONG)[0][0] == held, held)
            assert desk.exits(Side.SHORT) == [("75", TAKE_PROFIT)]


def _rests(desk: RunnerDesk, quantity: str) -> bool:
    """Long's next level rests, and so does its mirror."""
    sides = [desk.resting(side) for side in (Side.LONG, Side.SHORT)]
    return all(quantity in [row[1] for row in side] for side in sides)
