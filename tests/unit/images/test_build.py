"""`python -m cluster.images` in a clone of its own, where a program stands in for Docker."""

import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import hatchling
import pytest

from cluster.cache import content_hash
from cluster.paths import REPOSITORY
from unit.images.conftest import write_project

# Remembers what was built; gives out one prepared archive as every image.
DOCKER = """#!/bin/sh
echo "$*" >> "$RECORD/calls"
case "$1" in
    images) cat "$RECORD/images" ;;
    build) [ -z "$BROKEN" ] || { echo "step one"; echo "ERROR: no space left on device"; exit 1; }
           echo "$5" >> "$RECORD/images" ;;
    save) cp "$RECORD/archive.tar" "$3" ;;
esac
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """A small work tree with a warm cache, and the record of what Docker was asked."""

    root: Path
    record: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`python -m cluster.images ARGUMENTS`; MORE are environment variables."""
        return subprocess.run(
            [sys.executable, "-m", "cluster.images", *arguments],
            cwd=self.root,
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def builds(self) -> list[str]:
        """Every `docker build`, as it was called."""
        calls = (self.record / "calls").read_text().splitlines()
        return [call for call in calls if call.startswith("build ")]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone whose wheels are in the cache already, so that nothing is fetched."""
    root = write_project(tmp_path / "clone")
    shutil.copytree(REPOSITORY / "tests" / "cluster", root / "tests" / "cluster")
    shutil.copy(REPOSITORY / "Dockerfile", root)
    for name in ("requirements.lock", "requirements-build.lock"):
        (root / name).write_text(f"some==1 --hash=sha256:{'0' * 64}\n")
    fill_cache(tmp_path / "cache", root)
    record = tmp_path / "record"
    record.mkdir()
    (record / "images").touch()
    write_archive(record / "archive.tar")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "docker").write_text(DOCKER)
    (tmp_path / "programs" / "docker").chmod(0o755)
    own = {
        "PYTHONPATH": str(root / "tests"),
        "PATH": f"{tmp_path / 'programs'}{os.pathsep}{os.environ['PATH']}",
        "TRADEFLEET_CACHE": str(tmp_path / "cache"),
        "RECORD": str(record),
    }
    return Clone(root=root, record=record, environment={**os.environ, **own})


def fill_cache(cache: Path, root: Path) -> None:
    """The entries that fetching would have made for the clone ROOT's locks."""
    wheels = content_hash(root / "requirements.lock", "3.13", platform.machine())
    tools = content_hash(root / "requirements-build.lock", platform.python_version())
    for wheel in (
        cache / "wheels" / wheels / "some-1-py3-none-any.whl",
        cache / "build-tools" / tools / "wheels" / "pip-1-py3-none-any.whl",
    ):
        wheel.parent.mkdir(parents=True)
        wheel.write_text("a wheel")
    (cache / "build-tools" / tools / "python").symlink_to(Path(hatchling.__file__).parents[1])


def write_archive(path: Path) -> None:
    """An image of four empty layers."""
    names = ["1.tar", "2.tar", "3.tar", "4.tar"]
    config = {"rootfs": {"diff_ids": [f"sha256:{name}" for name in names]}}
    manifest = [{"Config": "config.json", "RepoTags": [], "Layers": names}]
    files = {"config.json": json.dumps(config), "manifest.json": json.dumps(manifest)}
    with tarfile.open(path, "w") as tar:
        for name, text in (files | dict.fromkeys(names, "")).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))


def test_a_build_shows_name_and_layers_and_says_what_to_do_next(clone: Clone) -> None:
    """KU-20: one image."""
    built = clone.run("build")

    assert built.returncode == 0, built.stderr
    reference, header, *rows = built.stdout.splitlines()
    assert reference == (clone.root / ".cluster" / "image").read_text().strip()
    assert reference.startswith("localhost/tradefleet:")
    assert header.split() == ["layer", "unpacked", "compressed"]
    assert [row.split()[0] for row in rows[:4]] == ["base", "set-up", "dependencies", "tradefleet"]
    assert rows[-1].endswith("Next: make cluster-up image.")


