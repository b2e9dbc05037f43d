"""A runner's connection to one feed: kept up, its frames decoded and handed on as they come.

A token that is renewed is shown on the connection that stands, so a renewal costs no message.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect
from typing_extensions import override

from botrunner.exchanges.retry import backoff
from botrunner.marketdata import wire
from botrunner.marketdata.wire import (
    FeedFrame,
    Hello,
    Refusal,
    Renewal,
    Renewed,
    Welcome,
    WireError,
)
from botrunner.service.clock import Clock

CONNECT_SECONDS = 2.0
"""For the connection, and then for the feed's first frame."""
PING_SECONDS = 5.0
"""Silent so long, the feed is pinged; without an answer in as long again the line is given up."""
BACKOFF_BASE_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 5.0
SETTLED_SECONDS = 10.0
"""Connected so long, the next loss starts from the shortest pause again."""
RECEIVE_BUFFER_BYTES = 32 * 1024
"""More would be a queue of old prices while this process does not read."""
RENEW_PAUSE_SECONDS = 1.0
"""A fresh token is looked for at half the time that the present one has left; no more often."""
_LARGEST_FRAME_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientListeners:
    """Who hears what; called on the event loop."""

    frame: Callable[[FeedFrame | None, int], None]
    """Each frame but a refusal, and its size in bytes; None for a kind that only a newer client
    knows. Raises WireError for one that cannot be believed, which ends the connection."""
    drained: Callable[[], None]
    """Nothing more waits to be read."""
    ended: Callable[[str], None]
    """A connection ended or did not come about, and why."""


class FeedClient:
    """Connects again and again until cancelled. ``hello`` is made for each connection.

    ``share`` gives the jitter, within [0.5, 1].
    """

    def __init__(
        self,
        address: str,
        hello: Callable[[], Hello],
        listeners: ClientListeners,
        clock: Clock,
        share: Callable[[], float],
    ) -> None:
        self._address, self._hello = address, hello
        self._listeners, self._clock, self._share = listeners, clock, share

    async def run(self) -> None:
        """Keep the connection up."""
        attempt = 0
        while True:
            began = self._clock.monotonic()
            self._listeners.ended(await self._connected())
            if self._clock.monotonic() - began >= SETTLED_SECONDS:
                attempt = 0
            share = self._share()
            pause = backoff(
                attempt, base=BACKOFF_BASE_SECONDS, cap=BACKOFF_CAP_SECONDS, share=share
            )
            attempt += 1
            await self._clock.sleep(pause)

    async def _connected(self) -> str:
        """One connection to its end; why it ended."""
        try:
            socket_reader = _Reader(self._hello(), self._listeners, self._clock)
        except (OSError, ValueError) as error:
            return f"the token cannot be read: {error}"
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                transport, _ = await ws_connect(
                    lambda: socket_reader,
                    self._address,
                    websocket_handshake_timeout=CONNECT_SECONDS,
                    max_frame_size=_LARGEST_FRAME_BYTES,
                    max_redirects=0,
                    enable_auto_ping=True,
                    auto_ping_idle_timeout=PING_SECONDS,
                    auto_ping_reply_timeout=PING_SECONDS,
                )
        except (OSError, WSError, TimeoutError, ValueError) as error:
            # ValueError: an address that no resolver takes.
            return f"cannot connect: {str(error) or type(error).__name__}"
        try:
            await asyncio.wait((socket_reader.begun,), timeout=CONNECT_SECONDS)
            if not socket_reader.begun.done():
                return "no answer to the hello"
            return await self._lived(socket_reader, transport)
        finally:
            transport.disconnect(graceful=False)

    async def _lived(self, reader: "_Reader", transport: WSTransport) -> str:
        """Keep the feed's trust until the end; why it came."""
        renewing = asyncio.get_running_loop().create_task(self._renew(reader, transport))
        try:
            return await reader.ended
        finally:
            renewing.cancel()
            # Not awaited itself: a cancellation of this client would be taken for its end.
            await asyncio.wait((renewing,))
            if not renewing.cancelled():
                renewing.result()  # An error of the program.

    async def _renew(self, reader: "_Reader", transport: WSTransport) -> None:
        await reader.limited.wait()
        while True:
            left = reader.good_until - self._clock.monotonic()
            await self._clock.sleep(max(left / 2, RENEW_PAUSE_SECONDS))
            try:
                token = self._hello().token
            except (OSError, ValueError):
                continue  # It is written anew at this moment, perhaps.
            if token != reader.accepted and not reader.ended.done():
                reader.shown = token
                transport.send(WSMsgType.TEXT, wire.encoded(Renewal(token=token)))


class _Reader(WSListener):
    """Hands frames on; says at the end why it was the end."""

    def __init__(self, hello: Hello, listeners: ClientListeners, clock: Clock) -> None:
        self._hello, self._listeners, self._clock = hello, listeners, clock
        self._why = "connection closed"
        self._is_over = False
        """Nothing that still comes counts."""
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """The first frame came, or none will."""
        self.shown = self.accepted = hello.token
        """The token that was shown last, and the one that the feed has taken last."""
        self.good_until = 0.0
        """By the monotonic clock, for the token that was taken."""
        self.limited = asyncio.Event()
        """The connection ends with its token."""
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @override
    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say hello."""
        below = transport.underlying_transport.get_extra_info("socket")
        below.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        transport.send(WSMsgType.TEXT, wire.encoded(self._hello))

    @override
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand a frame on; one that cannot be believed ends the connection."""
        if self._is_over:
            return
        try:
            self._take(transport, frame)
        except WireError as error:
            self._why = f"unbelievable: {error}"
            self._break(transport)
        except Exception as error:
            # picows would log it and go on; what breaks here ends the work that waits for it.
            if not self.ended.done():
                self.ended.set_exception(error)
            self._break(transport)

    @override
    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection ended."""
        if not self.ended.done():
            self.ended.set_result(self._why)
        self._begin()

    def _begin(self) -> None:
        if not self.begun.done():
            self.begun.set_result(None)

    def _break(self, transport: WSTransport) -> None:
        self._is_over = True
        transport.disconnect(graceful=False)

    def _take(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.TEXT:
                self._read(transport, frame)
            case WSMsgType.CLOSE:
                transport.send_close()
                transport.disconnect()
            case _:
                # Pings are answered by picows.
                return

    def _read(self, transport: WSTransport, frame: WSFrame) -> None:
        said = wire.read_feed(frame.get_payload_as_bytes())
        self._begin()
        match said:
            case Refusal():
                self._why = f"refused ({said.reason}): {said.message}"
                self._break(transport)
                return
            case Welcome() | Renewed() if said.renew_seconds > 0:
                self.accepted = self.shown
                self.good_until = self._clock.monotonic() + said.renew_seconds
                self.limited.set()
            case _:
                pass
        self._listeners.frame(said, frame.payload_size)
        if frame.last_in_buffer:
            self._listeners.drained()
