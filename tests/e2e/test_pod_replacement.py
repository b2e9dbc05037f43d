"""A pod whose template changed is replaced by the operator when nothing depends on it (KU-13)."""

import pytest

from botapi.labels import MODE_ANNOTATION
from support.fleet_desk import FleetDesk
from support.grid_life import LIFE

pytestmark = pytest.mark.cluster


def _trade_to_filled_levels(desk: FleetDesk) -> None:
    desk.apply()
    for moment in LIFE[:2]:
        desk.price(moment.price)
        desk.settles(moment.shows)
    desk.until_covered()
    desk.until_ready()


def _mode_of_pod(desk: FleetDesk) -> str:
    return str(desk.pod().get("metadata", {}).get("annotations", {}).get(MODE_ANNOTATION, ""))


def test_a_field_that_applies_at_a_restart_replaces_a_protected_pod_and_doubles_nothing(
    desk: FleetDesk,
) -> None:
    _trade_to_filled_levels(desk)
    picture, pod, before = desk.picture(), desk.pod_uid(), desk.count()

    desk.patch(initialBalance=500)

    desk.until(lambda: desk.pod_uid() not in ("", pod), "another pod is there")
    desk.until_ready()
    desk.settles(picture)
    assert desk.writes(before) == []
    assert desk.condition("Reconciling")["status"] == "False"


def test_a_live_field_replaces_no_pod(desk: FleetDesk) -> None:
    _trade_to_filled_levels(desk)
    pod = desk.pod_uid()

    desk.patch(reconcileSeconds=20)
    generation = desk.stored()["metadata"]["generation"]
    desk.until(
        lambda: desk.status()["runner"]["observedGeneration"] == generation, "it is taken up"
    )
    desk.until_ready()

    assert desk.pod_uid() == pod


def test_from_live_to_dry_run_the_pod_goes_when_no_order_and_no_position_is_left(
    desk: FleetDesk,
) -> None:
    _trade_to_filled_levels(desk)
    pod = desk.pod_uid()

    desk.patch(mode="dryRun")
    desk.until(
        lambda: "no position is left" in desk.condition("Reconciling")["message"],
        "the operator waits",
    )
    assert desk.condition("Reconciling")["status"] == "True"
    assert (desk.pod_uid(), _mode_of_pod(desk)) == (pod, "live")

    desk.patch(emergencyStop=True, emergency={"policy": "Flatten"})

    desk.until(lambda: _mode_of_pod(desk) == "dryRun", "a pod for the dry run is there")
    assert desk.ledger()["openOrders"] == []
    assert desk.picture()["held"] == {}
