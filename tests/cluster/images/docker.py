"""Docker: builds on the usual Python image, where a daemon answers."""

import re
from pathlib import Path

from cluster.command import run
from cluster.errors import ClusterError
from cluster.images.builder import run_logged

_DEFAULT_BASE = re.compile(r"^ARG BASE=(\S+:(\d+\.\d+)\S*)$", re.MULTILINE)


def default_base(dockerfile: str) -> tuple[str, str]:
    """The reference that the Dockerfile's text has for ARG BASE, and its Python's version."""
    found = _DEFAULT_BASE.search(dockerfile)
    if found is None:
        raise ClusterError(
            "Dockerfile: ARG BASE must name a Python image by version, as in python:3.13-slim"
        )
    return found.group(1), found.group(2)


class DockerBuilder:
    """Builds on the base that the Dockerfile itself names; Docker pulls it."""

    def __init__(self, dockerfile: Path) -> None:
        """Raises ClusterError when DOCKERFILE names no base."""
        self._base, self._python = default_base(dockerfile.read_text())

    @property
    def base(self) -> str:
        """The Dockerfile's own default."""
        return self._base

    @property
    def python(self) -> str:
        """The version that the base's tag names."""
        return self._python

    def prepare(self) -> None:
        """Docker pulls the base as part of the build."""

    def images(self) -> frozenset[str]:
        """The references of all tagged images of the daemon."""
        listing = ("docker", "images", "--format", "{{.Repository}}:{{.Tag}}")
        return frozenset(run(*listing, what="list Docker's images").split())

    def build(self, reference: str, repository: Path, log: Path) -> None:
        """Build with BuildKit, which keeps the layers that have not changed."""
        arguments = ["--build-arg", f"BASE={self.base}", "--tag", reference, str(repository)]
        run_logged(["docker", "build", *arguments], log=log, what="build the image")

    def export(self, reference: str, archive: Path) -> None:
        """Write the image to the tar ARCHIVE."""
        run("docker", "save", "--output", archive, reference, what="save the image")
