"""Reports as a runner makes them."""

from datetime import UTC, datetime
from typing import Any

from botapi.conditions import ConditionReason, ConditionStatus, ConditionType, make_condition
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botapi.v1alpha1.status import (
    AccountReport,
    AccountStatus,
    EmergencyReport,
    RunnerReport,
    StrategyReport,
)
from botrunner.domain.emergency import EmergencyStop, StopCause

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_OWN = (
    ConditionType.CREDENTIALS_READY,
    ConditionType.MARKET_DATA_READY,
    ConditionType.PROTECTED,
    ConditionType.TRADING_ENABLED,
)


def report(epoch: int = 1, **changes: Any) -> AccountStatus:
    """A report in which all is well; ``changes`` replace fields of the status."""
    conditions = tuple(
        make_condition(
            kind, ConditionStatus.TRUE, reason=ConditionReason.AS_EXPECTED, at=NOON, generation=1
        )
        for kind in _OWN
    )
    status = AccountStatus(
        conditions=conditions,
        account=AccountReport.model_validate({"uid": "7", "equity": "1000.5"}),
        strategies=(StrategyReport(name="doge", state="Trading"),),
        strategy_summary="doge Trading",
        open_orders=2,
        runner=RunnerReport(pod="case-0", epoch=epoch, started=NOON, last_report=NOON),
    )
    return status.model_copy(update=changes)


def latched(emergency_id: str = "abc123") -> EmergencyStop:
    """A stop that the runner engaged by itself."""
    return EmergencyStop(
        emergency_id=emergency_id,
        cause=StopCause.MARGIN,
        reason="maintenance margin rate 95 %",
        symbol="DOGEUSDT",
        rate="0.95",
        at=NOON,
        latched=True,
    )


def emergency(emergency_id: str = "abc123", *, is_latched: bool = True) -> EmergencyReport:
    """The same in a report."""
    return EmergencyReport(
        id=emergency_id,
        cause=EmergencyCause.MARGIN if is_latched else EmergencyCause.PERSON,
        reason="maintenance margin rate 95 %",
        policy=EmergencyPolicy.CANCEL_ENTRIES,
        since=NOON,
        latched=is_latched,
    )
