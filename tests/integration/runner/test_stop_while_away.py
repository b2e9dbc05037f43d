"""A stop that was set while nobody ran holds from the next life's first request."""

from pathlib import Path

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.stop_fleet import STOP_FILE, StopFleet, adding, kept_exits, writes


def test_a_stop_set_while_the_runner_was_away_holds_from_its_first_request(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    """RI-5, RI-8: fills and a take-profit came meanwhile; exits are set right, nothing reopens."""
    fleet = StopFleet(make_desk, tmp_path / "fleet", ("edited", "filed", "icy", "gone"))
    edited, filed, icy, gone = fleet
    fleet.start()
    fleet.settle(LIFE[0])
    fleet.kill()
    before = icy.count()
    fleet.price("0.9896")
    edited.write(emergencyStop=True)
    (filed.state / STOP_FILE).write_text("")
    icy.write(emergencyStop=True, emergency={"policy": "Freeze"})
    gone.write(emergencyStop=True, emergency={"byCause": {"person": "Flatten"}})
    fleet.start()
    for desk in fleet:
        desk.until_stopped()
    kept_exits(edited, "225")
    kept_exits(filed, "225")
    gone.settles({"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []})
    icy.until(lambda: icy.condition("Protected").get("reason") == "Frozen", "icy has recovered")

    assert [adding(desk, before) for desk in fleet] == [[], [], [], []]
    assert writes(icy, before) == []
    assert icy.picture() == {
        "held": {"long": "225"},
        "long": [],
        "short": [(1, "150", "1.01")],
        "longExit": [("75", "1.0105")],
        "shortExit": [],
    }
