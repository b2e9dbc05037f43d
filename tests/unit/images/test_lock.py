"""The lock files: what stands in them, and what is refused there."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cluster.errors import ClusterError
from cluster.images.lock import Pin, read_lock
from cluster.paths import REPOSITORY

RUNTIME = REPOSITORY / "requirements.lock"
BUILD = REPOSITORY / "requirements-build.lock"
DEVELOPMENT = REPOSITORY / "requirements-dev.lock"
HASH = f"sha256:{'0a' * 32}"


def versions(lock: Path) -> dict[str, str]:
    """Name to version of all pins."""
    return {pin.name: pin.version for pin in read_lock(lock)}


def wanted(*, extras: bool, groups: tuple[str, ...] = ()) -> list[Requirement]:
    """What pyproject.toml asks for by itself."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    texts = list(project["project"]["dependencies"]) if extras else []
    if extras:
        texts += sum(project["project"]["optional-dependencies"].values(), [])
    for group in groups:
        texts += [item for item in project["dependency-groups"][group] if isinstance(item, str)]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("lock", [RUNTIME, BUILD, DEVELOPMENT], ids=lambda lock: lock.name)
def test_a_lock_holds_names_versions_and_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()

    assert all(pin.hashes for pin in read_lock(lock))
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", text) == []
    assert re.findall(r"(?m)^#.*/.*", text) == []


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        (RUNTIME, wanted(extras=True)),
        (BUILD, wanted(extras=False, groups=("build",))),
        (DEVELOPMENT, wanted(extras=True, groups=("build", "dev"))),
    ],
    ids=["runtime", "build", "development"],
)
def test_a_lock_satisfies_what_pyproject_asks_for(lock: Path, asked: list[Requirement]) -> None:
    pinned = versions(lock)
    unmet = [
        str(requirement)
        for requirement in asked
        if not requirement.specifier.contains(pinned.get(requirement.name, "0"))
    ]

    assert unmet == [], "pyproject.toml and the lock differ; run: make lock"


def test_what_is_tested_is_what_the_image_holds() -> None:
    development = versions(DEVELOPMENT)

    assert versions(RUNTIME).items() <= development.items()
    assert versions(BUILD).items() <= development.items()


def test_no_pin_of_the_image_depends_on_the_python_that_fetches_it() -> None:
    """pip judges markers for the Python it runs on, not for the image's."""
    markers = {pin.marker for pin in read_lock(RUNTIME)}

    assert markers == {"", "sys_platform == 'win32'"}


def test_continuation_lines_and_comments_belong_to_their_pin(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    other = HASH.replace("0a", "0b")
    lock.write_text(
        f"# made by make lock\nalpha==1.0 \\\n    --hash={HASH} \\\n    --hash={other}\n"
        f"    # via beta\nbeta==2.0.post1 ; sys_platform == 'linux' \\\n    --hash={HASH}\n"
    )

    assert read_lock(lock) == (
        Pin(name="alpha", version="1.0", marker="", hashes=frozenset({HASH, other})),
        Pin(
            name="beta",
            version="2.0.post1",
            marker="sys_platform == 'linux'",
            hashes=frozenset({HASH}),
        ),
    )


@pytest.mark.parametrize(
    "line",
    [
        "beta==2.0",
        "beta",
        f"beta>=2.0 --hash={HASH}",
        "beta==2.0 --hash=md5:0123",
        f"beta==2.0 --hash={HASH[:-1]}",
        f"beta @ https://mirror.example/beta.whl --hash={HASH}",
        "--index-url https://mirror.example/simple",
        "--requirement other.lock",
    ],
)
def test_anything_but_a_hashed_pin_is_refused_by_its_line(line: str, tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(f"alpha==1.0 \\\n    --hash={HASH}\n{line}\n")

    with pytest.raises(ClusterError, match=r"some\.lock, line 3: .*make lock"):
        read_lock(lock)
