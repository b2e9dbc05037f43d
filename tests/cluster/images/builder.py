"""What an image builder does, and which one this machine has."""

import os
import subprocess
from pathlib import Path
from typing import Protocol

from cluster.errors import ClusterError
from cluster.packages import SEARCH_PATH


class ImageBuilder(Protocol):
    """A program that builds the Dockerfile; images are named by their whole reference."""

    @property
    def base(self) -> str:
        """The reference that ARG BASE gets."""

    @property
    def python(self) -> str:
        """The version of the base's Python, as in "3.11"."""

    def prepare(self) -> None:
        """Have the base at hand; says so when that takes time."""

    def images(self) -> frozenset[str]:
        """The references of all images in the builder's storage."""

    def build(self, reference: str, repository: Path, log: Path) -> None:
        """Build REPOSITORY's Dockerfile as REFERENCE; the builder's own words go to LOG."""

    def export(self, reference: str, archive: Path) -> None:
        """Write the image to the tar ARCHIVE, in docker-archive format."""


def run_logged(command: list[str | Path], *, log: Path, what: str) -> None:
    """Run COMMAND with its output in the file LOG.

    Raises ClusterError saying WHAT could not be done, the last line of the output, and where the
    rest of it is.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        result = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, "PATH": SEARCH_PATH, "DOCKER_BUILDKIT": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if result.returncode != 0:
        lines = log.read_text(errors="replace").strip().splitlines()
        last = lines[-1].strip() if lines else "the program said nothing"
        raise ClusterError(f"could not {what}: {last} (all of it: {log})")
