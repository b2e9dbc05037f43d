"""A grid's life through real sockets, judged by the venue's ledger."""

from decimal import Decimal

from support.grid_life import LIFE
from support.runner_desk import RunnerDesk


def test_a_grid_lives_the_example_of_the_specification(desk: RunnerDesk) -> None:
    """GR-11, GR-20, GR-22, GR-23, GR-30, GR-31, GR-32: every number of GR-23."""
    desk.start()
    for moment in LIFE:
        desk.price(moment.price)

        desk.settles(moment.shows)


def test_the_status_tells_what_the_ledger_shows(desk: RunnerDesk) -> None:
    """KU-3, GR-44: levels, exits, equity and profit, in the status and in the state file."""
    desk.start()
    for moment in LIFE:
        desk.price(moment.price)
        desk.settles(moment.shows)
    desk.until(lambda: desk.status()["openOrders"] == len(desk.ledger()["openOrders"]))

    (strategy,) = desk.status()["strategies"]
    assert strategy["levels"] == {
        "long": {"filled": 0, "resting": 1},
        "short": {"filled": 0, "resting": 1},
    }
    desk.until(lambda: _profit(desk) == _wallet_gain(desk), "the profit of the ledger")


def _profit(desk: RunnerDesk) -> Decimal:
    account = desk.status()["account"]
    return Decimal(account["realisedPnl"]) - Decimal(account["fees"]) + Decimal(account["funding"])


def _wallet_gain(desk: RunnerDesk) -> Decimal:
    return Decimal(desk.ledger()["wallet"]["walletBalance"]) - Decimal(10_000)
