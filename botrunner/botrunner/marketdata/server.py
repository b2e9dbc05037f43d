"""The feed's socket: accepts subscribers, hears their hellos, writes what the hub has for them.

A message is one buffer, written straight to each socket that takes it. What a socket does not take
at once waits in its transport, and the hub leaves that subscriber out until it is gone: the send
buffers are small, so what is old is replaced here and not queued in the kernel.
A connection ends with its token, unless a fresh one is shown on it.
"""

import asyncio
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)
from typing_extensions import override

from botrunner.marketdata import wire
from botrunner.marketdata.admission import LONGEST_SECONDS, Admission, Admit
from botrunner.marketdata.hub import Broadcast, Hub
from botrunner.marketdata.listening import listening_socket, log_of_strangers
from botrunner.marketdata.wire import Hello, Refusal, Renewed, Welcome, WireError

CLOSING_SECONDS = 1.0
"""At the end, a subscriber has so long to take what is on its way to it."""
LONGEST_HELLO_BYTES = 16 * 1024
_READ_BUFFER_BYTES = 2048
_BACKLOG = 1024
_MOST_AFTERTHOUGHTS = 16
"""Frames after the hello; a newer subscriber may have some, a flood of them ends it."""
_FRESHER_SECONDS = 1.0
"""A token that lasts so much longer is a fresh one; to show others is an afterthought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Which feed this is, and what it has."""

    exchange: str
    environment: str
    market: str
    symbol: str
    depth: int
    intervals: tuple[str, ...]
    feed: str
    """Tells one start of it from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """What strangers can cost at most, and how often a frame comes."""

    connections: int = 600
    hello_seconds: float = 3.0
    heartbeat_seconds: float = 0.5
    """Twice within the shortest silence that an account may be told to bear (1 s)."""


@dataclass(slots=True)
class ServerCounts:
    """Counted since the start."""

    deliveries: int = 0
    sent_bytes: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    """By reason."""


class FeedServer:
    """Serves one hub; ``admit`` judges the tokens of its subscribers."""

    def __init__(self, hub: Hub, served: Served, admit: Admit, limits: ServerLimits) -> None:
        self._hub, self._served = hub, served
        self.limits, self.admit = limits, admit
        self._connections: dict[int, _Connection] = {}
        self._count = 0
        self._server: asyncio.Server | None = None
        self.counts = ServerCounts()
        self.port = 0
        """The port that it listens on, once started."""

    @property
    def connections(self) -> int:
        """Open connections, those without a hello included."""
        return self._count

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes any that is free. Raises OSError when the port is in use."""
        listening = listening_socket(host, port)
        try:
            self._server = await ws_create_server(
                self._accept,
                sock=listening,
                backlog=_BACKLOG,
                websocket_handshake_timeout=self.limits.hello_seconds,
                logger_name=log_of_strangers(lambda: self.refused("malformed")),
                max_frame_size=LONGEST_HELLO_BYTES,
                read_buffer_init_size=_READ_BUFFER_BYTES,
                enable_auto_ping=True,
            )
        except BaseException:
            listening.close()
            raise
        self.port = listening.getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections.values()):
            connection.end(WSCloseCode.GOING_AWAY)
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._all_closed()
        except TimeoutError:
            for connection in list(self._connections.values()):
                connection.abort()
            await self._all_closed()

    async def _all_closed(self) -> None:
        while self._connections:
            await asyncio.sleep(0.01)

    def broadcast(self, message: Broadcast) -> None:
        """Write one message to everybody who keeps up."""
        write, frame, size = os.write, message.frame, len(message.frame)
        for number in message.readers:
            try:
                taken = write(number, frame)
            except BlockingIOError:
                taken = 0
            except OSError:
                self._lost(number)
                continue
            if taken != size:
                self._connections[number].keep(frame[taken:])
        self.counts.deliveries += len(message.readers)
        self.counts.sent_bytes += size * len(message.readers)

    def opened(self, number: int, connection: "_Connection") -> None:
        """A connection stands under this number, its descriptor."""
        self._connections[number] = connection
        self._count += 1

    def closed(self, number: int) -> None:
        """It is gone; the number may be another's from now on."""
        self._hub.leave(number)
        self._count -= 1
        del self._connections[number]

    def welcome(self, number: int, hello: Hello, renew_seconds: float) -> bytes:
        """Join the hub, and the frame that says so."""
        topics = tuple(_topics(hello, self._served, self._hub.topics))
        self._hub.join(number, topics)
        welcome = Welcome(
            version=wire.chosen_version(hello) or wire.VERSION,
            feed=self._served.feed,
            topics=topics,
            depth=self._served.depth,
            intervals=self._served.intervals,
            heartbeat_seconds=self.limits.heartbeat_seconds,
            renew_seconds=renew_seconds,
        )
        return wire.text_frame(wire.encoded(welcome))

    def judge(self, hello: Hello) -> Refusal | Admission:
        """Whether this subscriber is served, and if not, why; what is cheap to know comes first."""
        if wire.chosen_version(hello) is None:
            text = f"this feed speaks versions {wire.OLDEST_VERSION} to {wire.VERSION}"
            return Refusal(reason="version", message=text)
        served = self._served
        mine = (served.exchange, served.environment, served.market, served.symbol)
        if mine != (hello.exchange, hello.environment, hello.market, hello.symbol):
            return Refusal(reason="wrongFeed", message=f"this is the feed of {' '.join(mine)}")
        admission = self.admit(hello.token)
        if admission.problem:
            return Refusal(reason="token", message=f"the token: {admission.problem}")
        return admission

    def refused(self, reason: str) -> None:
        """Count it."""
        self.counts.refusals[reason] = self.counts.refusals.get(reason, 0) + 1

    def catch_up(self, number: int) -> None:
        """Write what a subscriber has yet to hear, until it keeps up or takes no more."""
        connection = self._connections[number]
        while connection.is_free and (frame := self._hub.next_frame(number)) is not None:
            connection.write(frame)
            self.counts.deliveries += 1
            self.counts.sent_bytes += len(frame)

    def stall(self, number: int) -> None:
        """The subscriber takes no more for now."""
        self._hub.stall(number)

    def _lost(self, number: int) -> None:
        self._hub.stall(number)
        self._connections[number].abort()

    def _accept(self, request: WSUpgradeRequest) -> "_Connection | WSUpgradeResponseWithListener":
        if self._count < self.limits.connections:
            return _Connection(self)
        self.refused("full")
        text = b"this feed has all the subscribers it may have\n"
        return WSUpgradeResponseWithListener(
            WSUpgradeResponse.create_error_response(503, text), None
        )


