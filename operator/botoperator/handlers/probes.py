"""``/livez``, ``/readyz`` and ``/metrics`` from a thread: it also tells of a loop that hangs."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer
from typing_extensions import override

from botoperator.vitals import Vitals

_ROOMS = {"/livez": "alive", "/readyz": "ready"}


class Probes:
    """A WSGI application over what the loop says of itself."""

    def __init__(
        self, vitals: Vitals, registry: CollectorRegistry, seconds: Callable[[], float]
    ) -> None:
        """Judge by ``seconds``, the clock of the vitals, callable from any thread."""
        self._vitals = vitals
        self._seconds = seconds
        self._metrics = make_wsgi_app(registry)

    def __call__(self, environment: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        path = environment["PATH_INFO"]
        if path == "/metrics":
            metrics: Iterable[bytes] = self._metrics(environment, start)
            return metrics
        if path not in _ROOMS:
            return _answer(start, "404 Not Found", ("/livez, /readyz and /metrics are here",))
        problems = (
            self._vitals.illness(self._seconds())
            if path == "/livez"
            else self._vitals.unreadiness()
        )
        if problems:
            return _answer(start, "503 Service Unavailable", problems)
        return _answer(start, "200 OK", (_ROOMS[path],))


@contextmanager
def serving(probes: Probes, port: int, host: str = "0.0.0.0") -> Iterator[int]:
    """Serve until the block ends; gives the port, which is chosen where 0 is asked for.

    Raises OSError where the port is taken.
    """
    server = make_server(host, port, probes, server_class=ThreadingWSGIServer, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(WSGIRequestHandler):
    timeout = 10
    """A client that says nothing keeps its thread for so many seconds."""

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """A probe every few seconds is no news."""


def _answer(start: Callable[..., Any], status: str, lines: Iterable[str]) -> Iterable[bytes]:
    body = "".join(f"{line}\n" for line in lines).encode()
    start(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return (body,)
