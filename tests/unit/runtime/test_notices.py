"""People are told of transitions, each once, with the reason (OB-7)."""

from datetime import timedelta

import pytest

from botapi.conditions import ConditionReason as R
from botapi.conditions import ConditionStatus, ConditionType, make_condition
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botapi.v1alpha1.status import AccountStatus, EmergencyReport, StrategyReport
from botrunner.account_resource.port import Notice
from botrunner.runtime.notices import LASTS, ConditionNotices, notices_between
from unit.runtime.test_inbox import NOON

T = ConditionType
SECOND = timedelta(seconds=1)
LATCHED = EmergencyReport(
    id="e8c2f6",
    cause=EmergencyCause.MARGIN,
    reason="maintenance-margin rate 0.93",
    policy=EmergencyPolicy.FLATTEN,
    since=NOON,
    latched=True,
)
BY_PERSON = LATCHED.model_copy(update={"cause": EmergencyCause.PERSON, "latched": False})


def _status(kind: ConditionType, reason: R, message: str = "", **parts: object) -> AccountStatus:
    status = ConditionStatus.TRUE if reason is R.AS_EXPECTED else ConditionStatus.FALSE
    condition = make_condition(kind, status, reason=reason, at=NOON, message=message)
    return AccountStatus.model_validate({"conditions": (condition,)} | parts)


def _told(before: AccountStatus | None, after: AccountStatus) -> list[tuple[str, bool]]:
    return [(each.reason, each.is_warning) for each in notices_between(before, after)]


def _looks(
    notices: ConditionNotices, status: AccountStatus, age: timedelta
) -> list[tuple[str, bool]]:
    told = notices.look(status.conditions, NOON + age)
    return [(each.reason, each.is_warning) for each in told]


def test_an_engaged_stop_is_told_with_id_cause_policy_and_the_way_out() -> None:
    """RI-4."""
    (notice,) = notices_between(AccountStatus(), AccountStatus(emergency=LATCHED))

    assert notice == Notice(
        reason="EmergencyStop",
        message="e8c2f6: margin: maintenance-margin rate 0.93; policy Flatten; "
        "acknowledge it with spec.acknowledgedEmergency: e8c2f6",
        is_warning=True,
    )


def test_a_stop_that_outlived_a_restart_is_not_told_again() -> None:
    """A person's has another id in each life; a latched one is the same."""
    again = BY_PERSON.model_copy(update={"id": "e11111"})

    assert _told(AccountStatus(emergency=LATCHED), AccountStatus(emergency=LATCHED)) == []
    assert _told(AccountStatus(emergency=BY_PERSON), AccountStatus(emergency=again)) == []


def test_a_latched_stop_over_a_persons_one_is_told() -> None:
    later = LATCHED.model_copy(update={"id": "e22222"})

    assert _told(AccountStatus(emergency=BY_PERSON), AccountStatus(emergency=later)) == [
        ("EmergencyStop", True)
    ]


def test_the_end_of_a_stop_is_told() -> None:
    assert _told(AccountStatus(emergency=LATCHED), AccountStatus()) == [
        ("EmergencyStopEnded", False)
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (R.AS_EXPECTED, R.KEY_REFUSED, [("KeyRefused", True)]),
        (R.NOT_REPORTED, R.SECRET_MISSING, [("SecretMissing", True)]),
        (R.SECRET_MISSING, R.KEY_MISSING, [("KeyMissing", True)]),
        (R.KEY_REFUSED, R.AS_EXPECTED, [("CredentialsReady", False)]),
        (R.KEY_REFUSED, R.KEY_REFUSED, []),
        (R.NOT_REPORTED, R.AS_EXPECTED, []),
        (R.AS_EXPECTED, R.NOT_REPORTED, []),
    ],
)
def test_a_condition_that_turned_and_stays_so_is_told_once(
    before: R, after: R, told: list[tuple[str, bool]]
) -> None:
    """With its reason; that a runner begins and has not looked yet is no news."""
    kind = T.CREDENTIALS_READY
    notices = ConditionNotices(_status(kind, before))
    ages = (timedelta(0), SECOND, LASTS, 2 * LASTS)
    looks = [_looks(notices, _status(kind, after, "why"), age) for age in ages]

    assert looks == [[], [], told, []]


@pytest.mark.parametrize("reason", [R.SECRET_MISSING, R.KEY_MISSING])
def test_keys_that_are_gone_are_told_though_the_condition_holds(reason: R) -> None:
    """The next pod would not begin; that they are back is told too."""
    kind = T.CREDENTIALS_READY
    gone = make_condition(kind, ConditionStatus.TRUE, reason=reason, at=NOON, message="why")
    notices = ConditionNotices(_status(kind, R.AS_EXPECTED))
    told = [
        notice
        for age in (timedelta(0), LASTS, 2 * LASTS)
        for notice in notices.look([gone], NOON + age)
    ]
    well = _status(kind, R.AS_EXPECTED)
    healed = [_looks(notices, well, 3 * LASTS), _looks(notices, well, 4 * LASTS)]

    text = "CredentialsReady is True, but why"
    assert told == [Notice(reason=reason.value, message=text, is_warning=True)]
    assert healed == [[], [("CredentialsReady", False)]]


def test_what_a_healthy_start_passes_through_is_not_told() -> None:
    """Not admitted yet, no price yet, an exit that is on its way: none of it lasts."""
    notices = ConditionNotices(None)
    kind = T.TRADING_ENABLED
    passing = [R.RECOVERING, R.NOT_ADMITTED, R.STREAM_LOST, R.AS_EXPECTED, R.AS_EXPECTED]
    looks = [
        _looks(notices, _status(kind, reason), number * (LASTS - SECOND))
        for number, reason in enumerate(passing)
    ]

    assert looks == [[], [], [], [], []]
    assert _looks(notices, _status(kind, R.AS_EXPECTED), 9 * LASTS) == [("TradingEnabled", False)]


def test_a_restart_of_an_account_that_trades_says_nothing_of_trading() -> None:
    trading = _status(T.TRADING_ENABLED, R.AS_EXPECTED)
    notices = ConditionNotices(trading)
    looks = [
        _looks(notices, _status(T.TRADING_ENABLED, R.RECOVERING), 9 * LASTS),
        _looks(notices, trading, 10 * LASTS),
        _looks(notices, trading, 20 * LASTS),
    ]

    assert looks == [[], [], []]


def test_a_stop_is_not_told_a_second_time_by_trading_enabled() -> None:
    notices = ConditionNotices(_status(T.TRADING_ENABLED, R.AS_EXPECTED))
    stopped = _status(T.TRADING_ENABLED, R.EMERGENCY_STOP, "stopped")

    assert _looks(notices, stopped, timedelta(0)) == []
    assert _looks(notices, stopped, LASTS) == []


def test_a_strategy_that_retired_is_told_once_it_is_gone() -> None:
    """KU-27."""
    retiring = AccountStatus(strategies=(StrategyReport(name="xrp", state="Retiring"),))

    assert _told(retiring, AccountStatus()) == [("StrategyRetired", False)]
    assert _told(retiring, retiring) == []
