"""Which cluster this clone runs: kind where Docker is, else the built-in one."""

import enum
import os
import shutil
import subprocess
from collections.abc import Callable

from cluster.errors import ClusterError
from cluster.paths import NODE_ID, STATE

# Names the kind cluster that this clone runs.
KIND_NAME = STATE / "kind-name"


class Flavour(enum.Enum):
    """How the cluster is made."""

    KIND = "kind"
    LOCAL = "local"


def choose() -> Flavour:
    """The cluster that stands, else what $CLUSTER asks for, else what the machine offers.

    Raises ClusterError when $CLUSTER contradicts the cluster that stands, or is no known word.
    """
    return decide(os.environ.get("CLUSTER", ""), stands=standing(), docker=docker_answers)


def decide(word: str, *, stands: Flavour | None, docker: Callable[[], bool]) -> Flavour:
    """As `choose`, from the value of $CLUSTER, what STANDS, and whether a DOCKER daemon answers."""
    forced = _flavour_of(word)
    if stands is not None and forced not in (None, stands):
        raise ClusterError(
            f"the cluster of this clone is {stands.value}, CLUSTER={word} asks for another;"
            f" take it down first: make CLUSTER={stands.value} cluster-down"
        )
    if stands is None and forced is Flavour.KIND and not docker():
        raise ClusterError(
            "CLUSTER=kind needs a Docker daemon that answers: start Docker, or take CLUSTER=local"
        )
    return stands or forced or (Flavour.KIND if docker() else Flavour.LOCAL)


def standing() -> Flavour | None:
    """The cluster that this clone's state folder tells of, alive or not."""
    if KIND_NAME.exists():
        return Flavour.KIND
    return Flavour.LOCAL if NODE_ID.exists() else None


def _flavour_of(word: str) -> Flavour | None:
    if not word:
        return None
    try:
        return Flavour(word)
    except ValueError:
        raise ClusterError(f"CLUSTER={word} is unknown: it is kind or local") from None


def docker_answers(*, within_seconds: float = 10) -> bool:
    """Whether a Docker daemon answers; one that hangs counts as none."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run(
            [docker, "info"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=within_seconds,
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
