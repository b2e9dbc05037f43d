"""What the account earned, while nobody traded it and over a restart of the process."""

from decimal import Decimal

from support.grid_life import LIFE
from support.runner_desk import RunnerDesk


def test_fills_while_nothing_trades_count_though_the_process_began_anew(desk: RunnerDesk) -> None:
    """KU-3: keys of another account end the life; reports go on, and so does what rests."""
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()
    text = desk.path.read_text()
    desk.path.write_text(text.replace("sim-alice", "sim-mallory"))
    _until_lifeless(desk)
    for price in ("0.99", "0.9896"):
        desk.price(price)
    desk.until(lambda: desk.held() == {"long": "225"}, "an entry and an exit")
    before = desk.status()["runner"]["started"]
    desk.kill()
    desk.start()
    desk.until(lambda: desk.status()["runner"]["started"] != before, "the new process")
    _until_lifeless(desk)
    desk.path.write_text(text)
    desk.until_trading()

    desk.until(lambda: _profit(desk) == _wallet_gain(desk), "the profit of the ledger")
    assert "sumsUntil" not in desk.status()["account"]


def _until_lifeless(desk: RunnerDesk) -> None:
    desk.until(lambda: desk.condition("CredentialsReady").get("reason") == "AccountChanged")


def _profit(desk: RunnerDesk) -> Decimal:
    account = desk.status()["account"]
    return Decimal(account["realisedPnl"]) - Decimal(account["fees"]) + Decimal(account["funding"])


def _wallet_gain(desk: RunnerDesk) -> Decimal:
    return Decimal(desk.ledger()["wallet"]["walletBalance"]) - Decimal(10_000)
