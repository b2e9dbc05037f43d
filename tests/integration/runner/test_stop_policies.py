"""What each policy does with an account, and that no stop reaches another account.

Five accounts trade in one process; four of them are stopped, each by another hand.
"""

from pathlib import Path

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.stop_fleet import ANNOTATION, STOP_FILE, StopFleet, adding, kept_exits, writes

NOTHING: dict[str, object] = {"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []}
"""What the venue shows of an account that is flat."""


def test_each_policy_holds_for_its_own_account_and_no_other(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    """RI-1, RI-3, RI-7, RI-8: annotation, a file that cannot be followed, none at all, field."""
    fleet = StopFleet(make_desk, tmp_path / "fleet", ("careful", "icy", "gone", "blind", "free"))
    careful, icy, gone, blind, free = fleet
    icy.write(emergency={"policy": "Freeze"})
    gone.write(emergency={"policy": "Freeze", "byCause": {"person": "Flatten"}})
    fleet.start()
    fleet.settle(LIFE[0])
    before = free.count()
    text = careful.path.read_text()
    note = f"metadata:\n  name: careful\n  annotations: {{{ANNOTATION}: 'yes please'}}"
    careful.path.write_text(text.replace("metadata:\n  name: careful", note))
    icy.write(emergencyStop=True, exchange="nowhere", reconcileSeconds="often")
    gone.write(emergencyStop=True)
    blind.path.unlink()
    (blind.state / STOP_FILE).write_text("I cannot find the file any more\n")
    stops = {desk.name: desk.until_stopped() for desk in (careful, icy, gone, blind)}
    for desk in (careful, blind):
        kept_exits(desk, "75", "75")
    fleet.price("0.99")
    free.settles(LIFE[1].shows)

    assert {name: stop["policy"] for name, stop in stops.items()} == {
        "careful": "CancelEntries",
        "icy": "Freeze",
        "gone": "Flatten",
        "blind": "CancelEntries",
    }
    assert ANNOTATION in stops["careful"]["reason"]
    assert [adding(desk, before) for desk in (careful, icy, gone, blind)] == [[], [], [], []]
    assert writes(icy, before) == []
    assert icy.held() == {"long": "225", "short": "75"}
    assert gone.picture() == NOTHING
    assert careful.held() == {"long": "75", "short": "75"}
    assert free.emergency() == {}

    icy.write(emergency={"policy": "Flatten"})
    icy.settles(NOTHING)

    assert adding(icy, before) == []
