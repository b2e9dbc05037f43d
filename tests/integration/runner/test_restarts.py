"""kill -9 at each step of a grid's life, against a twin that was never interrupted.

Both trade at one simulator, so both see the same prices; the venue's ledger compares them.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from botrunner.domain.side import Side
from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.pictures import identity_of, text
from support.runner_desk import RunnerDesk


@pytest.mark.parametrize("step", range(len(LIFE)))
def test_a_killed_runner_ends_where_its_twin_does(make_desk: MakeDesk, step: int) -> None:
    """GR-41, GR-42, property 4: killed in the middle of a step and at rest, all state lost."""
    killed, twin = make_desk(name="killed"), make_desk(name="twin")
    for desk in (killed, twin):
        desk.start()
        desk.settles(LIFE[0].shows)
    for number, moment in enumerate(LIFE):
        killed.price(moment.price)
        if number == step:
            _kill_and_forget(killed)
        for desk in (killed, twin):
            desk.settles(moment.shows)
        if number == step:
            _kill_and_forget(killed)

    assert killed.picture() == twin.picture()
    assert _fills(killed) == _fills(twin)


def test_a_restart_keeps_what_rests_as_it_should(desk: RunnerDesk) -> None:
    """GR-41: an order that is what should rest is kept; nothing is cancelled and placed anew."""
    desk.start()
    for moment in LIFE[:4]:
        desk.price(moment.price)
        desk.settles(moment.shows)
    resting = {order["orderId"]: order["updatedAt"] for order in desk.ledger()["openOrders"]}
    before = desk.count()
    _kill_and_forget(desk)
    desk.until_trading()
    desk.until(lambda: desk.requests("/v5/order/realtime", after=before))

    found = {order["orderId"]: order["updatedAt"] for order in desk.ledger()["openOrders"]}
    assert found == resting


def test_a_partial_fill_cut_by_a_restart_is_completed(desk: RunnerDesk) -> None:
    """GR-46, GR-42: the filled part counts, its exit covers it, the remainder rests."""
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.command("book", symbol="XRPUSDT", bids=[["0.9898", "1000"]], asks=[["0.9899", "40"]])
    desk.until(lambda: desk.held() == {"long": "115", "short": "75"}, "a part of 150 is filled")
    _kill_and_forget(desk)
    desk.until_trading()
    desk.until(lambda: sum(int(q) for q, _ in desk.exits(Side.LONG)) == 115, "the exit covers it")

    (level_1,) = [o for o in desk.ledger()["openOrders"] if _is_entry(o, level=1, side="long")]
    assert text(level_1["leavesQuantity"]) == "110"


def test_sigterm_leaves_orders_resting_and_ends_in_time(desk: RunnerDesk) -> None:
    """GR-52: the process ends by itself, with a last report; what rests stays."""
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()

    assert desk.terminate() == 0
    assert desk.condition("TradingEnabled")["reason"] == "Suspended"
    picture = desk.picture()
    assert picture["long"] == LIFE[0].shows["long"]
    assert picture["longExit"] == [("75", "1.0105")]


def _kill_and_forget(desk: RunnerDesk) -> None:
    desk.kill()
    shutil.rmtree(desk.state, ignore_errors=True)
    desk.start()


def _fills(desk: RunnerDesk) -> Counter[tuple[Any, ...]]:
    """Who filled how much of what: quantities by order, so that parts of a fill do not matter."""
    found: Counter[tuple[Any, ...]] = Counter()
    ledger = desk.ledger()
    for order in (*ledger["closedOrders"], *ledger["openOrders"]):
        identity = identity_of(order)
        if identity is not None and order["filledQuantity"] != "0":
            place = (identity.side.value, identity.purpose.value, identity.level)
            found[(*place, text(order["filledQuantity"]), text(order["price"]))] += 1
    return found


def _is_entry(order: dict[str, Any], *, level: int, side: str) -> bool:
    identity = identity_of(order)
    if identity is None:
        return False
    return (identity.level, identity.side.value, identity.purpose.value) == (level, side, "entry")


@pytest.mark.parametrize(
    "ruin",
    [
        pytest.param(
            lambda path, text: path.write_text(text.replace("leverage: 75", "leverage: many")),
            id="wrong field",
        ),
        pytest.param(lambda path, text: path.write_text("spec: [1"), id="no yaml"),
        pytest.param(lambda path, text: path.unlink(), id="missing"),
    ],
)
def test_a_start_with_a_ruined_file_goes_by_the_copy_and_adds_nothing(
    desk: RunnerDesk, ruin: Callable[[Path, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """RI-6: exits are managed, entries wait until the file can be followed again.

    Where the Secret went with the file, the keys are those of the environment.
    """
    monkeypatch.setenv("ALICE_BYBIT_API_KEY", "sim-alice")
    monkeypatch.setenv("ALICE_BYBIT_API_SECRET", "sim-alice-secret")
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until((desk.state / "account.yaml").exists, "the copy")
    desk.kill()
    good = desk.path.read_text()
    ruin(desk.path, good)
    before = desk.count()
    desk.start()
    desk.until(lambda: desk.condition("TradingEnabled").get("reason") == "ApiUnreachable")
    desk.price("0.99")
    desk.until(lambda: desk.exits(Side.LONG) == [("225", "1.0037")], "the exit follows the fill")

    assert desk.adding(before) == []
    desk.path.write_text(good)
    desk.settles(LIFE[1].shows)
