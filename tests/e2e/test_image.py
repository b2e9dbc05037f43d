"""The image on the cluster: what it runs as, what it holds, and that it needs no privilege.

KU-20: one image, three console scripts, under the restricted Pod Security level.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from cluster.images.layers import ADDED_LAYERS
from cluster.load import loaded_images
from cluster.paths import REPOSITORY
from support.kubectl import Kubectl, Manifest
from support.waiting import wait_until

pytestmark = pytest.mark.cluster

IMPORT_EVERYTHING = """
import botapi, botoperator, botrunner, importlib, pkgutil
for package in (botapi, botoperator, botrunner):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
        print(module.name)
"""
# Every source of ours and of the dependencies has bytecode that Python takes as it is.
FIND_MISSING_BYTECODE = """
import importlib.util, pathlib, sysconfig
sources = list(pathlib.Path(sysconfig.get_path("purelib")).rglob("*.py"))
assert len(sources) > 1000, len(sources)
print([str(s) for s in sources if not pathlib.Path(importlib.util.cache_from_source(s)).exists()])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """Runs pods of the image in a namespace."""

    kubectl: Kubectl
    image: str

    def run(self, name: str, *command: str) -> str:
        """What the pod NAME prints; without COMMAND, the image's own with --version."""
        pod = self._manifest(name, {"command": command} if command else {"args": ["--version"]})
        applied = self.kubectl.apply(pod)
        assert applied.ok, applied.err
        ended = ("Succeeded", "Failed")
        wait_until(lambda: self._phase(name) in ended, f"pod {name} ends", seconds=120)
        said = self.kubectl.must("logs", name)
        assert self._phase(name) == "Succeeded", said
        return said

    def _phase(self, name: str) -> str:
        return self.kubectl.must("get", "pod", name, "--output=jsonpath={.status.phase}")

    def _manifest(self, name: str, run: Manifest) -> Manifest:
        security = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        container = {"name": "main", "image": self.image, "securityContext": security, **run}
        spec = {
            "restartPolicy": "Never",
            # No runAsUser: that the image's own user is a number is part of what is tested.
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container | {"imagePullPolicy": "IfNotPresent"}],
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def images(verb: str) -> subprocess.CompletedProcess[str]:
    """`python -m cluster.images VERB` as make calls it."""
    return subprocess.run(
        [sys.executable, "-m", "cluster.images", verb],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tests")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def image() -> str:
    """The image of this work tree, in the node."""
    built = images("build")
    assert built.returncode == 0, built.stderr
    return built.stdout.splitlines()[0]


@pytest.fixture(scope="module")
def pods(image: str) -> Iterator[Pods]:
    """A namespace that refuses what is not at the restricted Pod Security level."""
    kubectl = Kubectl()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"generateName": "image-test-", "labels": labels}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    created = ("create", "--filename=-", "--output=jsonpath={.metadata.name}")
    name = kubectl.must(*created, stdin=json.dumps(manifest))
    yield Pods(kubectl=kubectl.within(name), image=image)
    kubectl.must("delete", "namespace", name, "--wait=false")


def test_the_image_runs_tradefleet_when_nothing_else_is_said(pods: Pods) -> None:
    """KU-20: non-root, read-only root file system, in a namespace that enforces `restricted`."""
    assert pods.run("entrypoint").strip() == "0.1.0"


@pytest.mark.parametrize("script", ["tradefleet", "tradefleet-operator", "kubectl-tradefleet"])
def test_each_console_script_is_there_and_tells_its_version(pods: Pods, script: str) -> None:
    """KU-20: one image, three console scripts."""
    assert pods.run(script, script, "--version").strip() == "0.1.0"


def test_every_module_of_the_three_packages_imports(pods: Pods) -> None:
    imported = pods.run("imports", "python3", "-c", IMPORT_EVERYTHING).split()

    assert {"botapi.model", "botoperator.__main__", "botrunner.cli.app"} <= set(imported)


def test_the_processes_are_a_numbered_user_that_cannot_write_and_has_a_name(pods: Pods) -> None:
    name_of_user = "python3 -c 'import getpass; print(getpass.getuser())'"
    shell = f"id -u; id -g; touch /opt/x 2>&1 || true; {name_of_user}"
    user, group, refusal, name = pods.run("user", "sh", "-c", shell).splitlines()

    assert (user, group, name) == ("10001", "10001", "tradefleet")
    assert "Read-only file system" in refusal


def test_nothing_is_compiled_at_start(pods: Pods) -> None:
    """A read-only root could not keep it: each restart would pay again."""
    assert pods.run("bytecode", "python3", "-c", FIND_MISSING_BYTECODE).strip() == "[]"


def test_nothing_in_the_image_installs_packages(pods: Pods) -> None:
    script = (
        "import importlib.util as u; print([m for m in ('pip', 'ensurepip') if u.find_spec(m)])"
    )

    assert pods.run("no-pip", "python3", "-c", script).strip() == "[]"


def test_a_second_build_does_nothing_and_shows_the_layers(image: str) -> None:
    first, second = images("build"), images("build")

    assert second.stdout == first.stdout
    assert "building" not in second.stderr
    assert all(f"\n{layer} " in second.stdout for layer in ("base", *ADDED_LAYERS))


def test_the_node_holds_the_image_under_the_name_that_the_clone_notes(image: str) -> None:
    noted = (REPOSITORY / ".cluster" / "image").read_text()

    assert noted.strip() in loaded_images()
    assert image in loaded_images()
