"""Two runners on one account: one trades, nothing is doubled, the other says why it stopped."""

import signal

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.runner_desk import WALLET, WRITES, RunnerDesk


def test_a_second_start_in_the_same_folder_is_refused(
    make_desk: MakeDesk, desk: RunnerDesk
) -> None:
    """KU-24: the folder is held by one process; the text says by which."""
    desk.start()
    desk.settles(LIFE[0].shows)
    second = make_desk(folder=desk.folder, name=desk.name)
    second.start()
    code = second.wait()

    assert code == 1
    assert desk.process is not None
    held = f"another tradefleet run (process {desk.process.pid}) trades this account"
    assert held in desk.output()


def test_the_older_of_two_runners_stops_sending(make_desk: MakeDesk, desk: RunnerDesk) -> None:
    """PR-8: other folders, one account; the older was frozen, wakes and sees a higher epoch."""
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()
    desk.send(signal.SIGSTOP)
    younger = make_desk(name=desk.name)
    younger.write(risk={"maxPriceAgeSeconds": 300, "walletPollSeconds": 1})
    frozen_at = desk.requests()[-1]["atMs"]
    younger.start()
    younger.until_trading()
    younger.until(lambda: desk.requests(WALLET)[-1]["atMs"] > frozen_at + 4000, "some seconds pass")
    younger.price("0.99")
    younger.settles(LIFE[1].shows)
    before = desk.count()
    desk.send(signal.SIGCONT)
    desk.until(lambda: desk.condition("TradingEnabled").get("reason") == "HigherEpoch")

    epoch = younger.status()["runner"]["epoch"]
    assert str(epoch) in desk.condition("TradingEnabled")["message"]
    desk.price("0.9896")
    younger.settles(LIFE[2].shows)
    older = _prefix(desk.status()["runner"]["epoch"])
    late = [r for r in desk.requests(*WRITES, after=before) if _id(r).startswith(older)]
    assert [row for row in late if row["path"].endswith("create")] == []


def _id(row: dict[str, object]) -> str:
    body = row["body"]
    return str(body.get("orderLinkId", "")) if isinstance(body, dict) else ""


def _prefix(epoch: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while epoch:
        epoch, digit = divmod(epoch, 36)
        text = digits[digit] + text
    return f"tf{text.rjust(8, '0')}"
