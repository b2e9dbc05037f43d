"""Lost answers and lost streams, judged by what the venue received and holds."""

import itertools
from collections import Counter
from typing import Any

from support.grid_life import LIFE
from support.runner_desk import CREATE, RunnerDesk


def _started(desk: RunnerDesk) -> None:
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()


def _placed(desk: RunnerDesk, after: int) -> Counter[tuple[Any, ...]]:
    answered = desk.requests(CREATE, after=after)
    rows = [r["body"] for r in answered if (r["retCode"], r["httpStatus"]) == (0, 200)]
    return Counter((row["side"], row["positionIdx"], row["qty"], row["price"]) for row in rows)


def test_an_unknown_placement_that_was_accepted_is_not_repeated(desk: RunnerDesk) -> None:
    """EX-2: the answer is lost, the order rests; it is found by reading."""
    _started(desk)
    before = desk.count()
    desk.command("lose-acknowledgement", account=desk.name)
    desk.price("0.99")
    desk.settles(LIFE[1].shows)

    assert set(_placed(desk, before).values()) == {1}


def test_an_unknown_placement_that_never_arrived_is_placed_once_more(desk: RunnerDesk) -> None:
    """EX-2: a 500 leaves it open; the read finds it nowhere, then it is placed under another id."""
    _started(desk)
    before = desk.count()
    desk.command("answer", path=CREATE, account=desk.name, httpStatus=500)
    desk.price("0.99")
    desk.settles(LIFE[1].shows)

    ids = [row["body"]["orderLinkId"] for row in desk.requests(CREATE, after=before)]
    assert len(ids) == len(set(ids))
    assert set(_placed(desk, before).values()) == {1}


def test_fills_during_a_lost_stream_are_reconciled(desk: RunnerDesk) -> None:
    """EX-9, GR-41: two levels fill while nobody tells; afterwards everything is as it should be."""
    _started(desk)
    desk.command("refuse-handshake", stream="private", status=503, count=2)
    desk.command("cut", stream="private", account=desk.name, how="abort")
    for moment in LIFE[1:3]:
        desk.price(moment.price)

    desk.settles(LIFE[2].shows)
    desk.until_trading()


def test_a_frozen_stream_is_noticed_and_reconciled(desk: RunnerDesk) -> None:
    """EX-8: a half-open connection says nothing; the account is read all the same (GR-48)."""
    _started(desk)
    desk.command("freeze", stream="private", account=desk.name)
    desk.price("0.99")

    desk.settles(LIFE[1].shows)


def test_starvation_and_back(desk: RunnerDesk) -> None:
    """GR-22, GR-36: no money, no level on either side; money comes, both follow."""
    desk.command("money", account=desk.name, amount="-9993")
    desk.start()
    desk.until(lambda: desk.held() == {"long": "75", "short": "75"})
    desk.until(lambda: _strategy(desk).get("state") == "Starved", "Starved")

    assert _strategy(desk)["reason"] == "Money"
    assert desk.picture()["long"] == desk.picture()["short"] == []
    desk.until(desk.exits_rest, "the exits")
    desk.command("money", account=desk.name, amount="9000")
    desk.settles(LIFE[0].shows)
    desk.until(lambda: _strategy(desk).get("state") == "Trading", "Trading")


def _strategy(desk: RunnerDesk) -> dict[str, Any]:
    return dict(next(iter(desk.status().get("strategies", ())), {}))


def test_ids_are_never_used_twice_over_restarts(desk: RunnerDesk) -> None:
    """EX-3: each life has an epoch of its own, higher than the one before."""
    epochs = []
    for _ in range(3):
        desk.start()
        desk.settles(LIFE[0].shows)
        desk.until_trading()
        epochs.append(desk.epoch())
        desk.kill()

    assert all(one < other for one, other in itertools.pairwise(epochs))
    ids = [row["body"]["orderLinkId"] for row in desk.requests(CREATE)]
    assert len(ids) == len(set(ids))
