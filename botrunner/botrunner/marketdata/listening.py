"""The socket that subscribers connect to, and what becomes of the garbage that strangers send."""

import logging
import socket
from collections.abc import Callable

from typing_extensions import override

SEND_BUFFER_BYTES = 32 * 1024
"""Asked of the kernel for each subscriber; more would be a hidden queue of old prices."""
DEAD_MILLISECONDS = 10_000
"""A peer that acknowledges nothing, or reads nothing, for so long is cut (TCP_USER_TIMEOUT)."""
_GARBAGE = ("WS parser error", "on_ws_frame raised WSProtocolError")
"""How picows begins the lines about frames that break RFC 6455, or are too long."""


def log_of_strangers(count: Callable[[], None]) -> logging.Logger:
    """For what picows says: ``count`` is called for garbage, which gets no line each."""
    log = logging.Logger("tradefleet.feed", logging.WARNING)
    log.addHandler(_Garbage(count))
    return log


class _Garbage(logging.Handler):
    """Counts what strangers got wrong; all else goes on to the standard error."""

    def __init__(self, count: Callable[[], None]) -> None:
        super().__init__()
        self._count = count

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(_GARBAGE):
            self._count()
        elif logging.lastResort is not None:
            logging.lastResort.handle(record)


def listening_socket(host: str, port: int) -> socket.socket:
    """Bound, with small send buffers that every connection inherits. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio leaves Nagle's algorithm on otherwise.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_MILLISECONDS)
        listening.setblocking(False)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening
