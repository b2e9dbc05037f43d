"""The door to Bybit's streams: one picows connection driven by a session. Imports picows alone.

Frames are decoded and handed on within the socket's own callback: no queue lies between the wire
and the engine. What a listener raises ends ``run`` with that error; it is never swallowed.
"""

import asyncio
import functools
from collections.abc import Callable, Iterable

import msgspec
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect
from typing_extensions import override

from botrunner.exchanges import stream_effects
from botrunner.exchanges.errors import MessageError
from botrunner.exchanges.session import StreamSession
from botrunner.exchanges.stream_effects import Effect, StreamState
from botrunner.service.clock import Clock

HANDSHAKE_SECONDS = 10.0
_LARGEST_FRAME_BYTES = 10 * 1024 * 1024


class SocketStream(WSListener):
    """Carries a session's effects out.

    ``sign_in`` makes the text that signs in, at the moment it is needed; None on public streams.
    ``hear`` gets every effect but those about the socket; ``refuse`` a frame that could not be
    believed, as text, and why; ``drained`` is called when no more data is waiting to be read.
    """

    def __init__(
        self,
        url: str,
        session: StreamSession,
        clock: Clock,
        *,
        sign_in: Callable[[], str] | None,
        share: Callable[[], float],
        hear: Callable[[Effect], None],
        refuse: Callable[[str, str], None],
        drained: Callable[[], None],
    ) -> None:
        self._url = url
        self._session = session
        self._clock = clock
        self._sign_in = sign_in
        self._share = share
        self._hear = hear
        self._refuse = refuse
        self._drained = drained
        self._transport: WSTransport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._awaits_handshake = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._ended: asyncio.Future[None] | None = None
        self._parts: list[bytes] = []

    async def run(self) -> None:
        """Keep the stream going; returns when the sign-in is refused for good."""
        self._ended = asyncio.get_running_loop().create_future()
        try:
            self._carry_out(self._session.connect_started())
            await self._ended
        finally:
            self._tear_down()

    def fail(self, error: Exception) -> None:
        """End ``run`` with an error that happened beside the socket."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Carry out what a caller got from the session by itself (subscriptions, cuts)."""
        if self._ended is not None and not self._ended.done():
            self._carry_out(effects)

    @override
    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self._transport, self._awaits_handshake = transport, False
        self._parts.clear()
        self._guarded(self._open)

    @override
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame came."""
        match frame.msg_type:
            case WSMsgType.TEXT | WSMsgType.BINARY | WSMsgType.CONTINUATION:
                self._collect(frame)
            case WSMsgType.CLOSE:
                transport.send_close()
                transport.disconnect()
            case _:
                # Protocol pings are answered by picows; only the application's pong counts here.
                return

    @override
    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection ended."""
        if transport is self._transport:
            self._transport = None
            self._closed("connection closed")

    def _open(self) -> None:
        text = self._sign_in() if self._sign_in else None
        self._carry_out(self._session.opened(self._clock.monotonic(), sign_in=text))

    def _collect(self, frame: WSFrame) -> None:
        if frame.fin and not self._parts:
            self._received(frame.get_payload_as_bytes())
        else:
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                whole, self._parts = b"".join(self._parts), []
                self._received(whole)
        if frame.last_in_buffer:
            self._guarded(self._drained)

    def _received(self, payload: bytes) -> None:
        try:
            decoded = msgspec.json.decode(payload)
            if not isinstance(decoded, dict):
                raise MessageError("frame: not an object")
            effects = self._session.received(self._clock.monotonic(), decoded)
        except (MessageError, msgspec.DecodeError) as error:
            text, problem = payload.decode(errors="replace"), str(error)
            self._guarded(functools.partial(self._refuse, text, problem))
            return
        if effects:
            self._carry_out(effects)

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self._guarded(functools.partial(self._one, effect))
        self._set_timer()

    def _one(self, effect: Effect) -> None:
        match effect:
            case stream_effects.Deliver():
                self._hear(effect)
            case stream_effects.Send():
                if self._transport is not None:
                    self._transport.send(WSMsgType.TEXT, effect.text.encode())
            case stream_effects.Connect():
                loop, self._awaits_handshake = asyncio.get_running_loop(), True
                self._connecting = loop.create_task(self._connect())
            case stream_effects.Disconnect():
                if self._transport is not None:
                    # A dead peer never acknowledges what is still to be sent to it.
                    self._transport.disconnect(graceful=False)
            case _:
                self._hear(effect)

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await ws_connect(
                    lambda: self,
                    self._url,
                    websocket_handshake_timeout=HANDSHAKE_SECONDS,
                    max_frame_size=_LARGEST_FRAME_BYTES,
                    max_redirects=0,
                )
        except (OSError, WSError, TimeoutError, ValueError) as error:
            # ValueError: an address that no resolver takes.
            if self._awaits_handshake:
                self._awaits_handshake = False
                self._closed(f"cannot connect: {str(error) or type(error).__name__}")

    def _closed(self, reason: str) -> None:
        if self._ended is None or self._ended.done():
            return
        now = self._clock.monotonic()
        self._carry_out(self._session.closed(now, reason=reason, share=self._share()))
        if self._session.state is StreamState.FAILED and not self._ended.done():
            self._ended.set_result(None)

    def _set_timer(self) -> None:
        wake_at = self._session.wake_at()
        if wake_at is None or self._ended is None or self._ended.done():
            return
        if self._timer is not None and self._timer_at <= wake_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = wake_at
        delay = max(0.0, wake_at - self._clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._carry_out(self._session.ticked(self._clock.monotonic()))

    def _guarded(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            if self._ended is None or self._ended.done():
                raise
            self.fail(error)

    def _tear_down(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None  # It must not stand in the way of the next run's.
        if self._connecting is not None:
            self._connecting.cancel()
        if self._transport is not None:
            self._transport.disconnect(graceful=False)
