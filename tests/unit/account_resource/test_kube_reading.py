"""What people want, from an object as the API server gives it (RI-5, KU-13, KU-26)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from botrunner.account_resource.kube_api import ApiRefusedError, decode
from botrunner.account_resource.kube_reading import (
    epoch_of,
    generation_of,
    newer,
    read_object,
    status_of,
)
from botrunner.account_resource.reading import NOTHING
from support.accounts import ABSENT, account, with_value
from support.runner_reports import report

ADMITTED = {"admitted": {"uid": "7"}, "runner": {"epoch": 12}}


def seen(**changes: Any) -> dict[str, Any]:
    """An object of the API server."""
    raw = account()
    raw["metadata"] |= {"namespace": "clients", "uid": "u1", "generation": 3, "labels": {"a": "b"}}
    return {**raw, **changes}


def test_the_object_is_followed_with_its_generation_admission_and_epoch() -> None:
    reading = read_object(seen(status=ADMITTED), None, NOTHING)

    assert reading.account is not None
    assert (reading.generation, reading.admitted_uid, reading.highest_epoch) == (3, "7", 12)
    assert (reading.is_reachable, reading.faults, reading.stops) == (True, (), ())


def test_an_object_that_cannot_be_parsed_still_stops_and_acknowledges() -> None:
    """RI-5: the last good specification stays, with its generation."""
    good = read_object(seen(), None, NOTHING)
    spec = {
        "strategies": "none",
        "emergencyStop": True,
        "acknowledgedEmergency": "abc123",
        "emergency": {"policy": "Flatten"},
    }
    broken = seen(spec=spec)
    broken["metadata"]["generation"] = 4
    reading = read_object(broken, good.account, good)

    assert reading.stops == ("spec.emergencyStop",)
    assert reading.acknowledged == ("abc123",)
    assert reading.policies.policy.value == "Flatten"
    assert (reading.account, reading.generation) == (good.account, 3)
    assert any("spec.strategies" in fault for fault in reading.faults)


def test_fields_that_this_version_does_not_know_are_for_a_newer_one() -> None:
    raw = with_value("spec.aFieldOfTomorrow", {"a": 1}, seen())

    assert read_object(raw, None, NOTHING).faults == ()


def test_what_nobody_wanted_makes_no_other_reading() -> None:
    """A report, a label or a heartbeat is no change of the account."""
    before = read_object(seen(status=ADMITTED), None, NOTHING)
    raw = seen(status={**ADMITTED, "openOrders": 3})
    raw["metadata"] |= {"resourceVersion": "99", "labels": {}, "managedFields": [{}]}

    assert read_object(raw, None, before) == before


def test_the_annotation_is_kept_in_the_account_for_its_copy() -> None:
    raw = seen()
    raw["metadata"]["annotations"] = {"tradefleet.dev/emergency-stop": "", "other": "x"}
    reading = read_object(raw, None, NOTHING)

    assert reading.account is not None
    assert dict(reading.account.metadata.annotations) == {"tradefleet.dev/emergency-stop": ""}
    assert read_object(reading.account.to_json(), None, NOTHING).stops == reading.stops


def test_an_immutable_field_that_changed_is_not_followed() -> None:
    before = read_object(seen(), None, NOTHING)
    reading = read_object(with_value("spec.environment", "mainnet", seen()), None, before)

    assert reading.account == before.account
    assert "spec.environment" in reading.faults[0]


def test_a_field_that_needs_another_pod_is_said_to_wait() -> None:
    """KU-13."""
    first = read_object(seen(), None, NOTHING)
    reading = read_object(with_value("spec.initialBalance", 5, seen()), first.account, first)

    assert reading.pending_restart == ("spec.initialBalance",)


def test_a_dry_run_needs_no_admission() -> None:
    """Its venue is inside the process, where nobody else's account can be."""
    raw = with_value("spec.mode", "dryRun", seen(status=ADMITTED))

    assert read_object(raw, None, NOTHING).admitted_uid is None


def test_without_an_admission_there_is_the_empty_one() -> None:
    assert read_object(seen(), None, NOTHING).admitted_uid == ""
    assert read_object(seen(status={"admitted": "?"}), None, NOTHING).admitted_uid == ""


def test_the_highest_epoch_never_falls() -> None:
    before = replace(NOTHING, highest_epoch=20)

    assert read_object(seen(status=ADMITTED), None, before).highest_epoch == 20


@pytest.mark.parametrize("odd", [None, "x", [], {"generation": "x"}, {"generation": None}])
def test_odd_metadata_counts_as_nothing(odd: object) -> None:
    assert generation_of({"metadata": odd}) == 0
    assert epoch_of({"status": odd}) == 0


def test_numbers_come_as_they_are_written() -> None:
    raw = decode(b'{"a": 0.1, "b": 12345678901234567, "c": 1e-8}')

    assert raw == {"a": Decimal("0.1"), "b": 12345678901234567, "c": Decimal("1e-8")}


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"a": NaN}', b"\xff"])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(ApiRefusedError):
        decode(text)


def test_parts_of_a_status_that_cannot_be_read_are_left_out() -> None:
    status = status_of({"status": {"openOrders": 3, "positions": "many"}})

    assert status is not None
    assert (status.open_orders, status.positions) == (3, ())


def test_the_later_of_two_reports_is_that_of_the_higher_epoch() -> None:
    old, young = report(epoch=1), report(epoch=2)

    assert newer(old, young) is young
    assert newer(young, old) is young
    assert newer(None, old) is old
    assert newer(None, None) is None


def test_an_object_without_a_specification_has_a_fault_and_no_account() -> None:
    reading = read_object(with_value("spec", ABSENT, seen()), None, NOTHING)

    assert reading.account is None
    assert reading.faults