class _Connection(WSListener):
    """One subscriber, from its handshake to its end."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server
        self._number = -1
        self._transport: WSTransport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._has_joined = False
        self._afterthoughts = 0
        self._until = 0.0
        """When the present token ends, by the loop's time."""
        self.is_free = True
        """Nothing waits in its transport."""

    @override
    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done; a hello has to follow soon."""
        self._transport = transport
        below = transport.underlying_transport
        self._number = below.get_extra_info("socket").fileno()
        below.set_write_buffer_limits(high=0)
        self._server.opened(self._number, self)
        seconds = self._server.limits.hello_seconds
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(seconds, self._refuse, "malformed", "no hello came")

    @override
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """The hello, a fresh token, or a control frame."""
        match frame.msg_type:
            case WSMsgType.TEXT if frame.fin:
                self._hear(frame.get_payload_as_bytes())
            case WSMsgType.CLOSE:
                self.end(WSCloseCode.OK)
            case WSMsgType.PING | WSMsgType.PONG:
                return
            case _:
                self._refuse("malformed", "every message is one text frame")

    @override
    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection ended."""
        self._disarm()
        self._transport = None
        self._server.closed(self._number)

    @override
    def pause_writing(self) -> None:
        """Something waits in the transport."""
        self.is_free = False
        self._server.stall(self._number)

    @override
    def resume_writing(self) -> None:
        """Nothing waits any more."""
        self.is_free = True
        if self._has_joined and self._transport is not None:
            self._server.catch_up(self._number)

    def write(self, frame: bytes) -> None:
        """Write a frame whole; what the socket does not take waits."""
        try:
            taken = os.write(self._number, frame)
        except BlockingIOError:
            taken = 0
        except OSError:
            self.abort()
            return
        if taken != len(frame):
            self.keep(frame[taken:])

    def keep(self, rest: bytes) -> None:
        """Let the transport write what the socket did not take."""
        if self._transport is None:
            return
        below = self._transport.underlying_transport
        below.write(rest)
        if below.get_write_buffer_size() > 0:
            self.pause_writing()

    def abort(self) -> None:
        """Drop the connection without a word."""
        self.is_free = False
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def end(self, code: WSCloseCode) -> None:
        """Close it in form, as far as its socket still takes that."""
        if self._transport is not None:
            self._transport.send_close(code)
            self._transport.disconnect(graceful=self.is_free)

    def _hear(self, payload: bytes) -> None:
        if self._transport is None or self._transport.is_close_frame_sent:
            return
        if self._has_joined:
            self._hear_more(payload)
            return
        try:
            hello = wire.read_hello(payload)
        except WireError as error:
            self._refuse("malformed", str(error))
            return
        judged = self._server.judge(hello)
        if isinstance(judged, Refusal):
            self._refuse(judged.reason, judged.message)
            return
        self._has_joined = True
        self.write(self._server.welcome(self._number, hello, self._last_for(judged)))
        self._server.catch_up(self._number)

    def _hear_more(self, payload: bytes) -> None:
        renewal = wire.read_renewal(payload)
        if renewal is not None and self._renew(renewal.token):
            self._afterthoughts = 0
            return
        self._afterthoughts += 1
        if self._afterthoughts > _MOST_AFTERTHOUGHTS:
            self._refuse("malformed", "a subscriber says hello, and then only shows fresh tokens")

    def _renew(self, token: str) -> bool:
        """Whether it lasts longer by this token. One that opens nothing takes nothing away."""
        admission, until = self._server.admit(token), self._until
        if admission.problem:
            return False
        frame = wire.text_frame(wire.encoded(Renewed(renew_seconds=self._last_for(admission))))
        if self.is_free:
            self.write(frame)
        else:
            self.keep(frame)
        return self._until >= until + _FRESHER_SECONDS

    def _last_for(self, admission: Admission) -> float:
        """End the connection with its token; the seconds until then, 0 for never."""
        self._disarm()
        if admission.seconds is None:
            self._until = math.inf
            return 0.0
        seconds, loop = min(admission.seconds, LONGEST_SECONDS), asyncio.get_running_loop()
        self._until = loop.time() + seconds
        text = "the token: it has expired; come again with a fresh one"
        self._deadline = loop.call_at(self._until, self._refuse, "token", text)
        return seconds

    def _refuse(self, reason: str, message: str) -> None:
        self._disarm()
        if self._transport is None or self._transport.is_close_frame_sent:
            return
        self._server.refused(reason)
        refusal = Refusal(reason=reason, message=message)
        self._transport.send(WSMsgType.TEXT, wire.encoded(refusal))
        self.end(WSCloseCode.POLICY_VIOLATION)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _topics(hello: Hello, served: Served, there: frozenset[str]) -> Iterable[str]:
    wanted = [wire.QUOTE, wire.UPSTREAM]
    wanted += [topic for topic in dict.fromkeys(hello.topics) if topic in wire.OPTIONAL_TOPICS]
    for interval in dict.fromkeys(hello.intervals):
        wanted += wire.candle_topics(interval)
    return [topic for topic in wanted if topic in there]
