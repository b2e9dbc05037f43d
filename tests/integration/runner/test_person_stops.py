"""A person stops an account without a cluster: by the field, by the file, by a broken file.

What a stop promises is judged by what the venue received.
"""

from typing import Any

import pytest

from botrunner.service.clock import SystemClock
from support.grid_life import LIFE
from support.runner_desk import CREATE, WRITES, RunnerDesk
from support.stop_fleet import late


def _started(desk: RunnerDesk, **spec: Any) -> None:
    desk.write(**spec)
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_covered()
    desk.until_trading()


def test_cancel_entries_keeps_the_exits(desk: RunnerDesk) -> None:
    """RI-1, RI-3: entries go, take-profits stay; nothing that adds exposure is received."""
    _started(desk)
    before = desk.count()
    desk.write(emergencyStop=True)
    stop = desk.until_stopped()

    assert (stop["cause"], stop["policy"], stop["latched"]) == ("person", "CancelEntries", False)
    desk.settles({"long": [], "short": [], "longExit": [("75", "1.0105")]})
    desk.price("0.9896")
    desk.settles({"held": {"long": "75"}, "shortExit": []})
    assert desk.adding(before) == []


def test_freeze_sends_no_order_request_not_even_over_a_restart(desk: RunnerDesk) -> None:
    """RI-3: under Freeze everything rests as it is, whatever fills, and over kill -9."""
    _started(desk, emergency={"policy": "Freeze"})
    before = desk.count()
    desk.write(emergencyStop=True)
    desk.until_stopped()
    desk.price("0.99")
    desk.until(lambda: desk.held() == {"long": "225", "short": "75"})
    desk.kill()
    (desk.state / "status.yaml").unlink()
    desk.start()
    stop = desk.until(
        lambda: desk.emergency() and desk.condition("Protected")["reason"] == "Frozen"
    )

    assert stop
    assert desk.requests(*WRITES, after=before) == []


def test_flatten_closes_everything_and_says_so_after_a_read(desk: RunnerDesk) -> None:
    """RI-3: cancel all, close both sides at the market, verified."""
    _started(desk, emergency={"byCause": {"person": "Flatten"}})
    desk.write(emergencyStop=True)
    stop = desk.until_stopped()

    assert stop["policy"] == "Flatten"
    assert desk.picture() == {"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []}


def test_taking_the_stop_back_lets_the_grid_go_on(desk: RunnerDesk) -> None:
    """RI-2: a person's stop ends when the person takes it back; the levels return."""
    _started(desk)
    desk.write(emergencyStop=True)
    desk.until_stopped()
    desk.write(emergencyStop=None)

    desk.settles(LIFE[0].shows)
    assert desk.until(lambda: not desk.emergency())
    assert not (desk.state / ".emergency_stop").exists()


def test_a_file_that_a_person_made_stops_until_it_is_deleted(desk: RunnerDesk) -> None:
    """RI-8."""
    _started(desk)
    (desk.state / ".emergency_stop").write_text("the boiler is leaking\n")
    stop = desk.until_stopped()

    assert (stop["cause"], stop["reason"]) == ("person", "file .emergency_stop")
    assert (desk.state / ".emergency_stop").read_text() == "the boiler is leaking\n"
    (desk.state / ".emergency_stop").unlink()
    desk.settles(LIFE[0].shows)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda text: text.replace("XRPUSDT", "xrp/usdt"), id="wrong field"),
        pytest.param(lambda text: text.replace("  strategies:", "strategies"), id="no yaml"),
        pytest.param(lambda text: text.replace("initialMargin: 1", "oops: [1"), id="open bracket"),
    ],
)
def test_a_file_that_cannot_be_followed_still_stops(desk: RunnerDesk, edit: Any) -> None:
    """RI-1, RI-8: the stop is read before and apart from the rest, and holds over kill -9."""
    _started(desk)
    desk.write(emergencyStop=True)
    broken = edit(desk.path.read_text())
    desk.write(emergencyStop=None)
    desk.path.write_text(broken)
    stop = desk.until_stopped()

    assert stop["cause"] == "person"
    desk.settles({"long": [], "short": [], "longExit": [("75", "1.0105")]})


def test_a_stop_amid_a_reopening_lets_nothing_add_exposure_after_a_second(
    desk: RunnerDesk,
) -> None:
    """RI-5: slow REST and a lost acknowledgement under way; judged by what was received."""
    _started(desk)
    for moment in LIFE[1:4]:
        desk.price(moment.price)
        desk.settles(moment.shows)
    desk.command("lose-acknowledgement", account=desk.name, hang=True)
    desk.command("delay", milliseconds=800, path=CREATE, count=None, account=desk.name)
    before = desk.count()
    desk.price("0.9961")
    desk.until(lambda: desk.adding(before), "the reopening's first order")
    desk.write(emergencyStop=True)
    stopped_at = SystemClock().now()
    desk.until_stopped()

    assert late(desk, before, stopped_at) == []
    desk.command("clear")
    desk.settles({"long": [], "short": []})
