"""The cluster of kind, with programs in its place that write down what they are asked."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from unit.cluster.conftest import Clone

# kind writes a kubeconfig; kubectl says that the API server is ready once there is one.
_KIND = """
echo "kind $*" >> "$CALLS"
while [ $# -gt 0 ]; do [ "$1" = --kubeconfig ] && file=$2; shift; done
case "$(tail -n 1 "$CALLS")" in *"create cluster"*) echo '{}' > "$file";; esac
"""
_KUBECTL = 'test -e "${1#--kubeconfig=}"'


@pytest.fixture
def calls(make_clone: Callable[[str], Clone], tmp_path: Path) -> Path:
    """Where kind's calls are written down; kind, kubectl and helm are on every clone's PATH."""
    (tmp_path / "calls").touch()
    return tmp_path / "calls"


@pytest.fixture
def with_docker(clone: Clone, calls: Path) -> Clone:
    """A clone on a machine where a Docker daemon answers."""
    clone.provide("docker", "exit 0")
    clone.provide("kind", f'CALLS="{calls}"\n{_KIND}')
    clone.provide("kubectl", _KUBECTL)
    clone.provide("helm", "exit 0")
    return clone


def test_up_creates_a_cluster_of_its_own_name_and_kubeconfig(
    with_docker: Clone, calls: Path
) -> None:
    up = with_docker.run("up")

    assert up.returncode == 0, up.stderr
    (created,) = [call for call in calls.read_text().splitlines() if "create cluster" in call]
    assert f"--kubeconfig {with_docker.root}/.cluster/kubeconfig" in created
    assert "--name tradefleet-" in created


def test_a_second_up_does_nothing(with_docker: Clone, calls: Path) -> None:
    with_docker.run("up")
    before = calls.read_text()
    again = with_docker.run("up")

    assert "was up already" in again.stderr
    assert calls.read_text() == before


def test_down_deletes_it_and_never_through_the_users_own_kubeconfig(
    with_docker: Clone, calls: Path
) -> None:
    with_docker.run("up")
    with_docker.run("down")
    deletions = [call for call in calls.read_text().splitlines() if "delete cluster" in call]

    assert all(f"--kubeconfig {with_docker.root}/.cluster/" in call for call in deletions)
    assert not (with_docker.root / ".cluster").exists()


def test_the_cluster_of_a_removed_clone_is_deleted_by_the_next_up_of_another(
    with_docker: Clone, make_clone: Callable[[str], Clone], calls: Path
) -> None:
    with_docker.run("up")
    name = (with_docker.root / ".cluster" / "kind-name").read_text()
    shutil.rmtree(with_docker.root)
    calls.write_text("")
    other = make_clone("other").run("up")

    assert other.returncode == 0, other.stderr
    assert f"delete cluster --name {name}" in calls.read_text()


def test_switches_say_that_only_the_built_in_cluster_has_them(with_docker: Clone) -> None:
    with_docker.run("up")
    refused = with_docker.run("api-server", "stop")

    assert refused.returncode == 1
    assert "only the built-in cluster has switches" in refused.stderr
