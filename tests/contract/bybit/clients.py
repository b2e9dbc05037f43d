"""pybit, unchanged but for the address it connects to.

The HTTP client is pybit's own with another ``endpoint``. The WebSocket client is pybit's own with
the host replaced where it connects, so that reconnects go to the same place, and with a lock.
"""

import re
import threading
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from pybit.unified_trading import HTTP, WebSocket

from support.simulator import RunningSimulator
from support.waiting import wait_until

Frame = dict[str, Any]
_PATIENCE_SECONDS = 15


def http(simulator: RunningSimulator, account: str, **options: Any) -> HTTP:
    """A signed-in client of an account; retries nothing, so that every refusal is seen."""
    options = {"max_retries": 1, "retry_delay": 0, **options}
    keys = {"api_key": f"sim-{account}", "api_secret": f"sim-{account}-secret"}
    session = HTTP(**{**keys, **options})
    session.endpoint = simulator.rest_url
    simulator.at_stop(session.client.close)
    return session


class LocalWebSocket(WebSocket):  # type: ignore[misc]  # pybit has no types
    """pybit's streams on another host.

    pybit sends a subscription before it notes it, and dies of an acknowledgement that comes in
    between. Over a network none does; on loopback the lock stands in for the distance.
    """

    def __init__(self, base: str, **options: Any) -> None:
        self._base = base
        self._noting = threading.RLock()
        super().__init__(testnet=False, **options)

    def _connect(self, url: str) -> None:
        super()._connect(re.sub(r"^wss?://[^/]+", self._base, url))

    def subscribe(self, topic: str, callback: Any, symbol: Any = False) -> None:
        """Hold back what arrives until the subscription is noted."""
        with self._noting:
            super().subscribe(topic, callback, symbol)

    def _on_message(self, message: str) -> None:
        with self._noting:
            super()._on_message(message)

    def exit(self) -> None:
        """End, and close the socket too that websocket-client forgets when the server closed it."""
        connection = self.ws.sock
        super().exit()
        if connection is not None:
            connection.shutdown()


@contextmanager
def private_stream(simulator: RunningSimulator, account: str) -> Iterator[LocalWebSocket]:
    """The private streams of an account."""
    stream = LocalWebSocket(
        simulator.stream_url,
        channel_type="private",
        api_key=f"sim-{account}",
        api_secret=f"sim-{account}-secret",
        private_auth_expire=10,
    )
    try:
        yield stream
    finally:
        stream.exit()


@contextmanager
def public_stream(simulator: RunningSimulator) -> Iterator[LocalWebSocket]:
    """The public streams of the linear contracts."""
    stream = LocalWebSocket(simulator.stream_url, channel_type="linear")
    try:
        yield stream
    finally:
        stream.exit()


class Inbox:
    """Frames a stream delivered; a callback that tests can wait on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frames: list[Frame] = []

    def __call__(self, frame: Frame) -> None:
        with self._changed:
            self._frames.append(frame)
            self._changed.notify_all()

    @property
    def frames(self) -> list[Frame]:
        """Every frame up to now."""
        with self._changed:
            return list(self._frames)

    def wait_for(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first frame that is wanted; fails if none comes in time."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: any(map(wanted, self._frames)), timeout=_PATIENCE_SECONDS
            )
            assert found, f"no such frame among {self._frames}"
            return next(frame for frame in self._frames if wanted(frame))

    def wait_for_row(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first row of any frame's ``data`` that is wanted."""
        frame = self.wait_for(lambda frame: any(map(wanted, frame["data"])))
        return next(row for row in frame["data"] if wanted(row))


def wait_for_topics(
    simulator: RunningSimulator, count: int, account: str = "alice", *, but: Container[str] = ()
) -> None:
    """Return once the account's connections, ``but`` for these, have that many topics.

    pybit sends a subscription and does not wait for its acknowledgement.
    """

    def subscribed() -> bool:
        lines = connections(simulator, account).items()
        return sum(topics for line, topics in lines if line not in but) == count

    wait_until(subscribed, f"{count} topics of {account}")


def connections(simulator: RunningSimulator, account: str = "alice") -> dict[str, int]:
    """The account's connections by id, and how many topics each has."""
    state = requests.get(f"{simulator.control_url}/state", timeout=10).json()
    lines = [line for line in state["connections"] if (line["account"] or "") == account]
    return {line["id"]: len(line["topics"]) for line in lines}
