"""A day of recorded candles through sockets at high speed, judged by the venue's ledger.

The same day runs in process with every `make test`, checked after every event.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain.parameters import AppliedGrid, GridParameters
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from integration.runner.conftest import MakeDesk
from support.day_rules import DayRules
from support.engine_day import recorded
from support.ledger_books import LedgerBooks
from support.runner_desk import XRP, RunnerDesk
from support.simulator import RunningSimulator, running_simulator

CORNERS = timedelta(minutes=5)
"""The length of a candle: of the way inside it only the corners are taken."""
BALANCE = Decimal(100_000)
PACE_SECONDS = 0.01
"""Between two prices: a day in less than half a minute."""
LOOKS = 12
STEP_PERCENT = Decimal("0.5")
PROGRAM = f"""
step: true
initialBalance: {BALANCE}
instruments: [{{symbol: {XRP}}}]
prices: [{{symbol: {XRP}, recording: "builtin:XRPUSDT-5m", resolutionSeconds: 300}}]
"""


@pytest.fixture
def recording() -> Iterator[RunningSimulator]:
    """Recorded XRPUSDT, one step at a time."""
    with running_simulator(PROGRAM) as running:
        yield running


@pytest.mark.nightly
def test_a_day_through_sockets_keeps_the_rules_and_the_ledger(
    make_desk: MakeDesk, recording: RunningSimulator
) -> None:
    """GR-3, GR-20, GR-34 at every look; the profit reported is the ledger's to the last unit."""
    percent = float(STEP_PERCENT)
    grid = {"stepPercent": percent, "takeProfitPercent": percent}
    desk = make_desk(simulator=recording, grid=grid)
    desk.start()
    desk.until_trading()
    books = LedgerBooks(DEFAULT_INSTRUMENTS)
    rules = DayRules(books, XRP, _grid())
    steps = sum(1 for _ in recorded(DEFAULT_INSTRUMENTS[XRP], resolution=CORNERS)) - 1
    pause = threading.Event()
    for number in range(1, steps + 1):
        desk.command("step", count=1)
        pause.wait(PACE_SECONDS)
        if number % (steps // LOOKS) == 0:
            _comes_to_rest(desk, books, rules)

    assert rules.closed_sides > 0
    assert desk.emergency() == {}
    desk.until(lambda: _reported(desk) == _earned(desk), "the status reports the ledger's profit")


def _comes_to_rest(desk: RunnerDesk, books: LedgerBooks, rules: DayRules) -> None:
    broken = ["not looked yet"]

    def is_whole() -> bool:
        nonlocal broken
        books.read(desk.ledger())
        broken = rules.broken()
        return broken == []

    try:
        desk.until(is_whole)
    except AssertionError as error:
        raise AssertionError(f"{broken}: {error}") from None


def _reported(desk: RunnerDesk) -> Decimal:
    account = desk.status()["account"]
    return Decimal(account["realisedPnl"]) - Decimal(account["fees"]) + Decimal(account["funding"])


def _earned(desk: RunnerDesk) -> Decimal:
    earned = Decimal(desk.ledger()["wallet"]["walletBalance"]) - BALANCE

    assert earned != 0
    return earned


def _grid() -> GridParameters:
    """As the account's file says it."""
    applied = AppliedGrid(
        leverage=Decimal(75), initial_margin=Decimal(1), averaging_multiplier=Decimal(2)
    )
    ratio = STEP_PERCENT / 100
    return GridParameters(wanted=applied, step_ratio=ratio, take_profit_ratio=ratio)
