"""Who a running node belongs to, and when it belongs to nobody any more."""

import dataclasses
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import anchor as anchors
from cluster import processes
from cluster.anchor import MARK, Anchor
from cluster.paths import REPOSITORY


def node_of(clone: Path, node_id: str = "0123") -> Anchor:
    myself = processes.find(os.getpid())
    assert myself is not None
    return Anchor(process=myself, node_id=node_id, clone=clone)


def know(clone: Path, node_id: str, *, boot_id: str) -> None:
    """The state of a clone whose one component is this process, in the boot BOOT_ID."""
    pids = clone / ".cluster" / "pids"
    pids.mkdir(parents=True)
    (clone / ".cluster" / "node-id").write_text(node_id)
    myself = processes.find(os.getpid())
    assert myself is not None
    processes.save(dataclasses.replace(myself, boot_id=boot_id), pids / "etcd.json")


@contextmanager
def stand_in(folder: Path, *arguments: str) -> Iterator[int]:
    """A process whose arguments are those of an anchor; it does nothing."""
    (folder / MARK).write_text("read forever")
    command = ["/somewhere/pause", *arguments]
    with subprocess.Popen(
        command, executable="/bin/sh", cwd=folder, stdin=subprocess.PIPE
    ) as process:
        yield process.pid
        process.kill()


def test_a_node_is_alive_while_its_clone_knows_it_and_a_component_runs(tmp_path: Path) -> None:
    know(tmp_path, "0123", boot_id=processes.boot_id())

    assert not node_of(tmp_path).is_abandoned()


def test_a_node_whose_clone_was_removed_is_a_leftover(tmp_path: Path) -> None:
    assert node_of(tmp_path / "removed").is_abandoned()


def test_a_node_whose_clone_was_laid_anew_is_a_leftover(tmp_path: Path) -> None:
    know(tmp_path, "another", boot_id=processes.boot_id())

    assert node_of(tmp_path).is_abandoned()


def test_a_node_in_which_every_component_was_killed_is_a_leftover(tmp_path: Path) -> None:
    know(tmp_path, "0123", boot_id="an earlier one")

    assert node_of(tmp_path).is_abandoned()


def test_a_clone_tells_its_own_node_from_anothers(tmp_path: Path) -> None:
    assert node_of(REPOSITORY).is_ours()
    assert not node_of(tmp_path).is_ours()


def test_a_running_anchor_is_found_with_its_clone_by_its_arguments(tmp_path: Path) -> None:
    clone = tmp_path / "a clone with spaces"
    with stand_in(tmp_path, MARK, "4567", str(clone)) as pid:
        processes.until(lambda: bool(processes.command_line(pid)), seconds=10)
        found = [anchor for anchor in anchors.running() if anchor.process.pid == pid]

    assert [(anchor.node_id, anchor.clone) for anchor in found] == [("4567", clone)]


def test_a_process_that_only_mentions_the_mark_is_no_anchor(tmp_path: Path) -> None:
    with stand_in(tmp_path, MARK, "4567") as pid:
        processes.until(lambda: bool(processes.command_line(pid)), seconds=10)
        found = [anchor for anchor in anchors.running() if anchor.process.pid == pid]

    assert found == []
