"""What `tradefleet stop` writes into one account, and when it is done."""

from typing import Any

import pytest

from botapi.v1alpha1.emergency import EmergencyPolicy
from botrunner.fleet.decide import decide_stop, is_carried_out
from support.paper_cluster import emergency, stored


def test_a_stop_sets_the_switch_and_nothing_else() -> None:
    """OB-8."""
    decision = decide_stop(stored(), None)

    assert decision.patch == {"spec": {"emergencyStop": True}}
    assert decision.says == ("spec.emergencyStop: true",)


def test_a_policy_is_set_in_the_same_write() -> None:
    """RI-3: the runner never sees the switch without the policy that belongs to it."""
    decision = decide_stop(stored(), EmergencyPolicy.FLATTEN)

    assert decision.patch == {
        "spec": {"emergencyStop": True, "emergency": {"byCause": {"person": "Flatten"}}}
    }


def test_a_stop_that_is_set_is_not_set_again() -> None:
    decision = decide_stop(stored(spec={"emergencyStop": True}), None)

    assert decision.patch is None
    assert not decision.is_refused


def test_a_stop_by_the_annotation_gets_the_switch_too() -> None:
    raw = stored(annotations={"tradefleet.dev/emergency-stop": "true"})

    assert decide_stop(raw, None).patch == {"spec": {"emergencyStop": True}}


def test_the_policy_of_a_standing_stop_can_be_changed() -> None:
    raw = stored(spec={"emergencyStop": True, "emergency": {"byCause": {"person": "Freeze"}}})

    assert decide_stop(raw, EmergencyPolicy.FREEZE).patch is None
    assert decide_stop(raw, EmergencyPolicy.FLATTEN).patch == {
        "spec": {"emergency": {"byCause": {"person": "Flatten"}}}
    }


@pytest.mark.parametrize(
    ("status", "carried_out"),
    [
        pytest.param({}, False, id="nobody has reported"),
        pytest.param(
            {"emergency": emergency(complete=False), "runner": {"observedGeneration": 2}},
            False,
            id="in progress",
        ),
        pytest.param(
            {"emergency": emergency(), "runner": {"observedGeneration": 1}},
            False,
            id="the stop before, by a runner that has not seen the new one",
        ),
        pytest.param(
            {"emergency": emergency(), "runner": {"observedGeneration": 2}}, True, id="done"
        ),
        pytest.param(
            {"emergency": emergency(id="new"), "runner": {"observedGeneration": 1}},
            True,
            id="done by a runner that cannot follow the spec",
        ),
    ],
)
def test_a_stop_is_carried_out_when_the_runner_says_so_of_this_stop(
    status: dict[str, Any], carried_out: bool
) -> None:
    assert is_carried_out(stored(status=status), generation=2, before="8c2f6d") is carried_out
