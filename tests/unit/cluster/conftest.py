"""A clone of its own for tests that run the cluster's program as a person does."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

_CLUSTER = Path(__file__).parents[2] / "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """A copy of the cluster's sources at another place, with programs and a cache of its own."""

    root: Path
    programs: Path
    cache: Path

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`python -m cluster ARGUMENTS` in this clone; MORE are environment variables."""
        return subprocess.run(
            [sys.executable, "-m", "cluster", *arguments],
            cwd=self.root,
            env=self.environment() | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def environment(self) -> dict[str, str]:
        """The clone's programs come before the machine's."""
        return {
            **os.environ,
            "PYTHONPATH": str(self.root / "tests"),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "TRADEFLEET_CACHE": str(self.cache),
            "CLUSTER": "",
        }

    def provide(self, name: str, script: str) -> None:
        """Put the shell SCRIPT on this clone's PATH as the program NAME."""
        program(self.programs, name, script)


def program(folder: Path, name: str, script: str) -> None:
    """Write an executable NAME that runs the shell SCRIPT."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def make_clone(tmp_path: Path) -> Callable[[str], Clone]:
    """Makes clones by name; all of them share the programs and the cache."""
    programs, cache = tmp_path / "programs", tmp_path / "cache"
    programs.mkdir()

    def make(name: str) -> Clone:
        root = tmp_path / name
        shutil.copytree(_CLUSTER, root / "tests" / "cluster")
        return Clone(root=root, programs=programs, cache=cache)

    return make


@pytest.fixture
def clone(make_clone: Callable[[str], Clone]) -> Clone:
    """One clone."""
    return make_clone("clone")
