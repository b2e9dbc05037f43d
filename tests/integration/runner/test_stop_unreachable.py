"""An account whose file cannot be read: entries wait after a while, and a stop acts on return."""

import pytest

from support.grid_life import LIFE
from support.runner_desk import RunnerDesk
from support.stop_fleet import adding, kept_exits


@pytest.mark.nightly
def test_an_account_that_cannot_be_read_opens_nothing_and_stops_on_return(
    desk: RunnerDesk,
) -> None:
    """RI-14: after 30 s entries wait, exits go on; a stop set meanwhile acts on the reconnect."""
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()
    desk.path.unlink()
    desk.until(lambda: desk.condition("TradingEnabled").get("reason") == "ApiUnreachable")
    before = desk.count()
    desk.price("0.99")
    desk.until(lambda: desk.picture()["longExit"] == [("225", "1.0037")], "the exit follows")
    desk.write(emergencyStop=True)
    stop = desk.until_stopped()
    kept_exits(desk, "225", "75")

    assert stop["cause"] == "person"
    assert adding(desk, before) == []
