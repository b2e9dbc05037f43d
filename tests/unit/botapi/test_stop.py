"""The stop switch is read before and apart from the rest (RI-1, RI-3)."""

from typing import Any

import pytest

from botapi.faults import InvalidObjectError
from botapi.labels import EMERGENCY_STOP_ANNOTATION
from botapi.parse import parse
from botapi.stop import StandingStop, read_standing_stop, read_stop
from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from support.accounts import account


def _annotated(value: object) -> dict[str, Any]:
    return account() | {"metadata": {"annotations": {EMERGENCY_STOP_ANNOTATION: value}}}


@pytest.mark.parametrize("value", [True, "true", "yes", "", 1, 0, {}, []])
def test_anything_but_a_plain_no_in_the_spec_stops(value: object) -> None:
    stop = read_stop(account(emergencyStop=value))

    assert stop.engaged
    assert stop.engaged_by == ("spec.emergencyStop",)


@pytest.mark.parametrize("value", [False, None, "false"])
def test_a_plain_no_in_the_spec_is_no_stop(value: object) -> None:
    assert not read_stop(account(emergencyStop=value)).engaged


@pytest.mark.parametrize("value", ["true", "", "False", "no", "0", "off"])
def test_any_annotation_but_false_stops(value: str) -> None:
    """RI-1."""
    assert read_stop(_annotated(value)).engaged_by == ("annotation tradefleet.dev/emergency-stop",)


def test_the_annotation_false_is_no_stop() -> None:
    """RI-1."""
    assert not read_stop(_annotated("false")).engaged


def test_either_switch_is_enough() -> None:
    both = _annotated("true") | {"spec": {"emergencyStop": False}}

    assert read_stop(both).engaged


def test_without_a_switch_there_is_no_stop() -> None:
    stop = read_stop(account())

    assert not stop.engaged
    assert stop.acknowledged is None


_UNPARSABLE = (
    {"emergencyStop": True, "exchange": 7, "strategies": "none"},
    {"emergencyStop": True},
    {"emergencyStop": True, "risk": {"maxLeverage": "much"}, "emergency": "Flatten"},
)


@pytest.mark.parametrize("spec", _UNPARSABLE)
def test_a_spec_that_cannot_be_parsed_still_stops(spec: dict[str, Any]) -> None:
    """RI-1: design's 'the stop reads the raw object first'."""
    raw = account() | {"spec": spec}
    with pytest.raises(InvalidObjectError):
        parse(TradingAccount, raw)

    assert read_stop(raw).engaged


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"spec": None, "metadata": None},
        {"spec": [], "metadata": "x"},
        {"spec": {"emergency": [], "acknowledgedEmergency": 5}, "metadata": {"annotations": []}},
        {"spec": {"emergency": {"policy": {}, "byCause": 3}}},
    ],
)
def test_reading_the_stop_never_fails(raw: dict[str, Any]) -> None:
    stop = read_stop(raw)

    assert not stop.engaged
    assert stop.acknowledged is None
    assert stop.emergency.policy is EmergencyPolicy.CANCEL_ENTRIES


def test_the_acknowledgement_is_read_with_it() -> None:
    """RI-2."""
    assert read_stop(account(acknowledgedEmergency="8c2f6d")).acknowledged == "8c2f6d"
    assert read_stop(account(acknowledgedEmergency="")).acknowledged is None


def test_policies_are_read_one_by_one() -> None:
    """RI-3: one that cannot be read falls back without taking the others with it."""
    emergency = {"policy": "Freeze", "byCause": {"margin": "Flatten", "person": "whatever"}}

    policies = read_stop(account(emergency=emergency)).emergency

    assert policies.policy_for(EmergencyCause.MARGIN) is EmergencyPolicy.FLATTEN
    assert policies.policy_for(EmergencyCause.PERSON) is EmergencyPolicy.FREEZE
    assert policies.policy_for(EmergencyCause.VENUE) is EmergencyPolicy.FREEZE


def test_the_policies_are_those_of_the_models() -> None:
    emergency = {"policy": "Flatten", "byCause": {"stream": "Freeze"}}
    raw = account(emergency=emergency)

    assert read_stop(raw).emergency == parse(TradingAccount, raw).spec.emergency


@pytest.mark.parametrize(
    ("emergency", "stop"),
    [
        ({"id": "8c2f6d", "latched": True}, StandingStop(id="8c2f6d", latched=True)),
        ({"id": "8c2f6d", "latched": False}, StandingStop(id="8c2f6d", latched=False)),
        ({"id": "8c2f6d", "cause": "a cause to come"}, StandingStop(id="8c2f6d", latched=True)),
        ({"id": 5, "latched": "no"}, StandingStop(id="", latched=True)),
        ({}, StandingStop(id="", latched=True)),
        ("stopped", StandingStop(id="", latched=True)),
        (None, None),
    ],
)
def test_a_stop_in_the_status_stands_however_it_is_written(
    emergency: object, stop: StandingStop | None
) -> None:
    """RI-2: a latched stop outlives restarts, also into another version."""
    assert read_standing_stop(account() | {"status": {"emergency": emergency}}) == stop


@pytest.mark.parametrize("status", [None, {}, [], "x"])
def test_without_a_report_no_stop_stands(status: object) -> None:
    assert read_standing_stop(account() | {"status": status}) is None
