"""A process is found again by its number, its start and the machine's boot."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import processes
from cluster.processes import Process

_TESTS = Path(__file__).parents[2]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A child that only sleeps."""
    with subprocess.Popen(["sleep", "600"]) as child:
        yield child
        child.kill()


def identity(child: subprocess.Popen[bytes]) -> Process:
    found = processes.find(child.pid)
    assert found is not None
    return found


def test_a_running_process_is_alive(sleeper: subprocess.Popen[bytes]) -> None:
    assert identity(sleeper).alive()


def test_another_process_with_the_same_number_is_not_taken_for_it(
    sleeper: subprocess.Popen[bytes],
) -> None:
    real = identity(sleeper)
    earlier = dataclasses.replace(real, start_ticks=real.start_ticks - 1)
    before_the_boot = dataclasses.replace(real, boot_id="another")

    assert not earlier.alive()
    assert not before_the_boot.alive()


def test_another_process_with_the_same_number_is_never_killed(
    sleeper: subprocess.Popen[bytes],
) -> None:
    real = identity(sleeper)
    dataclasses.replace(real, start_ticks=real.start_ticks - 1).kill()
    dataclasses.replace(real, boot_id="another").terminate(grace_seconds=0)

    assert real.alive()


def test_a_process_that_only_waits_to_be_reaped_is_not_alive(
    sleeper: subprocess.Popen[bytes],
) -> None:
    process = identity(sleeper)
    process.kill()
    process.wait_gone()

    assert Path(f"/proc/{sleeper.pid}").exists(), "this test needs a child that is not reaped yet"
    assert not process.alive()


def test_a_process_that_ignores_the_request_is_ended_all_the_same() -> None:
    script = "trap '' TERM; echo ready; while :; do sleep 600; done"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        orphans = processes.children(child.pid)
        identity(child).terminate(grace_seconds=0.1)

    assert child.returncode == -signal.SIGKILL
    for orphan in orphans:
        os.kill(orphan, signal.SIGKILL)


def test_a_name_with_spaces_and_brackets_does_not_confuse(tmp_path: Path) -> None:
    program = tmp_path / "a) Z 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "600"]) as child:
        process = identity(child)

        assert process.alive()
        assert child.pid in processes.children(os.getpid())
        child.kill()


def test_what_is_saved_is_loaded(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    process = identity(sleeper)
    processes.save(process, tmp_path / "it.json", fingerprint="abc")

    assert processes.load(tmp_path / "it.json") == (process, {"fingerprint": "abc"})


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"pid": 1}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "it.json").write_text(content)

    assert processes.load(tmp_path / "it.json") is None


def test_what_is_spawned_outlives_its_parent_and_holds_none_of_its_pipes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cluster import processes\n"
        "print(processes.spawn(['sleep', '600'], log=Path(sys.argv[1]), env={}))"
    )
    # run() returns when both pipes are closed: with a child holding one it would time out.
    parent = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "log")],
        env={**os.environ, "PYTHONPATH": str(_TESTS)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    orphan = processes.find(int(parent.stdout))

    assert orphan is not None
    assert os.getsid(orphan.pid) == orphan.pid
    orphan.kill()
    orphan.wait_gone()
