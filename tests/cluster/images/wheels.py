"""Wheels: the dependencies' by the lock, the build tools', and tradefleet's own."""

import importlib.util
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cluster.cache import cached, content_hash
from cluster.command import run
from cluster.errors import ClusterError
from cluster.images.lock import read_lock
from cluster.paths import REPOSITORY

LOCK = REPOSITORY / "requirements.lock"
BUILD_LOCK = REPOSITORY / "requirements-build.lock"

# Debian bookworm, which every base is, has glibc 2.36; a wheel for an older one runs on it.
_GLIBC_MINORS = range(36, 4, -1)
# Hatchling's own fixed date: the wheel's bytes depend on its files alone.
_SOURCE_DATE_EPOCH = "1580601600"
_PIP_ENVIRONMENT = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The Python that the wheels are for, as in "3.11", and its processor (uname -m)."""

    python: str
    # Apple's name for the processor whose wheels are Linux's aarch64 in a container.
    machine: str = platform.machine().replace("arm64", "aarch64")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTools:
    """What makes a wheel and installs wheels, each of the version that the lock names."""

    pip_wheel: Path
    import_path: Path


def fetch_wheels(lock: Path, target: Target) -> Path:
    """The folder with the wheels of all pins of LOCK for TARGET; fetched once per lock.

    Raises ClusterError when one cannot be had or is not what its hash says.
    """
    key = content_hash(lock, target.python, target.machine)
    return cached("wheels", key, lambda folder: _download(lock, folder, *_platform(target)))


def fetch_build_tools(lock: Path) -> BuildTools:
    """pip's wheel, and a folder to import hatchling from."""
    key = content_hash(lock, platform.python_version())
    folder = cached("build-tools", key, lambda entry: _install_tools(lock, entry))
    (pip_wheel,) = folder.glob("wheels/pip-*.whl")
    return BuildTools(pip_wheel=pip_wheel, import_path=folder / "python")


def build_wheel(repository: Path, tools: BuildTools, folder: Path) -> Path:
    """Tradefleet's wheel from the work tree REPOSITORY, in FOLDER, where it replaces the last one.

    The same files give the same bytes, and then the file is left as it is.
    """
    with TemporaryDirectory() as scratch:
        command = ("-m", "hatchling", "build", "--target", "wheel", "--directory", scratch)
        env = {"PYTHONPATH": str(tools.import_path), "SOURCE_DATE_EPOCH": _SOURCE_DATE_EPOCH}
        run(sys.executable, *command, what="build tradefleet's wheel", cwd=repository, env=env)
        (built,) = Path(scratch).glob("*.whl")
        for old in folder.glob("tradefleet-*.whl"):
            if old.name != built.name:
                old.unlink()
        wheel, content = folder / built.name, built.read_bytes()
        if not wheel.exists() or wheel.read_bytes() != content:
            wheel.write_bytes(content)
    return wheel


def _platform(target: Target) -> list[str]:
    """What tells pip to choose wheels for TARGET instead of for the Python that runs it."""
    tags = [f"manylinux_2_{minor}_{target.machine}" for minor in _GLIBC_MINORS]
    tags += [f"manylinux{year}_{target.machine}" for year in (2014, 2010, 1)]
    options = ["--implementation", "cp", "--python-version", target.python]
    return [*options, *(part for tag in tags for part in ("--platform", tag))]


def _download(lock: Path, folder: Path, *options: str) -> None:
    count = len(read_lock(lock))
    # The lock is complete: resolving dependencies again could only disagree with it.
    exact = ("--no-deps", "--only-binary=:all:", "--require-hashes", *options)
    where: tuple[str | Path, ...] = ("--dest", folder, "--requirement", lock)
    what = f"fetch the {count} wheels of {lock.name}"
    _pip("download", "--quiet", *exact, *where, what=what)


def _install_tools(lock: Path, entry: Path) -> None:
    _download(lock, entry / "wheels")
    wheels = sorted((entry / "wheels").glob("*.whl"))
    into: tuple[str | Path, ...] = ("--no-index", "--no-deps", "--target", entry / "python")
    _pip("install", "--quiet", *into, *wheels, what="install the build tools")


def _pip(*arguments: str | Path, what: str) -> None:
    run(_python_with_pip(), "-m", "pip", *arguments, what=what, env=_PIP_ENVIRONMENT)


def _python_with_pip() -> str:
    if importlib.util.find_spec("pip") is not None:
        return sys.executable
    # Debian's own Python comes without pip; the development environment's has it.
    python = REPOSITORY / ".venv" / "bin" / "python"
    if python.exists():
        asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True)
        if asked.returncode == 0:
            return str(python)
    raise ClusterError(f"{sys.executable} has no pip, which fetches the wheels; run: make init")