def test_docker_builds_on_the_base_that_the_dockerfile_names(clone: Clone) -> None:
    clone.run("build")

    assert "--build-arg BASE=python:3.13-slim-bookworm" in clone.builds()[0]
    assert sorted(path.name for path in (clone.root / "dist").rglob("*.whl")) == [
        "pip-1-py3-none-any.whl",
        "some-1-py3-none-any.whl",
        "tradefleet-1.0-py3-none-any.whl",
    ]


def test_unchanged_code_is_not_built_again(clone: Clone) -> None:
    first, second = clone.run("build"), clone.run("build")

    assert second.stdout == first.stdout
    assert len(clone.builds()) == 1


@pytest.mark.parametrize(
    "changed", ["crds/botapi/__init__.py", "Dockerfile", "requirements.lock"], ids=str
)
def test_whatever_goes_into_the_image_changes_its_tag(clone: Clone, changed: str) -> None:
    before = clone.run("build").stdout.splitlines()[0]
    with (clone.root / changed).open("a") as file:
        file.write("# changed\n")
    if changed == "requirements.lock":
        fetched = content_hash(clone.root / changed, "3.13", platform.machine())
        (Path(clone.environment["TRADEFLEET_CACHE"]) / "wheels" / fetched).mkdir()
    after = clone.run("build").stdout.splitlines()[0]

    assert after != before
    assert len(clone.builds()) == 2


def test_what_does_not_go_into_the_image_changes_nothing(clone: Clone) -> None:
    before = clone.run("build").stdout
    (clone.root / "crds" / "botapi" / "__pycache__").mkdir()
    (clone.root / "crds" / "botapi" / "__pycache__" / "x.pyc").write_text("bytecode")
    (clone.root / "notes.txt").write_text("a note")
    (clone.root / "tests" / "test_more.py").write_text("more = 1\n")

    assert clone.run("build").stdout == before


def test_a_build_that_fails_says_why_in_one_line_and_where_the_rest_is(clone: Clone) -> None:
    failed = clone.run("build", BROKEN="yes")

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == (
        "cluster.images: could not build the image: ERROR: no space left on device"
        f" (all of it: {clone.root}/dist/build.log)"
    )
    assert (clone.root / "dist" / "build.log").read_text().startswith("step one\n")
    assert not (clone.root / ".cluster" / "image").exists()


def test_sizes_shows_the_last_image_without_building(clone: Clone) -> None:
    built = clone.run("build")
    (clone.root / "crds" / "botapi" / "__init__.py").write_text("main = repr\n")

    assert clone.run("sizes").stdout.strip() == built.stdout.partition("\n\n")[0]
    assert len(clone.builds()) == 1


def test_sizes_before_any_build_names_the_remedy(clone: Clone) -> None:
    refused = clone.run("sizes")

    assert refused.returncode == 1
    assert refused.stderr == (
        "cluster.images: no image was built in this clone yet; run: make image\n"
    )


def test_sizes_after_the_cache_was_emptied_names_the_remedy(clone: Clone) -> None:
    clone.run("build")
    shutil.rmtree(Path(clone.environment["TRADEFLEET_CACHE"]) / "image-sizes")
    refused = clone.run("sizes")

    assert refused.returncode == 1
    assert refused.stderr.endswith("are not known any more; run: make image\n")


def test_a_cache_that_cannot_be_written_is_named_without_a_stack_trace(clone: Clone) -> None:
    (clone.root / "a-file").touch()
    refused = clone.run("build", TRADEFLEET_CACHE=str(clone.root / "a-file" / "cache"))

    assert refused.returncode == 1
    assert refused.stderr == (
        f"cluster.images: [Errno 20] Not a directory: '{clone.root}/a-file/cache/locks'\n"
    )


def test_help_teaches_the_verbs_and_where_things_are_kept(clone: Clone) -> None:
    help_text = clone.run("--help").stdout

    for word in ("build ", "base ", "sizes ", ".cluster/image", "TRADEFLEET_CACHE", "examples:"):
        assert word in help_text
