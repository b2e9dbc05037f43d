"""What `tradefleet status` shows of an object, whatever stands in it."""

from typing import Any

import pytest

from botapi.conditions import ConditionType
from botrunner.fleet.view import view_account
from support.paper_cluster import emergency, stored

GOOD = [
    {
        "type": kind.value,
        "status": "False" if kind.value in ("Reconciling", "Stalled") else "True",
        "reason": "AsExpected",
        "message": "",
    }
    for kind in ConditionType
]


def conditions(**changed: str) -> list[dict[str, Any]]:
    """All conditions well, but for these."""
    return [
        row | ({"status": changed[str(row["type"])]} if row["type"] in changed else {})
        for row in GOOD
    ]


def test_only_conditions_that_are_not_well_are_shown() -> None:
    raw = stored(status={"conditions": conditions(Stalled="True", Protected="Unknown")})

    assert view_account(stored(status={"conditions": GOOD})).conditions == ()
    assert {view.type for view in view_account(raw).conditions} == {"Stalled", "Protected"}


def test_a_condition_that_nobody_reported_is_not_well() -> None:
    view = view_account(stored())

    assert {condition.type for condition in view.conditions} == {*ConditionType}
    assert (view.ready, view.phase, view.stop) == ("Unknown", "", None)


def test_a_stop_is_shown_with_the_way_to_end_it() -> None:
    stop = view_account(stored(status={"emergency": emergency()})).stop

    assert stop is not None
    assert (stop.cause, stop.latched, stop.complete, stop.switches) == ("margin", True, True, ())
    assert stop.ends == "tradefleet resume alice --namespace clients"


def test_a_stop_that_no_runner_has_reported_is_shown_too() -> None:
    stop = view_account(stored(spec={"emergencyStop": True})).stop

    assert stop is not None
    assert (stop.is_reported, stop.switches) == (False, ("spec.emergencyStop",))


@pytest.mark.parametrize(
    "status",
    [
        "text",
        {"conditions": "text", "positions": 7, "emergency": "on", "account": []},
        {"conditions": [7, {"type": 7}], "emergency": {"id": 7}, "openOrders": "many"},
    ],
)
def test_an_object_that_somebody_broke_is_still_shown(status: Any) -> None:
    raw = stored() | {"status": status}

    assert view_account(raw).key.name == "alice"
