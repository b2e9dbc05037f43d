"""The built-in cluster: brought up, repaired, switched, taken down without a trace.

It ends the cluster of this machine several times and leaves it up. It needs root and no Docker.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import network, processes
from cluster.paths import KUBECONFIG, PIDS, REPOSITORY, STATE
from support.local_cluster import (
    COMPONENTS,
    NAMESPACE,
    assert_the_cluster_works,
    cluster,
    kill,
    kubectl,
    own_anchor,
    pid_of,
    prepare,
    told,
    up,
)

pytestmark = pytest.mark.cluster

_CLUSTER = REPOSITORY / "tests" / "cluster"


@pytest.fixture(scope="module", autouse=True)
def running_cluster() -> Iterator[None]:
    """The cluster is up before, and up after."""
    up()
    yield
    up()


@pytest.fixture
def other_clone(tmp_path: Path) -> Path:
    """Another clone's place, with a space in it and longer than a socket's path may be."""
    place = tmp_path / "another clone" / ("x" * 108)
    shutil.copytree(_CLUSTER, place / "tests" / "cluster")
    return place


def test_a_second_up_does_nothing() -> None:
    before = [pid_of(component) for component in COMPONENTS]
    said = up()

    assert "was up already" in said
    assert [pid_of(component) for component in COMPONENTS] == before


def test_status_names_each_component_and_succeeds() -> None:
    status = cluster("status")

    assert status.returncode == 0
    assert all(f"process {pid_of(component)}" in status.stdout for component in COMPONENTS)


@pytest.mark.parametrize("component", COMPONENTS)
def test_up_repairs_the_cluster_after_kill_9_of(component: str) -> None:
    killed = processes.find(pid_of(component))
    assert killed is not None
    kill(killed)
    after_kill = cluster("status")
    up()

    assert after_kill.returncode == 1
    assert f"{component:<24} not running" in after_kill.stdout
    assert pid_of(component) != killed.pid
    assert_the_cluster_works()


def test_up_repairs_the_cluster_after_a_reboot_and_its_objects_are_still_there() -> None:
    prepare()
    told("-n", NAMESPACE, "delete", "configmap", "before-the-reboot", "--ignore-not-found")
    told("-n", NAMESPACE, "create", "configmap", "before-the-reboot")
    kill(own_anchor().process)
    for record in PIDS.glob("*.json"):
        stale = json.loads(record.read_text()) | {"pid": os.getpid(), "boot_id": "an earlier one"}
        record.write_text(json.dumps(stale))
    up()

    assert_the_cluster_works()
    told("-n", NAMESPACE, "get", "configmap", "before-the-reboot")


def test_up_repairs_the_cluster_after_its_network_link_was_removed() -> None:
    subprocess.run(["ip", "link", "delete", network.LINK], check=True)
    said = up()

    assert "ending the node, which has lost its network" in said
    assert_the_cluster_works()


def test_a_database_that_a_power_loss_damaged_is_replaced_by_an_empty_one() -> None:
    kill(own_anchor().process)
    for part in (STATE / "etcd" / "member").rglob("*"):
        if part.is_file():
            part.write_bytes(b"\0" * 4096)
    said = up()

    assert "the cluster's database did not survive" in said
    assert_the_cluster_works()


def test_secrets_of_the_cluster_are_readable_by_their_owner_only() -> None:
    private = [KUBECONFIG, *STATE.glob("config/*.kubeconfig"), STATE / "config" / "tokens.csv"]
    private += STATE.glob("pki/*.key")

    assert len(private) >= 10
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_the_live_cluster_of_another_clone_is_named_in_one_line_and_left_alone(
    other_clone: Path,
) -> None:
    refused = cluster("up", clone=other_clone)
    cluster("down", clone=other_clone)

    assert refused.returncode == 1
    assert refused.stderr == (
        f"cluster: error: the clone {REPOSITORY} runs a cluster on this machine; end it first:"
        f" make -C {REPOSITORY} cluster-down\n"
    )
    assert "was up already" in up()


def without(capability: str) -> subprocess.CompletedProcess[str]:
    """`up` by a root that lacks CAPABILITY."""
    program = [sys.executable, "-m", "cluster", "up"]
    return subprocess.run(
        ["setpriv", f"--bounding-set=-{capability}", *program],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tests"), "CLUSTER": "local"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("capability", ["sys_admin", "net_admin"])
def test_a_missing_privilege_is_one_line_with_the_remedy(capability: str) -> None:
    refused = without(capability)

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"needs CAP_{capability.upper()}" in refused.stderr
    assert "privileged container" in refused.stderr


def traces() -> dict[str, set[str]]:
    """What a cluster could leave on this machine, by sort."""
    commands = {
        "links": ["ip", "-brief", "link"],
        "routes": ["ip", "route"],
        "network namespaces": ["ip", "netns"],
        "rules": ["iptables-save"],
        "old rules": ["iptables-legacy-save"],
    }
    found = {sort: _lasting_lines(command) for sort, command in commands.items()}
    found["mounts"] = set(Path("/proc/self/mounts").read_text().splitlines())
    groups = [
        *Path("/sys/fs/cgroup").glob("tradefleet*"),
        *Path("/sys/fs/cgroup").glob("*/tradefleet*"),
    ]
    return found | {"control groups": {str(group) for group in groups}}


def _lasting_lines(command: list[str]) -> set[str]:
    """What a command prints, without the times and packet counts that each call prints anew."""
    printed = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    return {re.sub(r"\[\d+:\d+\]", "", line) for line in printed if not line.startswith("#")}


def inhabitants() -> list[processes.Process]:
    """All processes that are not in this one's process namespace: the node and its pods."""
    here = os.readlink("/proc/self/ns/pid")
    return [
        process
        for pid in processes.all_pids()
        if _space_of(pid) not in ("", here) and (process := processes.find(pid)) is not None
    ]


def _space_of(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def test_down_leaves_nothing_and_up_brings_a_new_one() -> None:
    cluster("down")
    before = traces()
    up()
    assert_the_cluster_works()
    lived = inhabitants()
    cluster("down")
    after = traces()

    assert len(lived) > len(COMPONENTS)
    assert not [process for process in lived if process.alive()]
    assert after == before
    assert not STATE.exists()
    up()
    assert "not found" in kubectl("get", "namespace", NAMESPACE).stderr


def removed(folder: Path) -> bool:
    """Whether FOLDER is gone, after one more attempt."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_what_the_cluster_of_a_removed_clone_left_is_cleared_by_the_next_up(
    other_clone: Path,
) -> None:
    cluster("down")
    up(other_clone)
    lived = inhabitants()
    # Its processes go on writing: one pass may find a folder filled again.
    processes.until(lambda: removed(other_clone), seconds=30)
    said = up()

    assert f"clearing what a cluster of {other_clone} left behind" in said
    assert not [process for process in lived if process.alive()]
    assert_the_cluster_works()
