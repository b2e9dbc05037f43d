"""The release as helm and kubectl are asked for it, with programs in their place."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unit.cluster.conftest import Clone, program

INSTALL = "from cluster import release; release.install('localhost/tradefleet:1e5', feeds={})"
ADDRESSES = "from cluster import release; print(release.simulator_addresses())"
PORTS = [{"port": 8480, "nodePort": 30480}, {"port": 8481, "nodePort": 30481}]
ANSWERS: dict[str, Any] = {
    "deployments": {"items": []},
    "service": {"spec": {"clusterIP": "10.0.0.9", "ports": PORTS}},
    "nodes": {
        "items": [
            {
                "status": {
                    "addresses": [
                        {"type": "Hostname", "address": "node"},
                        {"type": "InternalIP", "address": "172.18.0.2"},
                    ]
                }
            }
        ]
    },
}
_HELM = 'printf "helm %s\\n" "$*" >> "{calls}"; echo "context=$HELM_KUBECONTEXT" >> "{calls}"'
_KUBECTL = """
printf "kubectl %s\\n" "$*" >> "{calls}"
case "$*" in
  *" get deployments"*) cat "{answers}/deployments";;
  *" get service"*) cat "{answers}/service";;
  *" get nodes"*) cat "{answers}/nodes";;
esac
"""


@pytest.fixture
def calls(clone: Clone, tmp_path: Path) -> Path:
    """Where the calls are written down."""
    folder, answers = clone.root / ".cluster" / "bin", tmp_path / "answers"
    folder.mkdir(parents=True)
    answers.mkdir()
    for name, answer in ANSWERS.items():
        (answers / name).write_text(json.dumps(answer))
    written = tmp_path / "calls"
    program(folder, "helm", _HELM.format(calls=written))
    program(folder, "kubectl", _KUBECTL.format(calls=written, answers=answers))
    return written


def python(clone: Clone, code: str) -> subprocess.CompletedProcess[str]:
    """Run CODE in the clone, with the variables of somebody who works on another cluster."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=clone.root,
        env=clone.environment() | {"HELM_KUBECONTEXT": "production", "KUBECONFIG": "/elsewhere"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def values(calls: Path) -> dict[str, Any]:
    """What helm was told by --set-json."""
    (install,) = (line for line in calls.read_text().splitlines() if line.startswith("helm "))
    options = [part for part in install.split(" --") if part.startswith("set-json=")]
    pairs = (option.removeprefix("set-json=").partition("=") for option in options)
    return {name: json.loads(value) for name, _, value in pairs}


def test_the_release_takes_over_what_is_there_in_this_clones_cluster_only(
    clone: Clone, calls: Path
) -> None:
    installed = python(clone, INSTALL)

    assert installed.returncode == 0, installed.stderr
    said = calls.read_text()
    assert "upgrade --install tradefleet" in said
    assert "--take-ownership" in said
    assert said.count(f"--kubeconfig={clone.root}/.cluster/kubeconfig") == len(
        [line for line in said.splitlines() if line.startswith(("helm ", "kubectl "))]
    )
    assert "context=\n" in said
    assert values(calls)["image"] == {"repository": "localhost/tradefleet", "tag": "1e5"}
    assert values(calls)["feeds"] == {}


def test_on_the_built_in_cluster_the_services_own_address_is_used(
    clone: Clone, calls: Path
) -> None:
    (clone.root / ".cluster" / "node-id").touch()
    python(clone, INSTALL)

    assert values(calls)["simulator"]["service"] == {"type": "ClusterIP"}
    assert "exchange='10.0.0.9:8480', control='10.0.0.9:8481'" in python(clone, ADDRESSES).stdout


def test_on_kind_the_nodes_address_is_used(clone: Clone, calls: Path) -> None:
    """A Service's own address is known inside kind's container only."""
    (clone.root / ".cluster" / "kind-name").touch()
    python(clone, INSTALL)

    assert values(calls)["simulator"]["service"] == {"type": "NodePort"}
    expected = "exchange='172.18.0.2:30480', control='172.18.0.2:30481'"
    assert expected in python(clone, ADDRESSES).stdout


def test_what_an_interrupted_helm_left_is_cleared_before_the_next(
    clone: Clone, calls: Path
) -> None:
    python(clone, INSTALL)
    said = calls.read_text()

    assert "status in (pending-install,pending-upgrade,pending-rollback)" in said
    assert said.index("delete secrets") < said.index("upgrade --install")


def test_a_refusal_of_helm_is_the_error(clone: Clone, calls: Path) -> None:
    program(clone.root / ".cluster" / "bin", "helm", "echo 'Error: at /image: no' >&2; exit 1")
    refused = python(clone, INSTALL)

    assert "ClusterError: could not install the chart: Error: at /image: no" in refused.stderr
