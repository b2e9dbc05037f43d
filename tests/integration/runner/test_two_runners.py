"""Two runners on one account: one trades, nothing is doubled, the other says why it stopped.

The runners share a simulator and nothing else; its ledger and request log judge them, and a twin
account that one runner had to itself the whole time.
"""

import signal
import subprocess
import sys
from collections import Counter
from typing import Any

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.pictures import identity_of, text
from support.runner_desk import CREATE, WRITES, RunnerDesk

RUN = "from botrunner.cli.app import main; main()"
KEY_CHECK = "/v5/user/query-api"
PATIENCE_SECONDS = 180


def test_a_file_started_twice_is_refused_in_one_line_and_sends_nothing(desk: RunnerDesk) -> None:
    """PR-8: the state folder has one holder; the second says which process that is."""
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()
    before = desk.count()
    state_dir = str(desk.folder / desk.state_dir)
    second = subprocess.run(
        [sys.executable, "-c", RUN, "run", "-f", str(desk.path), "--state-dir", state_dir],
        capture_output=True,
        text=True,
        cwd=desk.folder,
        timeout=PATIENCE_SECONDS,
    )

    assert desk.process is not None
    assert second.returncode == 1
    assert second.stdout == ""
    (line,) = second.stderr.splitlines()
    assert f"(process {desk.process.pid}) trades this account; end that one first" in line
    assert desk.requests(KEY_CHECK, *WRITES, after=before) == []
    assert desk.process.poll() is None


def test_the_higher_epoch_trades_and_the_lower_one_says_why_it_stopped(make_desk: MakeDesk) -> None:
    """PR-8: two folders know nothing of each other; the epochs in the order ids decide."""
    older, newer = make_desk(), make_desk()
    twin = make_desk(name="twin")
    for desk in (older, twin):
        desk.start()
        desk.settles(LIFE[0].shows)
        desk.until_trading()
    newer.start()
    newer.until_trading()
    _live(newer, twin)
    _is_fenced(older)

    _shows_the_same(newer, twin)
    _only_one_trades(newer, older)


def test_a_runner_that_was_stopped_in_its_sleep_wakes_up_fenced(make_desk: MakeDesk) -> None:
    """PR-8: SIGSTOP, a second runner lives on, SIGCONT: the first finds higher epochs."""
    asleep, awake = make_desk(), make_desk()
    twin = make_desk(name="twin")
    for desk in (asleep, twin):
        desk.start()
        desk.settles(LIFE[0].shows)
        desk.until_trading()
    asleep.send(signal.SIGSTOP)
    awake.start()
    awake.until_trading()
    _live(awake, twin)
    asleep.send(signal.SIGCONT)
    _is_fenced(asleep)
    awake.until_trading()

    _shows_the_same(awake, twin)
    _only_one_trades(awake, asleep)


def _live(*desks: RunnerDesk) -> None:
    for moment in LIFE[1:]:
        desks[0].price(moment.price)
        for desk in desks:
            desk.settles(moment.shows)


def _is_fenced(desk: RunnerDesk) -> None:
    desk.until(lambda: desk.condition("TradingEnabled").get("reason") == "HigherEpoch", "fenced")
    message = desk.condition("TradingEnabled")["message"]

    assert "trades this account; this one has stopped" in message
    assert '"HigherEpoch"' in desk.output()


def _shows_the_same(desk: RunnerDesk, twin: RunnerDesk) -> None:
    desk.settles(twin.picture())

    assert _fills(desk.ledger()) == _fills(twin.ledger())


def _only_one_trades(left: RunnerDesk, fenced: RunnerDesk) -> None:
    """One more move: whoever is fenced sends nothing, even though it still runs and listens."""
    before, said = left.count(), len(fenced.output())
    left.price("0.9861")
    left.settles({"held": {"long": "225", "short": "75"}, "longExit": [("225", "0.9998")]})
    placed = [_epoch(row) for row in left.requests(CREATE, after=before)]

    assert set(placed) == {int(left.status()["runner"]["epoch"])}
    assert '"request"' not in fenced.output()[said:]
    assert fenced.process is not None and fenced.process.poll() is None


def _epoch(request: dict[str, Any]) -> int | None:
    identity = identity_of({"linkId": request["body"]["orderLinkId"]})
    return identity.epoch if identity is not None else None


def _fills(ledger: dict[str, Any]) -> Counter[tuple[str, str, int, str, str]]:
    """Who filled how much of what at which price; an order filled twice would count twice."""
    found: Counter[tuple[str, str, int, str, str]] = Counter()
    for order in (*ledger["closedOrders"], *ledger["openOrders"]):
        identity = identity_of(order)
        if identity is not None and order["filledQuantity"] != "0":
            quantity, price = text(order["filledQuantity"]), text(order["price"])
            place = (identity.side.value, identity.purpose.value, identity.level)
            found[(*place, quantity, price)] += 1
    return found
