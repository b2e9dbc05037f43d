"""Each extra installs alone, and the plane it is for imports with nothing of the other plane."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cluster.images.wheels import (
    BUILD_LOCK,
    LOCK,
    Target,
    build_wheel,
    fetch_build_tools,
    fetch_wheels,
)
from cluster.paths import REPOSITORY

IMPORT_ALL = """
import importlib, pkgutil, sys
packages, left_out = (argument.split() for argument in sys.argv[1:])
for name in packages:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        if module.name not in left_out:
            importlib.import_module(module.name)
            print(module.name)
"""
FIND = "import importlib.util as u, sys; print([n for n in sys.argv[1:] if u.find_spec(n)])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """What an extra is for, and third parties that only another extra brings."""

    extra: str
    packages: tuple[str, ...]
    script: str
    foreign: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """The doors in these packages that another extra is for."""


PLANES = (
    Plane(
        extra="operator",
        packages=("botapi", "botoperator"),
        script="tradefleet-operator",
        foreign=("pybit", "picows", "msgspec", "stamina", "uvloop"),
    ),
    Plane(
        extra="runner",
        packages=("botapi", "botrunner"),
        script="tradefleet",
        foreign=("kopf", "kubernetes"),
        left_out=("botrunner.fleet.kube",),
    ),
    Plane(
        extra="cli",
        packages=("botapi", "botrunner.fleet"),
        script="kubectl-tradefleet",
        foreign=("kopf", "pybit", "picows", "msgspec"),
    ),
)


@pytest.fixture(scope="module")
def project_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tradefleet as people install it."""
    folder = tmp_path_factory.mktemp("wheel")
    return build_wheel(REPOSITORY, fetch_build_tools(BUILD_LOCK), folder)


@pytest.fixture(params=PLANES, ids=lambda plane: plane.extra)
def plane(request: pytest.FixtureRequest) -> Plane:
    """One plane after the other."""
    chosen = request.param
    assert isinstance(chosen, Plane)
    return chosen


@pytest.fixture
def python(plane: Plane, project_wheel: Path, tmp_path: Path) -> Path:
    """The Python of an environment that holds tradefleet with the plane's extra, and no more."""
    environment = tmp_path / "environment"
    ask("-m", "venv", "--without-pip", environment)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wheels = fetch_wheels(LOCK, Target(python=version))
    # Without --no-deps: that the metadata asks for all that is needed is what is tested.
    offline = ("--no-index", "--find-links", wheels, "--no-compile")
    python = environment / "bin" / "python"
    installed = f"{project_wheel}[{plane.extra}]"
    ask("-m", "pip", "--python", python, "install", "--quiet", *offline, installed)
    return python


def ask(*arguments: str | Path, python: str | Path = sys.executable) -> str:
    """What PYTHON prints; it has to succeed."""
    command = [str(part) for part in (python, *arguments)]
    # -I: neither this process's folder nor its PYTHONPATH lends a module.
    ended = subprocess.run([command[0], "-I", *command[1:]], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_module_of_a_plane_imports_with_its_extra_alone(plane: Plane, python: Path) -> None:
    wanted = (" ".join(plane.packages), " ".join(plane.left_out))
    imported = ask("-c", IMPORT_ALL, *wanted, python=python).split()
    foreign = ask("-c", FIND, *plane.foreign, python=python)
    script = subprocess.run([python.with_name(plane.script), "--version"], capture_output=True)

    assert all(any(name.startswith(f"{p}.") for name in imported) for p in plane.packages)
    assert foreign.strip() == "[]"
    assert (script.returncode, script.stdout) == (0, b"0.1.0\n"), script.stderr
