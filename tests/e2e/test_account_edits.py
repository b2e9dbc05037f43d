"""Edits of an account that trades: at once, when flat, and a strategy that leaves the list."""

from collections.abc import Callable

import pytest

from botrunner.domain.side import Side
from support.fleet_desk import FleetDesk
from support.fleet_scenario import SYMBOLS
from support.grid_life import LIFE
from support.runner_desk import CREATE

pytestmark = pytest.mark.cluster

MakeDesk = Callable[..., FleetDesk]
OTHER = SYMBOLS[1]


def test_a_new_take_profit_amends_the_order_that_rests_in_the_same_pod(desk: FleetDesk) -> None:
    """KU-13, GR-46: live means live."""
    desk.apply()
    desk.settles({**LIFE[0].shows, "longExit": [("75", "1.0105")]})
    desk.until_covered()
    desk.until_ready()
    before, pod, orders = desk.count(), desk.pod_uid(), desk.exit_orders()
    desk.apply_account(strategies=[desk.strategy(takeProfitPercent=2)])
    desk.settles({"longExit": [("75", "1.0205")], "shortExit": [("75", "0.9796")]})
    after = desk.exit_orders()

    assert {side: row[0] for side, row in after.items()} == {
        side: row[0] for side, row in orders.items()
    }
    assert desk.requests(CREATE, after=before) == []
    assert (desk.pod_uid(), desk.restarts()) == (pod, 0)


def test_a_new_margin_waits_until_flat_also_over_a_killed_pod(desk: FleetDesk) -> None:
    """GR-2, KU-13: the status holds the applied value, and recovery reads that."""
    desk.apply()
    desk.settles(LIFE[0].shows)
    desk.until_ready()
    epoch = desk.epoch()
    desk.apply_account(strategies=[desk.strategy(initialMargin=2)])
    desk.kill_pod()
    desk.until(lambda: desk.epoch() > epoch, "a new life has reported")
    desk.price("0.99")
    desk.settles(LIFE[1].shows)
    (strategy,) = desk.status()["strategies"]
    assert strategy["applied"]["initialMargin"] == 1

    desk.patch(emergencyStop=True, emergency={"byCause": {"person": "Flatten"}})
    desk.until_stopped()
    desk.price("1.00")
    desk.patch(emergencyStop=None)
    desk.settles({"held": {"long": "150", "short": "150"}, "long": [(1, "300", "0.99")]})
    desk.until(
        lambda: desk.status()["strategies"][0]["applied"]["initialMargin"] == 2, "2 is applied"
    )


def test_a_strategy_that_left_the_list_keeps_its_exits_until_it_is_flat(
    make_desk: MakeDesk,
) -> None:
    """KU-27: entries go, the exit stays and is managed; the other strategy trades on."""
    leaving = make_desk(name="alice")
    staying = make_desk(name="alice", symbol=OTHER)
    both = [leaving.strategy(name="xrp"), staying.strategy(name="other")]
    leaving.apply(strategies=both)
    for desk in (leaving, staying):
        desk.settles(LIFE[0].shows)
    leaving.price("0.99")
    leaving.settles(LIFE[1].shows)
    before = leaving.count()
    leaving.apply_account(strategies=both[1:])
    leaving.settles({"long": [], "short": [], "shortExit": [("75", "0.9896")]})
    assert leaving.exit_orders()["long"][1] == "225"

    leaving.price("0.9896")
    leaving.settles({"held": {"long": "225"}, "shortExit": []})
    leaving.price("1.01")
    leaving.settles({"held": {}, "longExit": []})
    leaving.until(
        lambda: [s["name"] for s in leaving.status()["strategies"]] == ["other"], "it is gone"
    )

    added = {row["body"]["symbol"] for row in leaving.adding(before)}
    assert leaving.symbol not in added
    assert staying.resting(Side.LONG) == [(1, "150", "0.99")]
    assert leaving.restarts() == 0
