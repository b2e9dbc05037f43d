"""Conditions: one table of types, owners and reasons (KU-3)."""

from datetime import UTC, datetime, timedelta

import pytest

from botapi.conditions import (
    OWNERS,
    READY_NEEDS,
    REASONS,
    ConditionReason,
    ConditionStatus,
    ConditionType,
    carry_over,
    make_condition,
)
from botapi.labels import OPERATOR_MANAGER, RUNNER_MANAGER

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_every_condition_has_an_owner_and_reasons() -> None:
    assert set(OWNERS) == set(REASONS) == set(ConditionType)


def test_the_runner_owns_what_only_it_can_know() -> None:
    """KU-3."""
    assert {kind for kind, owner in OWNERS.items() if owner == RUNNER_MANAGER} == {
        ConditionType.CREDENTIALS_READY,
        ConditionType.MARKET_DATA_READY,
        ConditionType.PROTECTED,
        ConditionType.TRADING_ENABLED,
    }
    assert set(OWNERS.values()) == {OPERATOR_MANAGER, RUNNER_MANAGER}


def test_every_reason_is_used_by_a_condition() -> None:
    assert set().union(*REASONS.values()) == set(ConditionReason)


def test_ready_can_give_the_reason_of_whatever_it_needs() -> None:
    """KU-3."""
    for kind in READY_NEEDS:
        assert REASONS[kind] <= REASONS[ConditionType.READY]


def test_a_reason_of_another_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="Protected does not carry the reason KeyMissing"):
        make_condition(
            ConditionType.PROTECTED,
            ConditionStatus.FALSE,
            reason=ConditionReason.KEY_MISSING,
            at=NOON,
        )


def _protected(status: ConditionStatus, at: datetime) -> dict[str, object]:
    return make_condition(
        ConditionType.PROTECTED, status, reason=ConditionReason.AS_EXPECTED, at=at
    ).to_json()


def test_a_condition_is_written_as_kubernetes_writes_it() -> None:
    assert _protected(ConditionStatus.TRUE, NOON) == {
        "type": "Protected",
        "status": "True",
        "reason": "AsExpected",
        "message": "",
        "lastTransitionTime": "2026-01-01T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("before", "after", "at"),
    [
        (ConditionStatus.TRUE, ConditionStatus.TRUE, NOON),
        (ConditionStatus.TRUE, ConditionStatus.FALSE, NOON + timedelta(hours=1)),
        (None, ConditionStatus.TRUE, NOON + timedelta(hours=1)),
    ],
)
def test_the_time_of_transition_moves_only_with_the_status(
    before: ConditionStatus | None, after: ConditionStatus, at: datetime
) -> None:
    kind, reason = ConditionType.PROTECTED, ConditionReason.AS_EXPECTED
    old = None if before is None else make_condition(kind, before, reason=reason, at=NOON)
    new = make_condition(
        kind, after, reason=reason, at=NOON + timedelta(hours=1), message="said anew"
    )

    carried = carry_over(old, new)

    assert carried.last_transition_time == at
    assert carried.message == "said anew"
