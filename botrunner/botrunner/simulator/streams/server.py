"""The stream endpoints: handshakes, and everybody who is connected."""

import asyncio
import contextlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from botrunner.simulator.bybit.limits import CONNECTION_SPAN, CONNECTIONS, AddressLimit
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.faults import FaultKind, Faults
from botrunner.simulator.streams.connection import Connection, StreamKind, converse
from botrunner.simulator.streams.outbox import Outbox
from botrunner.simulator.streams.private_feed import PrivateFeed
from botrunner.simulator.streams.public_feed import PublicFeed

LONGEST_MESSAGE = 1 << 20
CLOSING_SECONDS = 1.0
"""How long a client may take to answer a close frame before it is dropped."""
_CLOSE_CODE = struct.Struct("!H")


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A connection and the socket under it."""

    connection: Connection
    socket: web.WebSocketResponse
    abort: Callable[[], None]
    """Drops the TCP connection without a word."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def concerns(self, account: str | None, kind: StreamKind | None) -> bool:
        """Whether a fault for this account and kind means this line; None means any."""
        return account in (None, self.connection.account) and kind in (None, self.connection.kind)


class StreamServer:
    """Accepts stream connections and keeps them."""

    def __init__(self, exchange: Exchange, faults: Faults, *, rate_limits: bool) -> None:
        self._exchange = exchange
        self._faults = faults
        self._rate_limits = rate_limits
        self.connection_limit = AddressLimit(CONNECTIONS, CONNECTION_SPAN, CONNECTION_SPAN)
        self._public = PublicFeed(exchange)
        self._private = PrivateFeed(exchange)
        self._lines: dict[Line, None] = {}
        self._count = 0
        self._closing: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.BaseRequest, kind: StreamKind) -> web.StreamResponse:
        """Serve one connection from its handshake to its end."""
        refused = self._faults.take(FaultKind.REFUSE_HANDSHAKE, "", kind)
        if refused is not None:
            return web.Response(status=refused.answer.http_status)
        if self._rate_limits and not self._admits(request):
            return web.Response(status=403, text="too many connections")
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=LONGEST_MESSAGE)
        if not socket.can_prepare(request).ok:
            return web.Response(status=400, text="this address speaks WebSocket only")
        await socket.prepare(request)
        line = self._line(request, socket, kind)
        self._lines[line] = None
        try:
            await converse(socket, line.connection)
        finally:
            del self._lines[line]
            line.ended.set()
        return socket

    def lines(self, account: str | None = None, kind: StreamKind | None = None) -> Iterator[Line]:
        """The connections of an account and kind; None means any."""
        return iter([line for line in self._lines if line.concerns(account, kind)])

    def close(self, line: Line, code: int) -> None:
        """Close a connection in form: a close frame, the client's own, then TCP."""
        closing = asyncio.create_task(_close(line, code))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def stop(self) -> None:
        """Close every connection and every topic."""
        self._public.stop()
        for line in self.lines():
            self.close(line, WSCloseCode.GOING_AWAY)
        if self._closing:
            await asyncio.wait(self._closing)

    def _admits(self, request: web.BaseRequest) -> bool:
        return self.connection_limit.admits(request.remote or "", self._exchange.now())

    def _line(
        self, request: web.BaseRequest, socket: web.WebSocketResponse, kind: StreamKind
    ) -> Line:
        self._count += 1

        def abort() -> None:
            if request.transport is not None:
                request.transport.abort()

        async def send(frame: bytes) -> None:
            await socket.send_frame(frame, WSMsgType.TEXT)

        connection = Connection(
            kind,
            self._count,
            Outbox(send, abort),
            self._exchange,
            self._faults,
            self._public,
            self._private,
        )
        return Line(connection, socket, abort)


async def _close(line: Line, code: int) -> None:
    # Not socket.close(): while somebody receives, it ends TCP before the client has answered.
    line.connection.outbox.frozen = True
    try:
        await line.socket.send_frame(_CLOSE_CODE.pack(code), WSMsgType.CLOSE)
        async with asyncio.timeout(CLOSING_SECONDS):
            await line.ended.wait()
    except (ConnectionError, TimeoutError):
        line.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                await line.ended.wait()
