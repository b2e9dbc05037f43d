"""A day of real recorded candles through engine and venue, checked after every event."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain.parameters import (
    AccountParameters,
    AppliedGrid,
    GridParameters,
    RiskParameters,
    StrategyParameters,
)
from botrunner.engine.outcome import Outcome
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from support.day_rules import DayRules
from support.engine_day import EngineDay, recorded
from support.venue_door import VenueDoor

XRP = "XRPUSDT"
RESOLUTION = timedelta(seconds=10)
FUNDING_EVERY = timedelta(hours=8)


@pytest.mark.parametrize("percent", ["1", "0.2"])
def test_a_day_of_candles_keeps_both_sides_even_and_the_ledger_to_the_last_unit(
    percent: str,
) -> None:
    """GR-3, GR-20, GR-30, GR-34: after every event with nothing in flight; profit after each."""
    day = _day(Decimal(percent) / 100)
    rules = DayRules(day.door, XRP, day.parameters.strategies[0].grid)
    checks = 0

    def check(day: EngineDay, outcome: Outcome) -> None:
        nonlocal checks
        if day.queue or not day.is_quiet:
            return
        checks += 1

        assert rules.broken() == [], outcome.audit
        assert day.totals.net == day.door.earned()

    steps = recorded(DEFAULT_INSTRUMENTS[XRP], resolution=RESOLUTION)
    day.start([next(steps)])
    day.after_step = check
    funding_at = FUNDING_EVERY
    for number, step in enumerate(steps):
        if step.offset >= funding_at:
            funding_at += FUNDING_EVERY
            day.settle_funding(XRP)
        day.step(step, fills_first=number % 2 == 0)

    assert day.engine.state.stop is None
    assert day.door.refused == []
    assert day.totals.net != 0
    assert checks > 8000 and rules.closed_sides > 0 and day.door.funding


def _day(ratio: Decimal) -> EngineDay:
    applied = AppliedGrid(
        leverage=Decimal(75), initial_margin=Decimal(1), averaging_multiplier=Decimal(2)
    )
    grid = GridParameters(wanted=applied, step_ratio=ratio, take_profit_ratio=ratio)
    one = StrategyParameters(name="xrp", symbol=XRP, grid=grid)
    risk = RiskParameters(max_price_age=timedelta(minutes=5))
    return EngineDay(
        door=VenueDoor([DEFAULT_INSTRUMENTS[XRP]], Decimal(100_000)),
        parameters=AccountParameters(strategies=(one,), risk=risk),
    )
