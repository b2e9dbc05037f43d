"""The status: two writers, and what people see of it (KU-2, KU-3, KU-4)."""

import re
from typing import Any

import pytest

from botapi.conditions import OWNERS, ConditionType
from botapi.labels import OPERATOR_MANAGER, RUNNER_MANAGER
from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount
from support.accounts import Manifest, account
from support.kubectl import Answer, Kubectl

pytestmark = pytest.mark.cluster

_AT = "2026-01-01T00:00:00Z"


def _condition(kind: str, message: str = "", status: str = "True") -> Manifest:
    reason = "AsExpected" if status == "True" else "EmergencyStop"
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": _AT,
    }


def _conditions_of(manager: str) -> list[Manifest]:
    return [_condition(kind) for kind in ConditionType if OWNERS[kind] == manager]


_OPERATOR_PART: Manifest = {
    "observedGeneration": 1,
    "phase": "Trading",
    "admitted": {"uid": "1234567", "since": _AT},
    "conditions": _conditions_of(OPERATOR_MANAGER),
}
_RUNNER_PART: Manifest = {
    "account": {
        "uid": "1234567",
        "equity": "1003.52",
        "maintenanceMarginRate": "2.26",
        "maintenanceMarginRateReported": "2.26",
        "maintenanceMarginRateEstimated": "",
        "dayPnl": "-3.52",
        "level": "Normal",
        "positions": 2,
    },
    "positions": [
        {
            "strategy": "doge",
            "symbol": "DOGEUSDT",
            "side": "long",
            "quantity": "375",
            "entryPrice": "0.2",
            "markPrice": "0.201",
            "unrealisedPnl": "0.37",
            "takeProfitPrice": "",
        }
    ],
    "openOrders": 6,
    "strategySummary": "doge Trading",
    "strategies": [
        {
            "name": "doge",
            "state": "Trading",
            "reason": "",
            "message": "",
            "hold": {"id": "", "since": ""},
            "levels": {
                "long": {"filled": 0, "resting": 1},
                "short": {"filled": -1, "resting": 1},
            },
            "lastPlaceableLevel": 10,
            "applied": {"leverage": 75, "initialMargin": 0.1, "averagingMultiplier": 2},
        }
    ],
    "emergency": {
        "id": "8c2f6d",
        "cause": "person",
        "reason": "spec.emergencyStop",
        "policy": "CancelEntries",
        "since": _AT,
        "latched": False,
        "complete": True,
    },
    "streams": {"private": "connected", "public": "reconnecting"},
    "runner": {
        "pod": "account-001-0",
        "version": "0.1.0",
        "epoch": 1767225600000,
        "observedGeneration": 1,
        "pendingRestart": ["spec.mode"],
        "started": _AT,
        "lastReport": _AT,
        "keySuffix": "",
    },
    "conditions": _conditions_of(RUNNER_MANAGER),
}


def _report(accounts: Kubectl, name: str, manager: str, status: Manifest) -> Answer:
    full = account(name)
    part = {key: full[key] for key in ("apiVersion", "kind", "metadata")} | {"status": status}
    return accounts.apply_as(manager, part, flags=("--subresource=status",))


@pytest.fixture(scope="module")
def reported(accounts: Kubectl) -> str:
    """An account that both have reported about."""
    accounts.apply(account("reported"))
    for manager, part in ((OPERATOR_MANAGER, _OPERATOR_PART), (RUNNER_MANAGER, _RUNNER_PART)):
        answer = _report(accounts, "reported", manager, part)
        assert answer.ok, answer.err
    return "reported"


def _status(accounts: Kubectl, name: str) -> dict[str, Any]:
    status: dict[str, Any] = accounts.read("tradingaccount", name)["status"]
    return status


def test_two_managers_write_their_parts_and_neither_removes_the_other_s(
    accounts: Kubectl, reported: str
) -> None:
    """KU-4."""
    status = _status(accounts, reported)

    ours = {key: value for key, value in status.items() if key != "conditions"}
    assert ours == {
        key: value for key, value in (_OPERATOR_PART | _RUNNER_PART).items() if key != "conditions"
    }
    assert {c["type"] for c in status["conditions"]} == {str(kind) for kind in ConditionType}


def test_a_manager_that_leaves_a_condition_out_removes_its_own_only(accounts: Kubectl) -> None:
    """KU-4: what a manager no longer names is its own to take away."""
    accounts.apply(account("shrinking"))
    _report(accounts, "shrinking", OPERATOR_MANAGER, _OPERATOR_PART)
    _report(accounts, "shrinking", RUNNER_MANAGER, _RUNNER_PART)

    _report(accounts, "shrinking", RUNNER_MANAGER, {"conditions": [_condition("Protected")]})

    status = _status(accounts, "shrinking")
    kept = {str(kind) for kind in ConditionType if OWNERS[kind] == OPERATOR_MANAGER}
    assert {c["type"] for c in status["conditions"]} == kept | {"Protected"}
    assert status["phase"] == "Trading"
    assert "emergency" not in status


