"""The status as the models write it (KU-3)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botapi.faults import InvalidObjectError
from botapi.parse import parse, strict_faults
from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botapi.v1alpha1.status import (
    AccountReport,
    AccountStatus,
    EmergencyReport,
    PositionReport,
    RunnerReport,
    Side,
    StrategyReport,
)
from support.accounts import account

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_money_is_written_as_decimal_strings_without_exponent() -> None:
    report = AccountReport(equity=Decimal("1E+3"), funding=Decimal("-1E-8"), fees=Decimal("0.10"))

    assert report.to_json() == {
        "equity": "1000",
        "funding": "-0.00000001",
        "fees": "0.10",
        "maintenanceMarginRateEstimated": "",
    }


def test_what_is_unset_is_left_out_and_what_is_unknown_is_empty() -> None:
    """An empty text is a fact, 'unknown'; an absent field is nobody's word."""
    position = PositionReport(
        strategy="doge", symbol="DOGEUSDT", side=Side.LONG, quantity=Decimal(375)
    )

    assert position.to_json() == {
        "strategy": "doge",
        "symbol": "DOGEUSDT",
        "side": "long",
        "quantity": "375",
        "takeProfitPrice": "",
    }


def test_a_stop_is_written_whole() -> None:
    stop = EmergencyReport(
        id="8c2f6d",
        cause=EmergencyCause.MARGIN,
        policy=EmergencyPolicy.FLATTEN,
        since=NOON,
        latched=True,
    )

    assert AccountStatus(emergency=stop).to_json()["emergency"] == {
        "id": "8c2f6d",
        "cause": "margin",
        "reason": "",
        "policy": "Flatten",
        "since": "2026-01-01T12:00:00Z",
        "latched": True,
        "complete": False,
    }


def test_times_are_written_in_utc() -> None:
    moscow = parse(RunnerReport, {"started": "2026-01-01T15:00:00.5+03:00"})

    assert moscow.to_json()["started"] == "2026-01-01T12:00:00.500000Z"


@pytest.mark.parametrize("time", ["2026-01-01T15:00:00", "noon", 1767225600, True])
def test_a_time_without_a_zone_is_refused(time: object) -> None:
    with pytest.raises(InvalidObjectError, match="^started: "):
        parse(RunnerReport, {"started": time})


def test_a_state_of_a_newer_runner_is_kept() -> None:
    """Kinds of strategy to come bring states of their own."""
    report = parse(StrategyReport, {"name": "vwap", "state": "Cooldown"})

    assert report.state == "Cooldown"


@pytest.mark.parametrize("text", ["", "1e3", "+1", ".5", "1.", "01", "NaN", " 1", "1,5"])
def test_money_that_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidObjectError, match="^equity: must be a decimal number in quotes"):
        parse(AccountReport, {"equity": text})


def test_a_report_that_cannot_be_read_keeps_no_account_from_its_runner() -> None:
    """After a rollback an older runner meets the words of a newer one."""
    report = {"phase": "Dancing", "openOrders": 6, "streams": {"private": "sideways"}}
    manifest = account() | {"status": report}

    read = parse(TradingAccount, manifest)

    assert read.status == AccountStatus(open_orders=6)
    assert {fault.path for fault in strict_faults(TradingAccount, manifest)} == {
        "status.phase",
        "status.streams.private",
    }


@pytest.mark.parametrize("report", [[], "x", 5])
def test_a_report_that_is_none_is_refused(report: object) -> None:
    with pytest.raises(InvalidObjectError, match="^status: must hold fields"):
        parse(TradingAccount, account() | {"status": report})


def test_a_condition_is_found_by_type() -> None:
    condition = {
        "type": "Ready",
        "status": "Unknown",
        "reason": "NotReported",
        "message": "",
        "lastTransitionTime": "2026-01-01T12:00:00Z",
    }
    status = parse(AccountStatus, {"conditions": [condition]})

    ready = status.condition("Ready")

    assert ready is not None
    assert ready.status == "Unknown"
    assert status.condition("Stalled") is None
