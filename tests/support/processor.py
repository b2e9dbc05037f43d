"""How long the machine let processes wait for a processor, while they had something to do.

A promise of the kind "within a second" is a program's. Where tests share a machine with others, it
is judged less the time in which the program was not allowed to run; on an idle machine that is
next to nothing.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

_PER_SECOND = 1_000_000_000


class Withheld:
    """Begins to count when it is made. Processes that begin or end meanwhile are not counted."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._before = {pid: _waited(pid) for pid in pids}

    def so_far(self) -> timedelta:
        """All their waiting together, in whichever of them it was."""
        waited = (max(0, _waited(pid) - before) for pid, before in self._before.items())
        return timedelta(seconds=sum(waited) / _PER_SECOND)


def waited_since_birth(pids: Iterable[int]) -> timedelta:
    """The same of processes that a test did not see begin."""
    return timedelta(seconds=sum(map(_waited, pids)) / _PER_SECOND)


def _waited(pid: int) -> int:
    """Nanoseconds of all threads: the second field of schedstat (Linux, scheduler/sched-stats)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # The thread has ended.
            total += int(task.read_text().split()[1])
    return total
