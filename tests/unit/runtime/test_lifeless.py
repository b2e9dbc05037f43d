"""What is reported while nothing trades (KU-1, KU-26, RI-4)."""

from datetime import timedelta
from decimal import Decimal as D

from botapi.conditions import ConditionStatus
from botapi.v1alpha1.status import (
    AccountReport,
    AccountStatus,
    AppliedParameters,
    RunnerReport,
    StrategyReport,
)
from botrunner.account_resource.port import Reading
from botrunner.account_resource.reading import NOTHING
from botrunner.domain.emergency import EmergencyStop, StopCause
from botrunner.runtime.lifeless import Lifeless, lifeless_status
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.totals import totals_from
from support.memory_door import account_of, keys_of
from unit.runtime.test_inbox import NOON

LATER = NOON + timedelta(hours=1)
STOP = EmergencyStop(
    emergency_id="e8c2f6",
    cause=StopCause.MARGIN,
    reason="maintenance-margin rate 0.93",
    symbol="",
    rate="0.93",
    at=NOON,
    latched=True,
)
LAST = AccountStatus(
    account=AccountReport(uid="1001", realised_pnl=D("3.5"), day_opening_equity=D(1000)),
    strategies=(
        StrategyReport(name="xrp", state="Trading", applied=AppliedParameters(leverage=D(75))),
        StrategyReport(name="old", state="Retiring"),
    ),
    runner=RunnerReport(epoch=7, last_report=NOON),
)


def _reading(**changes: object) -> Reading:
    fields = {"account": account_of(), "keys": keys_of(), "is_reachable": True, "generation": 3}
    return Reading(**({name: getattr(NOTHING, name) for name in FIELDS} | fields | changes))


FIELDS = tuple(Reading.__dataclass_fields__)


def _status(
    reading: Reading,
    before: AccountStatus | None = None,
    *,
    stop: EmergencyStop | None = None,
    trouble: str = "",
    **around: object,
) -> AccountStatus:
    known = {"account": "alice", "version": "1", "started": NOON, "generation": 3} | around
    surroundings = Surroundings(**known)  # type: ignore[arg-type]  # fields by name
    why = Lifeless(reading=reading, around=surroundings, stop=stop, trouble=trouble, now=LATER)
    return lifeless_status(why, before)


def _said(status: AccountStatus) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status.value, each.reason) for each in status.conditions}


def test_missing_keys_are_said_with_reason_and_remedy() -> None:
    reading = _reading(keys=None)
    problem = "Secret keys does not exist; create it with apiKey and apiSecret"
    status = _status(reading, keys_problem=problem, keys_reason="SecretMissing")

    assert _said(status) == {
        "CredentialsReady": ("False", "SecretMissing"),
        "MarketDataReady": ("False", "NotReported"),
        "Protected": ("False", "NotReported"),
        "TradingEnabled": ("False", "NotAdmitted"),
    }
    assert {problem in condition.message for condition in status.conditions} == {True}
    assert {condition.observed_generation for condition in status.conditions} == {3}


def test_an_account_that_another_holds_says_so_and_keeps_its_good_keys() -> None:
    status = _status(_reading(), uid="1001", admission_problem="another one has it")

    assert _said(status)["CredentialsReady"] == ("True", "AsExpected")
    assert _said(status)["TradingEnabled"] == ("False", "NotAdmitted")
    assert status.account is not None
    assert status.account.uid == "1001"


def test_a_specification_that_cannot_be_followed_is_named_by_field() -> None:
    status = _status(_reading(account=None, keys=None, faults=("spec.mode: is no mode",)))
    enabled = status.condition("TradingEnabled")

    assert enabled is not None
    assert enabled.message == "the specification is not followed: spec.mode: is no mode"
    assert _said(status)["CredentialsReady"] == ("False", "NotReported")


def test_a_broken_life_does_not_leave_its_good_word_behind() -> None:
    """TradingEnabled and Protected of the last report hold no more."""
    status = _status(_reading(), LAST, trouble="the runner broke: OSError", uid="1001")

    assert _said(status)["TradingEnabled"] == ("False", "NotReported")
    assert _said(status)["Protected"] == ("False", "NotReported")


def test_a_latched_stop_goes_before_everything_else() -> None:
    """RI-2: with its id, its cause and the policy that holds now."""
    status = _status(_reading(keys=None), stop=STOP, keys_problem="no keys")

    assert _said(status)["TradingEnabled"] == ("False", "EmergencyStop")
    assert status.emergency is not None
    assert (status.emergency.id, status.emergency.latched) == ("e8c2f6", True)
    assert (status.emergency.cause.value, status.emergency.policy.value) == (
        "margin",
        "CancelEntries",
    )


def test_a_persons_stop_has_one_id_for_as_long_as_it_stands() -> None:
    reading = _reading(stops=("spec.emergencyStop",))
    first = _status(reading)
    second = _status(reading, first)

    assert first.emergency is not None
    assert first.emergency == second.emergency
    assert (first.emergency.cause.value, first.emergency.latched) == ("person", False)
    assert _status(_reading(), second).emergency is None


def test_what_the_next_life_begins_with_stays_in_the_report() -> None:
    """Sums, the day, applied parameters and the epoch; only what a strategy does is unknown."""
    status = _status(_reading(), LAST, uid="1001")

    assert LAST.account is not None
    assert status.account == LAST.account.model_copy(update={"sums_until": NOON})
    assert [(each.name, each.state) for each in status.strategies] == [
        ("xrp", "Recovering"),
        ("old", "Retiring"),
    ]
    assert status.strategies[0].applied == LAST.strategies[0].applied
    assert status.runner is not None
    assert (status.runner.epoch, status.runner.last_report) == (7, LATER)


def test_sums_are_complete_up_to_the_last_report_of_a_life() -> None:
    """However many reports follow without one, and whichever process writes them."""
    first = _status(_reading(keys=None), LAST)
    second = _status(_reading(keys=None), first)
    never = _status(_reading(keys=None), _status(_reading(keys=None)))

    assert second.runner is not None
    assert second.runner.last_report == LATER
    assert totals_from(second, LATER).since == NOON
    assert never.account is not None
    assert never.account.sums_until is None


def test_a_dry_run_names_no_owner() -> None:
    """Its venue is inside the process: the uid means nothing outside."""
    status = _status(_reading(), LAST, uid="1001", is_dry_run=True)

    assert status.account is not None
    assert status.account.uid is None


def test_times_of_transition_carry_over() -> None:
    first = _status(_reading(), trouble="broke")
    moved = first.model_copy(
        update={
            "conditions": tuple(
                condition.model_copy(update={"last_transition_time": NOON})
                for condition in first.conditions
            )
        }
    )
    second = _status(_reading(), moved, trouble="broke again")

    assert {condition.last_transition_time for condition in second.conditions} == {NOON}
    assert {condition.status for condition in second.conditions} == {ConditionStatus.FALSE}
