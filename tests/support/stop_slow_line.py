"""A line to a server on which requests can be held: slow REST, as slow as a test needs it.

The simulator's own delay lets what was asked happen at once and holds the answer back; here the
request itself is late, so what a runner sent before a stop arrives after it.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 65_536


class SlowLine:
    """Listens on loopback and passes bytes on; those towards the server wait while it is held."""

    def __init__(self, target_url: str) -> None:
        target = urlsplit(target_url)
        self._target = (str(target.hostname), int(target.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._waiting: list[bytes] = []
        threading.Thread(target=self._accept, name="slow line", daemon=True).start()

    @property
    def url(self) -> str:
        """Where to connect to instead."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def hold(self) -> None:
        """Let nothing more through to the server."""
        self._flows.clear()

    def release(self) -> None:
        """Let everything through again, at once."""
        self._flows.set()

    def held(self, *words: str) -> int:
        """How many requests that contain all these words have been held so far."""
        return sum(all(word.encode() in chunk for word in words) for chunk in tuple(self._waiting))

    def close(self) -> None:
        """Cut everything."""
        self._flows.set()
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):  # The listener is closed: the end.
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open += [client, server]
                for source, sink, is_late in ((client, server, True), (server, client, False)):
                    pump = threading.Thread(
                        target=self._pump, args=(source, sink, is_late), daemon=True
                    )
                    pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_late: bool) -> None:
        with suppress(OSError):  # One end is gone; so is the other, then.
            while chunk := source.recv(_CHUNK):
                if is_late and not self._flows.is_set():
                    self._waiting.append(chunk)
                    self._flows.wait()
                sink.sendall(chunk)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def slow_line(target_url: str) -> Iterator[SlowLine]:
    """A line that is cut at the end."""
    line = SlowLine(target_url)
    try:
        yield line
    finally:
        line.close()