@pytest.mark.parametrize(
    ("part", "owner"),
    [
        ({"phase": "Pending"}, OPERATOR_MANAGER),
        ({"conditions": [_condition("Ready", status="False")]}, OPERATOR_MANAGER),
        ({"openOrders": 7}, RUNNER_MANAGER),
        ({"emergency": {**_RUNNER_PART["emergency"], "id": "other"}}, RUNNER_MANAGER),
        ({"conditions": [_condition("Protected", status="False")]}, RUNNER_MANAGER),
    ],
    ids=["phase", "Ready", "openOrders", "emergency", "Protected"],
)
def test_a_third_manager_gets_a_conflict_that_names_the_owner(
    part: Manifest, owner: str, accounts: Kubectl, reported: str
) -> None:
    """KU-4."""
    answer = _report(accounts, reported, "somebody-else", part)

    assert not answer.ok
    assert "conflict" in answer.err
    assert owner in answer.err


def test_the_spec_is_not_written_with_the_status(accounts: Kubectl, reported: str) -> None:
    """RI-1: who may write the status only, such as a runner, cannot take a stop back."""
    full = account(reported, emergencyStop=False)

    answer = accounts.apply_as(
        "somebody-else", full, flags=("--subresource=status", "--force-conflicts")
    )

    assert answer.ok, answer.err
    assert "emergencyStop" not in accounts.read("tradingaccount", reported)["spec"]


def test_the_models_read_what_was_written(accounts: Kubectl, reported: str) -> None:
    """KU-3: and give it back unchanged."""
    raw = accounts.read("tradingaccount", reported)

    status = parse(TradingAccount, raw).status

    assert status is not None
    assert status.to_json() == raw["status"]


def test_the_columns_show_the_account(accounts: Kubectl, reported: str) -> None:
    """KU-2."""
    header, row = accounts.must("get", "ta", reported).splitlines()

    assert re.split(r"\s{2,}", header.strip()) == (
        "NAME;EXCHANGE;ENV;MODE;READY;PHASE;MM RATE;EQUITY;PNL (DAY);POSITIONS;AGE".split(";")
    )
    assert row.split()[:-1] == (
        [reported, "bybit", "demo", "live", "True", "Trading", "2.26", "1003.52", "-3.52", "2"]
    )


def test_the_wide_columns_show_strategies_runner_and_message(accounts: Kubectl) -> None:
    """KU-2."""
    accounts.apply(account("wide"))
    stopped = _condition("Ready", "stopped by spec.emergencyStop", status="False")
    _report(accounts, "wide", OPERATOR_MANAGER, {"conditions": [stopped]})
    _report(accounts, "wide", RUNNER_MANAGER, _RUNNER_PART)

    header, row = accounts.must("get", "tradingaccounts", "wide", "--output=wide").splitlines()

    assert header.split()[-4:] == ["AGE", "STRATEGIES", "RUNNER", "MESSAGE"]
    shown = re.split(r"\s{2,}", row.strip())
    assert shown[-3:] == ["doge Trading", "account-001-0", "stopped by spec.emergencyStop"]


def test_the_category_lists_accounts(accounts: Kubectl, reported: str) -> None:
    listed = accounts.must("get", "tradefleet", "--output=name")

    assert f"tradingaccount.tradefleet.dev/{reported}" in listed


def test_people_can_wait_for_ready(accounts: Kubectl, reported: str) -> None:
    """KU-3."""
    answer = accounts.run("wait", "--for=condition=Ready", "--timeout=10s", f"ta/{reported}")

    assert answer.ok, answer.err


_WRONG_PARTS: tuple[tuple[str, Manifest, str], ...] = (
    ("account.equity", {"account": {"equity": 1003.52}}, "expected string"),
    ("account.equity", {"account": {"equity": "1e3"}}, "should match"),
    ("account.equity", {"account": {"equity": ""}}, "should match"),
    ("account.level", {"account": {"level": "Bad"}}, "Unsupported value"),
    ("phase", {"phase": "Happy"}, "Unsupported value"),
    ("emergency.cause", {"emergency": {"cause": "whim"}}, "Unsupported value"),
    ("emergency.id", {"emergency": {"cause": "person"}}, "Required value"),
    ("streams.private", {"streams": {"private": "up"}}, "Unsupported value"),
    ("conditions[0].reason", {"conditions": [{"type": "Ready"}]}, "Required value"),
    ("strategies", {"strategies": [{"state": "Trading"}]}, "omits all key fields"),
)


@pytest.fixture(scope="module")
def unreported(accounts: Kubectl) -> str:
    """An account that nobody has reported about."""
    accounts.apply(account("unreported"))
    return "unreported"


@pytest.mark.parametrize(
    ("field", "part", "words"), _WRONG_PARTS, ids=[f"{f}-{w}" for f, _, w in _WRONG_PARTS]
)
def test_a_wrong_report_is_refused_by_field(
    field: str, part: Manifest, words: str, accounts: Kubectl, unreported: str
) -> None:
    answer = _report(accounts, unreported, RUNNER_MANAGER, part)

    assert not answer.ok
    assert any(f"status.{field}" in line and words in line for line in answer.err.splitlines()), (
        answer.err
    )
