"""What a startupProbe waits for: that its program answers, then that it says 200."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from typing_extensions import override

from botrunner.service.startup import wait_until_up


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(HTTPServer):
    """Serves each status of a list once, its last one from then on; until ``serving`` it has a
    port at which it refuses.
    """

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.statuses, self.asked = list(statuses), list[str]()
        self.server_bind()

    @contextmanager
    def serving(self) -> Iterator[None]:
        self.server_activate()
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()


@contextmanager
def _server(*statuses: int) -> Iterator[_Server]:
    server = _Server(*statuses)
    try:
        yield server
    finally:
        server.server_close()


def test_it_waits_for_a_program_that_begins_late() -> None:
    answers: list[bool] = []
    with _server(200) as server:
        waiting = threading.Thread(
            target=lambda: answers.append(wait_until_up(server.server_port, "/x"))
        )
        waiting.start()
        waiting.join(0.3)  # As late as this; it may have been refused once or often.
        with server.serving():
            waiting.join(60)

    assert answers == [True]
    assert set(server.asked) == {"/x"}


def test_it_waits_for_a_program_that_is_not_ready_yet() -> None:
    with _server(503, 503, 200) as server, server.serving():
        is_up = wait_until_up(server.server_port, "/readyz", patience=600)

    assert is_up
    assert server.statuses == [200]
    assert set(server.asked) == {"/readyz"}


def test_a_program_that_answers_is_up_though_it_does_not_become_ready() -> None:
    """Else a feed whose exchange is away would be killed again and again."""
    with _server(503) as server, server.serving():
        assert wait_until_up(server.server_port, "/readyz", patience=0.2)


def test_where_nothing_answers_it_gives_up_before_the_kubelet_does() -> None:
    with _server(200) as server:
        assert not wait_until_up(server.server_port, "/readyz", limit=0.2)


def test_the_command_of_the_probe_ends_well_once_the_program_answers() -> None:
    with _server(200) as server, server.serving():
        command = [sys.executable, "-m", "botrunner.service.startup"]
        done = subprocess.run([*command, str(server.server_port), "/livez"], check=False)

    assert done.returncode == 0
    assert set(server.asked) == {"/livez"}


def test_it_loads_nothing_that_makes_a_start_slower() -> None:
    """It shares the memory and the processor of the program that it waits for."""
    code = "import sys, botrunner.service.startup; print(*sorted(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = {name.partition(".")[0] for name in answer.stdout.decode().split()}

    assert loaded.isdisjoint({"aiohttp", "pydantic", "asyncio", "typer", "pybit", "botapi"})
