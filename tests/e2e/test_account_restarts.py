"""What a runner does after it was killed: the same levels, nothing twice, protected at once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from botrunner.service.clock import SystemClock
from support.fleet_desk import FleetDesk, received_at
from support.grid_life import LIFE
from support.person import Person

pytestmark = pytest.mark.cluster

PROTECTED_WITHIN = timedelta(seconds=10)
Kill = Callable[[FleetDesk], None]


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(FleetDesk.kill_pod, id="pod"),
        pytest.param(FleetDesk.kill_container, id="container"),
    ],
)
def test_a_killed_runner_finds_its_levels_again_and_protects_them_first(
    desk: FleetDesk, kill: Kill
) -> None:
    """GR-41, GR-45, KU-11: with filled levels, and the exits lost while it was away."""
    desk.apply()
    for moment in LIFE[:2]:
        desk.price(moment.price)
        desk.settles(moment.shows)
    desk.until_covered()
    desk.until_ready()
    before, epoch = desk.count(), desk.epoch()
    picture = desk.picture()
    kill(desk)
    # While it is away, or as it comes: either way the exits have to be found missing.
    Person(desk).cancel_exits()
    cancelled_at = SystemClock().now()
    desk.until(lambda: desk.epoch() > epoch, "a new life has reported")
    desk.settles(picture)
    desk.until_reason("Protected", "AsExpected")

    assert desk.adding(before) == []
    started = datetime.fromisoformat(desk.status()["runner"]["started"])
    exits = desk.exits_placed(before)
    assert len(exits) == 2
    for row in exits:
        assert received_at(row) - max(started, cancelled_at) < PROTECTED_WITHIN
