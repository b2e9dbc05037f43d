"""Position mode, leverage and margin mode changed by other hands under a living runner (GR-10).

The other hands are pybit with the account's own keys; what follows is judged by the simulator.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pybit.unified_trading import HTTP

from support.grid_life import LIFE
from support.runner_desk import CREATE, XRP, RunnerDesk

SWITCH = "/v5/position/switch-mode"
ONE_WAY, HEDGE = 0, 3
NOTHING: dict[str, object] = {"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []}


@contextmanager
def other_hands(desk: RunnerDesk) -> Iterator[Any]:
    """A person with the account's keys."""
    session = HTTP(api_key=f"sim-{desk.name}", api_secret=f"sim-{desk.name}-secret")
    session.endpoint = desk.simulator.rest_url
    with session.client:
        yield session


def _started(desk: RunnerDesk) -> None:
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()


def _flattened(desk: RunnerDesk) -> None:
    """Stopped by a person, with nothing on the symbol."""
    desk.write(emergency={"policy": "Flatten"})
    _started(desk)
    desk.write(emergencyStop=True)
    desk.until_stopped()
    desk.settles(NOTHING)


def _resumed(desk: RunnerDesk) -> int:
    """The stop is taken back; the number of the last request before."""
    before = desk.count()
    desk.write(emergencyStop=False)
    return before


def _mode_refusals(desk: RunnerDesk, after: int) -> list[dict[str, Any]]:
    return [row for row in desk.requests(CREATE, after=after) if row["retCode"] == 10001]


def _set_hedge(desk: RunnerDesk, after: int) -> list[dict[str, Any]]:
    return [row for row in desk.requests(SWITCH, after=after) if row["body"]["mode"] == HEDGE]


def _until_mode_refused(desk: RunnerDesk) -> str:
    """What the condition says then."""

    def told() -> str | None:
        condition = desk.condition("TradingEnabled")
        return condition["message"] if condition.get("reason") == "ModeRefused" else None

    return desk.until(told, "ModeRefused")


def test_a_mode_that_was_switched_while_flat_is_set_anew_and_trading_goes_on(
    desk: RunnerDesk,
) -> None:
    """GR-10: one refused pair, one preparation, no stop."""
    _flattened(desk)
    with other_hands(desk) as person:
        person.switch_position_mode(category="linear", symbol=XRP, mode=ONE_WAY)
    before = _resumed(desk)
    desk.settles(LIFE[0].shows)
    desk.until_trading()

    assert 1 <= len(_mode_refusals(desk, before)) <= 2
    assert len(_set_hedge(desk, before)) in (1, 2)
    assert desk.emergency() == {}
    assert "SettingChanged" in desk.output()


def test_a_mode_that_does_not_hold_is_a_condition_and_no_loop_of_requests(
    desk: RunnerDesk,
) -> None:
    """GR-10, RI-1: refused again and again, entries wait for the interval; it heals by itself."""
    _flattened(desk)
    words = "position idx not match position mode"
    desk.command("answer", account=desk.name, path=CREATE, code=10001, message=words, count=None)
    before = _resumed(desk)
    told = _until_mode_refused(desk)
    desk.until(lambda: len(_set_hedge(desk, before)) >= 3, "two intervals")
    switches = _set_hedge(desk, before)
    refused = [r for r in _mode_refusals(desk, before) if r["number"] < switches[-1]["number"]]
    desk.command("clear")
    desk.settles(LIFE[0].shows)
    desk.until(lambda: desk.condition("TradingEnabled").get("status") == "True", "trading")

    assert words in told
    assert "set hedge mode" in told
    assert len(refused) <= 2 * len(switches)
    assert desk.emergency() == {}


def test_a_switch_that_a_position_forbids_is_named_and_made_once_it_is_gone(
    desk: RunnerDesk,
) -> None:
    """GR-10, GR-35: somebody trades the symbol in one-way mode; nothing of theirs is touched."""
    _flattened(desk)
    with other_hands(desk) as person:
        order = {"category": "linear", "symbol": XRP, "orderType": "Market", "qty": "10"}
        person.switch_position_mode(category="linear", symbol=XRP, mode=ONE_WAY)
        person.place_order(**order, side="Buy", positionIdx=0)
        _resumed(desk)
        told = _until_mode_refused(desk)
        held = desk.ledger()["positions"]
        person.place_order(**order, side="Sell", positionIdx=0, reduceOnly=True)

        desk.until(lambda: _hold(desk), "the hold")
    desk.write(strategies=[_acknowledged(desk)])
    desk.settles(LIFE[0].shows)
    desk.until_trading()

    assert "110024" in told
    assert "close it first" in told
    assert [(row["positionIdx"], row["size"]) for row in held] == [(0, "10")]
    assert desk.emergency() == {}


def _hold(desk: RunnerDesk) -> str:
    (strategy,) = desk.status()["strategies"]
    return str(strategy.get("hold", {}).get("id", ""))


def _acknowledged(desk: RunnerDesk) -> dict[str, Any]:
    (strategy,) = desk.whole_spec["strategies"]
    return {**strategy, "acknowledgedHold": _hold(desk)}


def test_a_leverage_that_was_changed_is_set_anew_at_the_next_reconciliation(
    desk: RunnerDesk,
) -> None:
    """GR-10, GR-48: with positions open, by no restart."""
    _started(desk)
    before = desk.count()
    with other_hands(desk) as person:
        person.set_leverage(category="linear", symbol=XRP, buyLeverage="10", sellLeverage="10")
    desk.until(lambda: _leverages(desk) == {"75"}, "the runner's leverage")
    desk.until(lambda: "SettingChanged" in desk.output(), "the event")
    desk.settles(LIFE[0].shows)
    desk.until_trading()

    assert desk.adding(before) == []
    assert desk.emergency() == {}


def _leverages(desk: RunnerDesk) -> set[str]:
    return {row["leverage"] for row in desk.ledger()["positions"]}


def test_an_account_that_was_put_under_isolated_margin_is_put_back(desk: RunnerDesk) -> None:
    """GR-10: its wallet has no figures until then; first at the start, then under the runner."""
    with other_hands(desk) as person:
        person.get_wallet_balance(accountType="UNIFIED")
        person.set_margin_mode(setMarginMode="ISOLATED_MARGIN")
        _flattened(desk)
        at_the_start = desk.output().count("SettingLost")
        person.set_margin_mode(setMarginMode="ISOLATED_MARGIN")
        desk.until(lambda: desk.output().count("SettingLost") > at_the_start, "the loss")
        _resumed(desk)
        desk.settles(LIFE[0].shows)
        desk.until_trading()
        mode = person.get_account_info()["result"]["marginMode"]

    assert mode == "REGULAR_MARGIN"
    assert desk.emergency() == {}
