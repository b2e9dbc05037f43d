"""What the Dockerfile copies: dist/ of the clone, filled with wheels, and the tag they make."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cluster.cache import content_hash
from cluster.images.wheels import Target, build_wheel, fetch_build_tools, fetch_wheels

REPOSITORY_NAME = "localhost/tradefleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A filled dist/, and the reference of the image that comes of it."""

    dist: Path
    reference: str


def fill_context(repository: Path, *, base: str, python: str) -> Context:
    """Fill dist/ of the clone REPOSITORY for the image BASE and its PYTHON, as in "3.11"."""
    dist, lock = repository / "dist", repository / "requirements.lock"
    dist.mkdir(exist_ok=True)
    tools = fetch_build_tools(repository / "requirements-build.lock")
    wheel = build_wheel(repository, tools, dist)
    dependencies = fetch_wheels(lock, Target(python=python))
    mirror(sorted(dependencies.glob("*.whl")), dist / "wheels")
    mirror([tools.pip_wheel], dist / "pip")
    tag = content_hash(wheel, lock, repository / "Dockerfile", tools.pip_wheel.name, base)
    return Context(dist=dist, reference=f"{REPOSITORY_NAME}:{tag}")


def mirror(files: list[Path], folder: Path) -> None:
    """Make FOLDER hold exactly FILES; one whose name and size agree counts as the same."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {file.name: file for file in files}
    for present in folder.iterdir():
        source = wanted.get(present.name)
        if source is not None and present.stat().st_size == source.stat().st_size:
            del wanted[present.name]
        elif present.is_dir():
            shutil.rmtree(present)
        else:
            present.unlink()
    for name, source in wanted.items():
        _link(source, folder / name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # The cache may lie on another file system.
        shutil.copy2(source, target)
