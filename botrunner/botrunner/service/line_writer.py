"""Work of disks on a thread of its own: a disk that is slow or gone holds nothing up."""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress

Call = Callable[[], None]
Work = tuple[Call, Call]
"""What to do, and what makes it last; the second is done once nothing waits any more."""


class LineWriter:
    """Does what is put into it, in order; its thread begins with the first work."""

    def __init__(self, most: int = 10_000) -> None:
        """``most``: so much waits for the disk at a time; what is more is refused."""
        self._most = most
        self._lock = threading.Lock()
        self._worker: _Worker | None = None

    def put(self, do: Call, flush: Call, wait_seconds: float = 0.0) -> bool:
        """Have it done; returns at once where there is room. Neither call may raise.

        False where too much waits already, and still does after ``wait_seconds``.
        """
        with self._lock:
            if self._worker is None:
                self._worker = _Worker(self._most)
            work = self._worker.work
        try:
            work.put((do, flush), block=wait_seconds > 0, timeout=wait_seconds or None)
        except queue.Full:
            return False
        return True

    def close(self, seconds: float) -> bool:
        """End the thread once all is done, waiting so long for it. Whether all was done."""
        with self._lock:
            worker, self._worker = self._worker, None
        return worker is None or worker.end(seconds)


class _Worker:
    def __init__(self, most: int) -> None:
        self.work: queue.Queue[Work | None] = queue.Queue(most)
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="log-files", daemon=True)
        self._thread.start()

    def end(self, seconds: float) -> bool:
        self._is_ending = True
        with suppress(queue.Full):
            # Full, it is not asleep, and looks by itself whether it has to end.
            self.work.put_nowait(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        unflushed: dict[Call, None] = {}
        while (work := self.work.get()) is not None:
            do, flush = work
            do()
            unflushed[flush] = None
            # Asked first: what came before the end was asked for is then in the queue or done.
            is_ending = self._is_ending
            if self.work.empty():
                _flush(unflushed)
                if is_ending:
                    return
        _flush(unflushed)


def _flush(calls: dict[Call, None]) -> None:
    for call in calls:
        call()
    calls.clear()
