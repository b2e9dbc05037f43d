"""An edit of the file is a patch: parameters and keys act live, the rest waits and is named."""

from support.grid_life import LIFE
from support.runner_desk import XRP, RunnerDesk

GRID = {"leverage": 75, "initialMargin": 1, "entryTimeoutSeconds": 2}


def _started(desk: RunnerDesk) -> None:
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()


def _edit(desk: RunnerDesk, name: str = "xrp", **grid: object) -> None:
    desk.write(strategies=[{"name": name, "symbol": XRP, "grid": GRID | grid}])


def test_step_and_take_profit_act_at_once_by_amendment(desk: RunnerDesk) -> None:
    """GR-46, KU-13: the orders that rest are amended, none is placed anew."""
    _started(desk)
    ids = set(desk.resting_ids())
    _edit(desk, stepPercent=2, takeProfitPercent=2)

    desk.settles(
        {
            "long": [(1, "150", "0.98")],
            "short": [(1, "150", "1.02")],
            "longExit": [("75", "1.0205")],
        }
    )
    assert set(desk.resting_ids()) == ids


def test_margin_waits_for_flat_and_the_status_says_so(desk: RunnerDesk) -> None:
    """GR-2: applied and waiting values are shown; nothing that rests changes."""
    _started(desk)
    before = desk.picture()
    _edit(desk, initialMargin=3)
    desk.until(lambda: "initialMargin 3 waits" in desk.status()["strategies"][0]["message"])

    assert desk.status()["strategies"][0]["applied"]["initialMargin"] == 1
    assert desk.picture() == before


def test_keys_of_another_account_are_not_used(desk: RunnerDesk) -> None:
    """KU-26: nothing is sent to the account that the new keys open."""
    _started(desk)
    text = desk.path.read_text()
    desk.path.write_text(text.replace("sim-alice", "sim-mallory"))
    desk.until(lambda: desk.condition("CredentialsReady").get("reason") == "AccountChanged")

    sent = [row for row in desk.read("requests?account=mallory")["requests"]]
    assert {row["method"] for row in sent} <= {"GET"}
    desk.path.write_text(text)
    desk.price("0.99")
    desk.settles(LIFE[1].shows)


def test_a_field_that_needs_a_restart_is_named_in_the_status(desk: RunnerDesk) -> None:
    """KU-13."""
    _started(desk)
    desk.write(initialBalance=5)

    desk.until(lambda: desk.status()["runner"]["pendingRestart"] == ["spec.initialBalance"])


def test_a_strategy_that_left_the_list_keeps_its_exits_over_a_restart(desk: RunnerDesk) -> None:
    """KU-27: entries go, exits stay and are managed; another life still knows it."""
    _started(desk)
    grid = GRID | {"leverage": 10}
    desk.write(strategies=[{"name": "doge", "symbol": "DOGEUSDT", "grid": grid}])
    desk.settles({"long": [], "short": [], "longExit": [("75", "1.0105")]})
    desk.until(lambda: "RetiringStrategies" in (desk.state / "account.yaml").read_text())
    desk.kill()
    desk.start()
    desk.until(lambda: desk.epoch() != desk.last_epoch, "the next life")
    desk.price("0.9896")

    desk.settles({"held": {"long": "75"}, "longExit": [("75", "1.0105")], "shortExit": []})
