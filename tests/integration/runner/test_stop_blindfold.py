"""A stop while recovery cannot end: the venue does not tell the history."""

from pathlib import Path

from botrunner.domain.side import Side
from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.stop_fleet import StopFleet, adding

HISTORY = "/v5/execution/list"


def test_a_stop_is_carried_out_while_the_history_cannot_be_read(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    """RI-3, RI-8: what can add exposure goes and positions close, recovered or not."""
    fleet = StopFleet(make_desk, tmp_path / "fleet", ("careful", "gone"))
    careful, gone = fleet
    gone.write(emergency={"policy": "Flatten"})
    fleet.start()
    fleet.settle(LIFE[0])
    fleet.kill()
    for desk in fleet:
        desk.write(emergencyStop=True)
        desk.command("answer", account=desk.name, path=HISTORY, code=10016, count=None)
    before = careful.count()
    fleet.start()
    gone.settles({"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []})
    careful.settles({"long": [], "short": [], "longExit": [("75", "1.0105")]})

    assert [adding(desk, before) for desk in fleet] == [[], []]
    assert careful.exits(Side.SHORT) == [("75", "0.9896")]
