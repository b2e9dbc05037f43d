"""Which change of the status is written at once, and which waits (KU-4)."""

from decimal import Decimal as D

import pytest

from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botapi.v1alpha1.status import (
    AccountReport,
    AccountStatus,
    EmergencyReport,
    RunnerReport,
    StrategyReport,
)
from botrunner.runtime.status_change import is_urgent, is_worth_it
from unit.runtime.test_inbox import NOON


def _status(
    equity: str = "1000", rate: str = "2", orders: int = 4, **parts: object
) -> AccountStatus:
    account = AccountReport(equity=D(equity), maintenance_margin_rate=D(rate))
    runner = RunnerReport(epoch=1, last_report=NOON)
    parts = {"account": account, "runner": runner, "open_orders": orders} | parts
    return AccountStatus.model_validate(parts)


def test_numbers_alone_are_never_urgent() -> None:
    assert not is_urgent(_status(), _status(equity="1", rate="80", orders=9))


@pytest.mark.parametrize(
    "parts",
    [
        {
            "emergency": EmergencyReport(
                id="a1",
                cause=EmergencyCause.PERSON,
                policy=EmergencyPolicy.FREEZE,
                since=NOON,
            )
        },
        {"strategies": (StrategyReport(name="xrp", state="Starved"),)},
        {"runner": RunnerReport(epoch=2)},
    ],
    ids=["stop", "strategy", "epoch"],
)
def test_state_and_risk_are_urgent(parts: dict[str, object]) -> None:
    assert is_urgent(_status(), _status(**parts))  # type: ignore[arg-type]  # parts by name


@pytest.mark.parametrize(
    ("after", "worth"),
    [
        (_status(equity="1004.99"), False),
        (_status(equity="1005"), True),
        (_status(rate="2.49"), False),
        (_status(rate="2.5"), True),
        (_status(orders=5), True),
        (_status(), False),
    ],
)
def test_a_number_is_worth_a_write_beyond_its_threshold(after: AccountStatus, worth: bool) -> None:
    """0.5 % of equity, 0.5 points of the margin rate, an order that came or went."""
    assert is_worth_it(_status(), after) is worth


def test_the_days_result_is_written_once_it_is_known_again() -> None:
    """RI-31: after a restart it waits for the day's transfers, and its column for this."""
    unknown = _status(account=AccountReport(equity=D(1000)))
    known = _status(account=AccountReport(equity=D(1000), day_pnl=D("-0.03")))
    moved = _status(account=AccountReport(equity=D(1000), day_pnl=D("-0.04")))

    assert is_worth_it(unknown, known)
    assert not is_urgent(unknown, known)
    assert not is_worth_it(known, moved)
