"""The sockets under pybit's HTTP sessions: shared by all threads, and written to in one go.

Rule 1: ``may_send`` is asked between connecting and writing, so that nothing which takes time lies
between its answer and the wire.
Rule 2: a request's head and body are one write. The client's two would let other threads take the
interpreter in between, and reach the venue as two packets.
Rule 3: the connection that was used last is taken first: it is the likeliest to be open still, and
a new one costs two or three round trips.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from botrunner.exchanges.port import Guard

_MAY_SEND: ContextVar[Guard] = ContextVar("may_send")
"""Of the request that this thread makes; without one nothing can be written."""


class HeldBackError(Exception):
    """The guard said no at the write: not a byte of the request was sent."""


@contextmanager
def guarded(may_send: Guard) -> Iterator[None]:
    """Ask ``may_send`` before each request that this thread writes meanwhile."""
    token = _MAY_SEND.set(may_send)
    try:
        yield
    finally:
        _MAY_SEND.reset(token)


class _Connection(HTTPConnection):
    _held: list[bytes] | None = None
    """The parts of the request that is being put together."""

    @override
    def request(self, *args: Any, **options: Any) -> None:
        held: list[bytes] = []
        self._held = held
        try:
            super().request(*args, **options)
        finally:
            self._held = None
        if self.sock is None:
            self.connect()
        if not _MAY_SEND.get()():
            raise HeldBackError
        self.send(b"".join(held))

    @override
    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)
        else:
            self._held.append(data)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class Connections(HTTPAdapter):
    """Where sessions send: at most ``most`` connections are kept open while nobody uses them."""

    def __init__(self, most: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=most)

    @override
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    @override
    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        if proxy.lower().startswith("socks"):
            raise InvalidSchema("SOCKS proxies are not taken")  # Theirs are other connections.
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
