"""Threads for blocking calls, which never hold the end of the process up.

The standard library's pool joins its threads when the interpreter ends, so a request that hangs
would delay the exit by its whole timeout (GR-52 allows 5 s in all). These are daemons.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue

Call = Callable[[], object]


class Workers:
    """At most ``most`` threads, each started when no other is free."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._calls: SimpleQueue[tuple[Future[object], Call] | None] = SimpleQueue()
        self._free = threading.Semaphore(0)
        self._started = 0
        self._is_closed = False

    def submit(self, call: Call) -> Future[object]:
        """Make the call on a thread, in turn. Raises RuntimeError once closed.

        A future that is cancelled before its turn is never called.
        """
        if self._is_closed:
            raise RuntimeError("these workers are closed")
        future: Future[object] = Future()
        self._calls.put((future, call))
        if not self._free.acquire(blocking=False) and self._started < self._most:
            self._started += 1
            name = f"{self._name}-{self._started}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        return future

    def close(self) -> None:
        """Cancel what has had no turn; threads end after the call they are making."""
        self._is_closed = True
        try:
            while True:
                waiting = self._calls.get_nowait()
                if waiting is not None:
                    waiting[0].cancel()
        except Empty:
            self._calls.put(None)

    def _work(self) -> None:
        while True:
            try:
                item = self._calls.get_nowait()
            except Empty:
                self._free.release()
                item = self._calls.get()
            if item is None:
                self._calls.put(None)  # For the next thread.
                return
            _make(*item)
            del item


def _make(future: Future[object], call: Call) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
