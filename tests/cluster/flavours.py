"""Which cluster this clone runs: kind where Docker is, else the built-in one."""

import enum
import os
import shutil
import subprocess

from cluster.errors import ClusterError
from cluster.paths import NODE_ID, STATE

# Names the kind cluster that this clone runs.
KIND_NAME = STATE / "kind-name"
_DOCKER_SECONDS = 10


class Flavour(enum.Enum):
    """How the cluster is made."""

    KIND = "kind"
    LOCAL = "local"


def choose() -> Flavour:
    """The cluster that stands, else what $CLUSTER asks for, else what the machine offers.

    Raises ClusterError when $CLUSTER contradicts the cluster that stands, or is no known word.
    """
    forced = _forced()
    stands = standing()
    if stands is not None and forced not in (None, stands):
        raise ClusterError(
            f"the cluster of this clone is {stands.value}, CLUSTER={os.environ['CLUSTER']} asks for"
            f" another: make CLUSTER={stands.value} cluster-down first"
        )
    if forced is Flavour.KIND and not docker_answers():
        raise ClusterError(
            "CLUSTER=kind needs a Docker daemon; start Docker, or take CLUSTER=local"
        )
    return stands or forced or (Flavour.KIND if docker_answers() else Flavour.LOCAL)


def standing() -> Flavour | None:
    """The cluster that this clone's state folder tells of, alive or not."""
    if KIND_NAME.exists():
        return Flavour.KIND
    return Flavour.LOCAL if NODE_ID.exists() else None


def _forced() -> Flavour | None:
    word = os.environ.get("CLUSTER", "")
    if not word:
        return None
    try:
        return Flavour(word)
    except ValueError:
        raise ClusterError(f"CLUSTER={word} is unknown: it is kind or local") from None


def docker_answers() -> bool:
    """Whether a Docker daemon answers; one that hangs counts as none."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run(
            [docker, "info"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DOCKER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
