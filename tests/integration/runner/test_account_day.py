"""RI-31: the account's day in the status, with deposits while the runner lives and is down."""

from decimal import Decimal as D

from support.runner_desk import RunnerDesk


def deposit(desk: RunnerDesk, amount: int) -> None:
    desk.command("money", account=desk.name, amount=amount)


def figures(desk: RunnerDesk) -> dict[str, str]:
    return dict(desk.status().get("account", {}))


def until_equity_above(desk: RunnerDesk, equity: int) -> D:
    """Wait until the status shows it together with the day's P&L; the P&L."""

    def shown() -> str | None:
        account = figures(desk)
        return account.get("dayPnl") if D(account.get("equity", 0)) > equity else None

    return D(desk.until(shown, f"equity above {equity}"))


def test_a_deposit_is_no_profit_and_a_restart_keeps_the_day(desk: RunnerDesk) -> None:
    """RI-31: fees and prices alone make the day's P&L; kill -9 does not begin it anew."""
    desk.write(reportIntervalSeconds=10, risk={"maxPriceAgeSeconds": 300, "walletPollSeconds": 1})
    desk.start()
    desk.until_trading()
    desk.until(lambda: desk.held() == {"long": "75", "short": "75"}, "both sides open")
    opening = desk.until(lambda: figures(desk).get("dayOpeningEquity"), "the day's opening")
    deposit(desk, 500)

    assert abs(until_equity_above(desk, 10_400)) < 1

    desk.kill()
    deposit(desk, 300)
    desk.start()
    desk.until_trading()

    assert abs(until_equity_above(desk, 10_700)) < 1
    assert figures(desk)["dayOpeningEquity"] == opening
