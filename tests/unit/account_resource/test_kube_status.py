"""The runner applies its own part of the status and nothing else (KU-3, KU-4)."""

from botapi.conditions import Condition, ConditionStatus
from botapi.v1alpha1.status import Admission
from botrunner.account_resource.kube_status import applied, own_part
from support.runner_reports import NOON, emergency, report


def test_the_operator_s_fields_and_conditions_are_left_out() -> None:
    ready = Condition(
        type="Ready",
        status=ConditionStatus.TRUE,
        reason="AsExpected",
        message="",
        last_transition_time=NOON,
    )
    mixed = report()
    mixed = mixed.model_copy(
        update={
            "conditions": (*mixed.conditions, ready),
            "admitted": Admission(uid="7"),
            "observed_generation": 3,
        }
    )
    part = own_part(mixed, emergency=None, epoch=1)

    assert {"admitted", "phase", "observedGeneration", "emergency"}.isdisjoint(part)
    assert len(part["conditions"]) == 4
    assert part["openOrders"] == 2


def test_emergency_and_epoch_are_those_that_were_decided() -> None:
    said = emergency().to_json()
    part = own_part(report(epoch=0), emergency=said, epoch=9)

    assert (part["emergency"], part["runner"]["epoch"]) == (said, 9)
    assert part["runner"]["pod"] == "case-0"


def test_no_epoch_is_left_out() -> None:
    assert "epoch" not in own_part(report(epoch=0), emergency=None, epoch=0)["runner"]


def test_a_version_is_a_condition_only_where_it_is_given() -> None:
    bare = applied("clients", "case", {}, version="")
    guarded = applied("clients", "case", {}, version="8")

    assert bare["metadata"] == {"name": "case", "namespace": "clients"}
    assert guarded["metadata"]["resourceVersion"] == "8"
