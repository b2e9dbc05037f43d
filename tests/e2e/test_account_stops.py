"""Stops in the cluster: by a person without the operator, by the margin rate, over every restart.

What a stop promises is judged by what the venue received.
"""

import json
from collections.abc import Callable, Iterator

import pytest

from support.fleet_desk import FleetDesk, elapse, until
from support.grid_life import LIFE
from support.kubectl import Kubectl
from support.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

MakeDesk = Callable[..., FleetDesk]
ANNOTATION = "tradefleet.dev/emergency-stop"
POLICIES = ("CancelEntries", "Freeze", "Flatten")
NOTHING: dict[str, object] = {"held": {}, "long": [], "short": [], "longExit": [], "shortExit": []}


@pytest.fixture
def operator(release: Release) -> Iterator[Kubectl]:
    """kubectl in the operator's namespace; the operator runs again afterwards."""
    kubectl = Kubectl().within(release.namespace)
    yield kubectl
    _scale(kubectl, release, 1)


def test_each_policy_acts_without_the_operator_and_only_on_its_own_account(
    make_desk: MakeDesk, namespace: Kubectl, operator: Kubectl, release: Release
) -> None:
    """RI-3, RI-5, RI-7, RI-15: stopped by kubectl patch, and by nothing else taken back."""
    stopped = {policy: make_desk(name=policy.lower()) for policy in POLICIES}
    free = make_desk(name="free")
    desks = [*stopped.values(), free]
    for policy, desk in stopped.items():
        desk.apply(emergency={"byCause": {"person": policy}})
    free.apply()
    for desk in desks:
        desk.settles(LIFE[0].shows)
        desk.until_covered()
        desk.until_ready()
    _scale(operator, release, 0)

    before = free.count()
    for desk in stopped.values():
        desk.patch(emergencyStop=True)
    for policy, desk in stopped.items():
        stop = desk.until_stopped()
        assert (stop["cause"], stop["policy"], stop["latched"]) == ("person", policy, False)
    stopped["CancelEntries"].settles({"long": [], "short": [], "longExit": [("75", "1.0105")]})
    stopped["Flatten"].settles(NOTHING)
    free.price("0.99")
    free.settles(LIFE[1].shows)
    for desk in stopped.values():
        assert desk.adding(before) == []
    assert stopped["Freeze"].writes(before) == []

    frozen = stopped["Freeze"]
    frozen.apply_account()
    again = frozen.kubectl.apply_as("gitops", frozen.manifest(), flags=("--force-conflicts",))
    assert again.ok, again.err
    elapse(3)
    assert frozen.emergency()
    assert frozen.writes(before) == []

    free.price("1.00")
    _take_back(stopped)
    assert free.restarts() == sum(desk.restarts() for desk in desks) == 0


def test_the_annotation_on_all_accounts_stops_them_and_its_removal_ends_it(
    make_desk: MakeDesk, second_namespace: Kubectl
) -> None:
    """RI-1, RI-2: `kubectl annotate --all -A` reaches the whole fleet."""
    desks = [make_desk(name="alice"), make_desk(name="bob", kubectl=second_namespace)]
    for desk in desks:
        desk.apply()
    for desk in desks:
        desk.settles(LIFE[0].shows)
    everywhere = Kubectl()
    before = desks[0].count()
    try:
        everywhere.must("annotate", "ta", "--all", "-A", "--overwrite", f"{ANNOTATION}=drill")
        for desk in desks:
            assert desk.until_stopped()["cause"] == "person"
            desk.settles({"long": [], "short": []})
            assert desk.adding(before) == []
    finally:
        everywhere.must("annotate", "ta", "--all", "-A", f"{ANNOTATION}-")
    for desk in desks:
        desk.until_resumed()
        desk.settles(LIFE[0].shows)


def _take_back(stopped: dict[str, FleetDesk]) -> None:
    """All of them trade again; the frozen one's entry filled at 0.99, as it rested."""
    for desk in stopped.values():
        desk.patch(emergencyStop=None)
    for policy, desk in stopped.items():
        desk.until_resumed()
        desk.settles(LIFE[1 if policy == "Freeze" else 0].shows)


def _scale(operator: Kubectl, release: Release, replicas: int) -> None:
    name = f"deployment/{release.operator_deployment}"
    operator.must("scale", name, f"--replicas={replicas}")

    def done() -> bool:
        status = json.loads(operator.must("get", name, "--output=json"))["status"]
        return int(status.get("readyReplicas", 0)) == int(status.get("replicas", 0)) == replicas

    until(done, f"{replicas} operators")
