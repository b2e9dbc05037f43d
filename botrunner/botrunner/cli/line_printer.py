"""Lines to a stream from a thread of its own: a reader that is slow or gone holds nothing up."""

import queue
import threading
from contextlib import suppress
from typing import TextIO


class LinePrinter:
    """Prints in order. What the stream refuses, or what waits too long, is counted and lost."""

    def __init__(self, stream: TextIO, most: int = 10_000) -> None:
        """``most``: so many lines wait for the reader at a time."""
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(most)
        self._thread = threading.Thread(target=self._work, name="lines", daemon=True)
        self._thread.start()
        self.lost = 0

    def print(self, line: str) -> None:
        """Have a line printed; returns at once and never raises."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self.lost += 1

    def close(self, seconds: float) -> None:
        """Wait so long for what is still to be printed."""
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                # A pipe without a reader, a full disk, a closed stream: trading goes on.
                self.lost += 1
