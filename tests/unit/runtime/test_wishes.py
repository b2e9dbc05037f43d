"""From two readings of the account to events."""

from dataclasses import replace
from datetime import UTC, datetime

from botrunner.account_resource.port import Reading
from botrunner.account_resource.reading import NOTHING, Wanted, read_text
from botrunner.domain.control import (
    EmergencyAcknowledged,
    Event,
    ParametersChanged,
    PersonStopSet,
    PersonStopTakenBack,
)
from botrunner.runtime.wishes import events_between, needs_new_life, retiring
from unit.account_resource.test_reading import TEXT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WANTED = Wanted(name="alice", environment={}, started_with=None)


def _read(text: str, before: Reading = NOTHING) -> Reading:
    return read_text(text, WANTED, before)


def _events(before: Reading, text: str) -> list[Event]:
    return list(events_between(before, _read(text, before), NOON))


def test_an_edit_of_parameters_is_one_event_and_a_comment_is_none() -> None:
    before = _read(TEXT)
    (event,) = _events(before, TEXT.replace("initialMargin: 1", "initialMargin: 2"))

    assert isinstance(event, ParametersChanged)
    assert event.parameters.strategies[0].grid.wanted.initial_margin == 2
    assert _events(before, TEXT + "# nothing new\n") == []


def test_the_policy_is_told_before_the_stop_that_it_is_for() -> None:
    """RI-3: even where the rest of the object cannot be parsed."""
    stop = "  emergencyStop: true\n  emergency: {policy: Freeze}\n  nonsense: 1\n"
    told = _events(_read(TEXT), TEXT + stop)

    assert [type(event) for event in told] == [ParametersChanged, PersonStopSet]
    assert isinstance(told[0], ParametersChanged)
    assert told[0].parameters.stop.policy.value == "Freeze"


def test_a_stop_is_told_once_and_taken_back_once() -> None:
    before = _read(TEXT)
    stopped = _read(TEXT + "  emergencyStop: true\n", before)

    assert [type(e) for e in events_between(before, stopped, NOON)] == [PersonStopSet]
    assert list(events_between(stopped, stopped, NOON)) == []
    assert [type(e) for e in events_between(stopped, before, NOON)] == [PersonStopTakenBack]


def test_an_acknowledgement_is_told_once() -> None:
    before = _read(TEXT)
    (event,) = _events(before, TEXT + "  acknowledgedEmergency: a1b2c3\n")

    assert event == EmergencyAcknowledged(at=NOON, emergency_id="a1b2c3")


def test_new_keys_need_a_new_life_and_lost_keys_do_not() -> None:
    """KU-13: new contents of the Secret are taken up; a Secret that vanished changes nothing."""
    before = _read(TEXT)

    assert needs_new_life(before, _read(TEXT.replace("alice-secret", "alice-secret2"), before))
    assert not needs_new_life(before, replace(before, keys=None))
    allowed = TEXT.replace("{secretName: keys}", "{secretName: keys, allowWithdraw: true}")
    assert needs_new_life(before, _read(allowed, before))


def test_a_renamed_strategy_retires_under_its_old_name() -> None:
    """KU-27."""
    before = _read(TEXT)
    assert before.account is not None
    after = _read(TEXT.replace("name: xrp", "name: ripple"), before)

    assert [s.name for s in retiring(before.account.spec.strategies, after)] == ["xrp"]
    assert retiring(before.account.spec.strategies, before) == ()


def test_another_symbol_under_an_old_name_leaves_the_old_one_retiring() -> None:
    """KU-27: also where it comes by two edits, of which each alone is allowed."""
    before = _read(TEXT)
    assert before.account is not None
    account = before.account
    (old,) = account.spec.strategies
    other = old.model_copy(update={"symbol": "ETHUSDT"})
    spec = account.spec.model_copy(update={"strategies": (other,)})
    after = replace(before, account=account.model_copy(update={"spec": spec}))

    assert retiring((old, other), after) == (old,)
