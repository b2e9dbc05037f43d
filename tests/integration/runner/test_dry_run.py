"""A dry run reads public data only; its whole cycle runs on the venue inside the process."""

from support.runner_desk import RunnerDesk


def test_a_dry_run_trades_without_one_signed_request(desk: RunnerDesk) -> None:
    """GR-51: entries fill, exits rest, a take-profit closes and reopens; nobody outside signs."""
    desk.write(mode="dryRun", credentials=None, initialBalance=5000)
    desk.start()
    desk.until_trading()
    desk.until(lambda: desk.status()["openOrders"] == 4, "two exits and two levels")
    assert {p["quantity"] for p in desk.status()["positions"]} == {"75"}
    desk.price("0.9890")
    desk.until(lambda: desk.status()["account"]["realisedPnl"] != "0", "a take-profit fills")

    log = desk.read("requests")["requests"]
    assert {row["account"] for row in log} == {""}
    assert desk.read("state")["accounts"] == {}
    assert desk.status()["account"]["dayOpeningEquity"] == "5000"
