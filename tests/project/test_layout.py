"""The shape of the repository: what no linter says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("crds", "operator", "botrunner", "tests", "charts", "docs", "examples")
BANNED_NAMES = {"utils", "helpers", "common", "misc", "manager", "base", "types"}


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_a_source_root_is_never_a_package(root: str) -> None:
    assert not (ROOT / root / "__init__.py").exists()


def test_no_package_shadows_the_standard_library() -> None:
    packages = {
        path.parent.name for path in _tracked("*/*/__init__.py") if "tests" not in path.parts
    }

    assert not packages & sys.stdlib_module_names


def test_modules_stay_below_400_lines() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in _tracked("*.py")}

    assert {str(path): length for path, length in lengths.items() if length > 400} == {}


def test_module_names_say_what_they_hold() -> None:
    assert [str(path) for path in _tracked("*.py") if path.stem in BANNED_NAMES] == []


def test_decision_records_fit_on_a_page() -> None:
    records = _tracked("docs/adr/*.md")

    assert len(records) > 5
    assert [path.name for path in records if len(path.read_text().splitlines()) > 40] == []


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    """Locks and recipes work behind any mirror, and nothing depends on where it was written."""
    hosts = (
        r"//(py[p]i\.|files\.pythonh|proxy\.gol[a]ng|sum\.gol[a]ng|registry\.np[m]js|deb\.debi[a]n)"
    )
    places = r"(^|[^A-Za-z0-9_.-])/(work|farm|root)/"
    pattern = re.compile(f"{hosts}|{places}", re.MULTILINE)
    texts = {path: path.read_bytes() for path in _tracked() if path.suffix != ".sum"}

    found = {
        str(path): match.group()
        for path, content in texts.items()
        if b"\0" not in content and (match := pattern.search(content.decode(errors="replace")))
    }
    assert found == {}


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z0-9-]+)`", (ROOT / "README.md").read_text()))

    assert {"demo", "test"} <= named <= targets


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "exec make test"


def test_every_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    public = re.search(r"\.PHONY: ((?:.*\\\n)*.*)", makefile)

    assert public is not None
    for target in public.group(1).replace("\\\n", " ").split():
        if not target.startswith("check-"):
            assert re.search(rf"^{target}:.*## \S", makefile, re.MULTILINE), target
