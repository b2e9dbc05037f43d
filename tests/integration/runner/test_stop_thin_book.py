"""Flatten where the market cannot take everything at once."""

from support.grid_life import LIFE
from support.runner_desk import CREATE, RunnerDesk
from support.stop_fleet import adding


def test_flatten_goes_on_until_a_thin_market_has_taken_everything(desk: RunnerDesk) -> None:
    """RI-3: both legs at once, again once a second, and not complete while anything is held."""
    desk.write(emergency={"policy": "Flatten"})
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()
    before = desk.count()
    _book(desk, bids=30, asks=20)
    desk.write(emergencyStop=True)
    desk.until(lambda: desk.held() == {"long": "45", "short": "55"}, "what the book could take")
    first = [row["body"]["positionIdx"] for row in desk.requests(CREATE, after=before)][:2]
    stop = desk.until(desk.emergency, "the stop is reported")
    _book(desk, bids=1000, asks=1000)
    desk.until_stopped()

    assert sorted(first) == [1, 2]
    assert stop["complete"] is False
    assert desk.held() == {}
    assert adding(desk, before) == []


def _book(desk: RunnerDesk, *, bids: int, asks: int) -> None:
    """A market of one level a side around 1.00."""
    desk.command(
        "book", symbol="XRPUSDT", bids=[["0.9999", str(bids)]], asks=[["1.0001", str(asks)]]
    )
