"""What Deployments, ReplicaSets and pods say about a roll-out."""

from typing import Any

from cluster.rollout import judge

REVISION = "deployment.kubernetes.io/revision"


def deployment(*, seen: int = 2, ready: int = 1, pods: int = 1, revision: str = "2") -> Any:
    metadata = {"name": "app", "uid": "d", "generation": 2, "annotations": {REVISION: revision}}
    status = {
        "observedGeneration": seen,
        "replicas": pods,
        "updatedReplicas": 1,
        "readyReplicas": ready,
    }
    return {
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "app"}}},
        "status": status,
    }


def replica_set(template: str, revision: str) -> Any:
    metadata = {
        "name": f"app-{template}",
        "uid": template,
        "ownerReferences": [{"uid": "d"}],
        "annotations": {REVISION: revision},
    }
    return {"kind": "ReplicaSet", "metadata": metadata}


def pod(template: str, reason: str, *, restarts: int = 0, last: str = "", message: str = "") -> Any:
    container = {
        "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": {"message": last}} if last else {},
    }
    owners = [{"uid": template}]
    metadata = {"name": f"app-{template}-x", "labels": {"app": "app"}, "ownerReferences": owners}
    return {"kind": "Pod", "metadata": metadata, "status": {"containerStatuses": [container]}}


SETS = [replica_set("old", "1"), replica_set("new", "2")]


def test_a_deployment_whose_only_pods_are_new_and_ready_serves() -> None:
    assert judge([deployment(), *SETS]).unready == ()


def test_a_change_that_nobody_has_seen_yet_is_not_served() -> None:
    """The counts are still those of the old template."""
    assert judge([deployment(seen=1), *SETS]).unready == ("app",)


def test_a_pod_that_is_not_ready_or_an_old_one_beside_it_is_not_served() -> None:
    assert judge([deployment(ready=0), *SETS]).unready == ("app",)
    assert judge([deployment(pods=2), *SETS]).unready == ("app",)


def test_a_program_that_ends_again_and_again_is_hopeless_in_its_own_words() -> None:
    crashing = pod("new", "CrashLoopBackOff", restarts=3, last="starting\nerror: no such flag\n")

    found = judge([deployment(ready=0), *SETS, crashing])

    assert found.hopeless == ("app-new-x: CrashLoopBackOff: error: no such flag",)


def test_a_program_that_ended_once_may_still_come_up() -> None:
    crashing = pod("new", "CrashLoopBackOff", restarts=1, last="error: too early")

    assert judge([deployment(ready=0), *SETS, crashing]).hopeless == ()


def test_an_image_that_is_nowhere_is_hopeless_at_once() -> None:
    waiting = pod("new", "ImagePullBackOff", message="not found")

    found = judge([deployment(ready=0), *SETS, waiting])

    assert found.hopeless == ("app-new-x: ImagePullBackOff: not found",)


def test_a_pod_of_the_old_template_may_fail_as_it_likes() -> None:
    crashing = pod("old", "CrashLoopBackOff", restarts=9, last="error: old")

    assert judge([deployment(), *SETS, crashing]).hopeless == ()
    assert judge([deployment(seen=1), *SETS, crashing]).hopeless == ()


def test_a_pod_that_an_uninstalled_release_left_is_waited_for() -> None:
    """A Service would send to it too."""
    left = pod("gone", "ContainerCreating")

    assert judge([deployment(), *SETS, left]).unready == ("app",)
    assert judge([deployment(), *SETS, pod("new", "ContainerCreating")]).unready == ()
