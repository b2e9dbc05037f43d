"""A lost private stream: entries wait at once, and a stop is latched when it stays lost."""

from pathlib import Path

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.runner_desk import RunnerDesk
from support.stop_fleet import STOP_FILE, StopFleet, adding, kept_exits

SOON = {"privateMaxAttempts": 1, "privateLatchSeconds": 10}
PASSING = "Params Error"
"""How the venue words a refused sign-in that may succeed later."""


def test_a_lost_private_stream_latches_and_one_that_comes_back_in_time_does_not(
    make_desk: MakeDesk, tmp_path: Path
) -> None:
    """RI-1, RI-7, RI-8: attempts and seconds exceeded, or only the attempts; each by itself."""
    fleet = StopFleet(make_desk, tmp_path / "fleet", ("lost", "flat", "back", "calm"))
    lost, flat, back, calm = fleet
    lost.write(streams=SOON)
    flat.write(streams=SOON, emergency={"byCause": {"stream": "Flatten"}})
    back.write(streams={"privateMaxAttempts": 1, "privateLatchSeconds": 3600})
    fleet.start()
    fleet.settle(LIFE[0])
    before = lost.count()
    _lose_stream(lost, attempts=None)
    _lose_stream(flat, attempts=None)
    _lose_stream(back, attempts=2)
    fleet.price("0.99")
    for desk in (calm, back):
        desk.settles(LIFE[1].shows)
    stop = lost.until(lost.emergency, "the latch")
    kept_exits(lost, "225", "75")
    flat.settles({"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []})

    assert (stop["cause"], stop["latched"]) == ("stream", True)
    assert [adding(desk, before) for desk in (lost, flat)] == [[], []]
    assert [desk.emergency() for desk in (back, calm)] == [{}, {}]
    assert _events(back, "PrivateStreamAttemptFailed") >= 2
    (read, *_) = back.requests("/v5/order/realtime", after=before)
    assert all(row["number"] > read["number"] for row in adding(back, before))

    (lost.state / STOP_FILE).unlink()
    new = lost.until(lambda: _other_stop(lost, stop["id"]), "still lost: the next stop")
    fleet.kill()
    lost.command("clear")
    fleet.start()
    lost.until(lambda: _events(lost, "PrivateStreamRestored") == 2, "the stream is back")
    lost.until(lambda: lost.emergency().get("id") == new, "the stop holds over kill -9")

    assert (lost.state / STOP_FILE).read_text().splitlines()[0] == new
    assert adding(lost, before) == []

    (lost.state / STOP_FILE).unlink()
    lost.settles(LIFE[1].shows)


def _lose_stream(desk: RunnerDesk, *, attempts: int | None) -> None:
    desk.command("refuse-sign-in", account=desk.name, code=10000, message=PASSING, count=attempts)
    desk.command("cut", account=desk.name, stream="private")


def _other_stop(desk: RunnerDesk, emergency_id: str) -> str:
    present = str(desk.emergency().get("id", ""))
    return present if present != emergency_id else ""


def _events(desk: RunnerDesk, event: str) -> int:
    found = ((record.get("account"), record.get("event")) for record in desk.records())
    return sum(each == (desk.name, event) for each in found)
