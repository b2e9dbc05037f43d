"""The cache holds whole entries only, whoever is killed and whoever comes at the same time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.cache import cache_root, cached, content_hash

_TESTS = Path(__file__).parents[2]
_BUILDER = """
import sys, time
from pathlib import Path
from cluster.cache import cached

def build(folder):
    (folder / "first").write_text("half")
    print("building", flush=True)
    if sys.argv[1] == "hang":
        time.sleep(600)
    (folder / "second").write_text("whole")

cached("thing", "key", build)
print("done", flush=True)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("TRADEFLEET_CACHE", str(tmp_path))
    return tmp_path


def builder(how: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(_TESTS)}
    command = [sys.executable, "-c", _BUILDER, how]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def test_the_variable_names_the_cache_before_the_desktop_standard_and_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = cache_root()
    monkeypatch.delenv("TRADEFLEET_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    standard = cache_root()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    at_home = cache_root()

    assert named == tmp_path
    assert standard == Path("/xdg/tradefleet")
    assert at_home == Path("/home/someone/.cache/tradefleet")


def test_a_hash_tells_where_one_part_ends_and_the_next_begins() -> None:
    assert content_hash("ab", "c") != content_hash("a", "bc")


def test_a_file_counts_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("same")
    (tmp_path / "b").write_text("same")

    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b") == content_hash("same")


def test_an_entry_is_built_once() -> None:
    built: list[Path] = []
    first = cached("thing", "key", built.append)
    second = cached("thing", "key", built.append)

    assert first == second
    assert len(built) == 1


def test_a_build_that_fails_leaves_nothing(cache: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        cached("thing", "key", fail)

    assert list((cache / "thing").iterdir()) == []


def test_a_killed_build_leaves_no_entry_and_the_next_begins_with_an_empty_folder(
    cache: Path,
) -> None:
    killed = builder("hang")
    assert killed.stdout is not None
    killed.stdout.readline()
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    found: list[str] = []

    assert not (cache / "thing" / "key").exists()
    cached("thing", "key", lambda folder: found.extend(os.listdir(folder)))
    assert found == []


def test_who_comes_while_another_builds_waits_and_builds_nothing(cache: Path) -> None:
    both = [builder("whole"), builder("whole")]
    outputs = [process.communicate(timeout=30)[0].split() for process in both]

    assert sorted(outputs) == [["building", "done"], ["done"]]
    assert (cache / "thing" / "key" / "second").read_text() == "whole"
