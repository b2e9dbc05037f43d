"""Which change of the status is worth a write, and which one cannot wait (KU-4). Pure."""

import re
from decimal import Decimal

from botapi.v1alpha1.status import AccountReport, AccountStatus, StrategyReport

RATE_POINTS = Decimal("0.5")
"""Percentage points of the maintenance margin rate."""
EQUITY_RATIO = Decimal("0.005")
_NUMBER = re.compile(r"\d+(\.\d+)?")


def is_urgent(before: AccountStatus, after: AccountStatus) -> bool:
    """State or risk changed: conditions, stop, strategies, streams, what the runner follows."""
    return _essence(before) != _essence(after)


def is_worth_it(before: AccountStatus, after: AccountStatus) -> bool:
    """A number moved enough or became known, or an order or position came or went."""
    old, new = before.account, after.account
    if old is None or new is None:
        return old is not new
    return (
        before.open_orders != after.open_orders
        or old.positions != new.positions
        or (old.day_pnl is None) is not (new.day_pnl is None)
        or _rate_moved(old, new)
        or _equity_moved(old, new)
    )


def _essence(status: AccountStatus) -> object:
    """What is written at once."""
    runner = status.runner
    return (
        tuple((c.type, c.status, c.reason, c.observed_generation) for c in status.conditions),
        status.emergency,
        tuple(_wordly(strategy) for strategy in status.strategies),
        status.streams,
        tuple((p.symbol, p.side, p.quantity) for p in status.positions),
        (runner.epoch, runner.observed_generation, runner.pending_restart) if runner else None,
        status.account.uid if status.account else None,
        status.account.level if status.account else None,
    )


def _wordly(strategy: StrategyReport) -> StrategyReport:
    """A report without the numbers of its message: they move with every price."""
    return strategy.model_copy(update={"message": _NUMBER.sub("#", strategy.message)})


def _rate_moved(old: AccountReport, new: AccountReport) -> bool:
    before, after = old.maintenance_margin_rate, new.maintenance_margin_rate
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= RATE_POINTS


def _equity_moved(old: AccountReport, new: AccountReport) -> bool:
    if old.equity is None or new.equity is None:
        return old.equity is not new.equity
    return abs(new.equity - old.equity) >= abs(old.equity) * EQUITY_RATIO
