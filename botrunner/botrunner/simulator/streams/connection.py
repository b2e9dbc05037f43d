"""One stream connection: sign-in, subscriptions, pings."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Literal

from aiohttp import WSMessage, WSMsgType, web

from botrunner.simulator.bybit import topics
from botrunner.simulator.bybit.auth import stream_account
from botrunner.simulator.bybit.codes import RefusedError
from botrunner.simulator.bybit.wire import Json, Row
from botrunner.simulator.encode import decoded_object, encoded
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.faults import FaultKind, Faults
from botrunner.simulator.streams.outbox import CONTROL, Outbox
from botrunner.simulator.streams.private_feed import PrivateFeed
from botrunner.simulator.streams.public_feed import PublicFeed

FIRST_DATA_SECONDS = 0.006
"""How long after the acknowledgement a topic's first frame leaves."""
SILENCE_SECONDS = 600.0
"""A client that says nothing for so long is cut."""
StreamKind = Literal["public", "private"]


class Connection:
    """What one client has said on one connection, and what it is answered."""

    def __init__(
        self,
        kind: StreamKind,
        number: int,
        outbox: Outbox,
        exchange: Exchange,
        faults: Faults,
        public: PublicFeed,
        private: PrivateFeed,
    ) -> None:
        self.kind = kind
        self.account = ""
        """Empty until it has signed in."""
        self.outbox = outbox
        self.name = f"{exchange.opened_at:%Y%m%d%H%M%S}-{number:x}"
        self._exchange = exchange
        self._faults = faults
        self._public = public
        self._private = private
        self._topics: dict[str, None] = {}
        self._operations: dict[str, Callable[[Row, str], None]] = {
            "ping": self._ping,
            "auth": self._sign_in,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
        }

    @property
    def topics(self) -> tuple[str, ...]:
        """What it listens to."""
        return tuple(self._topics)

    def take(self, payload: str) -> None:
        """Act on one text frame of the client's."""
        message = decoded_object(payload)
        if message is None:
            self._reply(topics.refused(self.name, "", "", "error:request is not JSON"))
            return
        request = message.get("req_id")
        operation = str(message.get("op", ""))
        act = self._operations.get(operation)
        request_id = request if isinstance(request, str) else ""
        if act is None:
            self._reply(topics.refused(self.name, request_id, operation, "error:invalid op"))
            return
        act(message, request_id)

    def leave(self) -> None:
        """Stop listening to everything."""
        for name in list(self._topics):
            self._drop(name)

    def _ping(self, message: Row, request: str) -> None:
        if self.kind == "public":
            self._reply(topics.public_pong(self.name, request))
        else:
            self._reply(topics.private_pong(self.name, request, self._exchange.now_ms()))

    def _sign_in(self, message: Row, request: str) -> None:
        if self.kind == "public":
            self._reply(topics.refused(self.name, request, "auth", "error:invalid op"))
            return
        try:
            account = self._verified(message.get("args"))
        except RefusedError as refusal:
            self._reply(topics.sign_in_refused(self.name, refusal.message))
            return
        self._exchange.open_account(account)
        self.account = account
        self._reply(topics.signed_in(self.name))

    def _verified(self, arguments: Json) -> str:
        match arguments:
            case [str(key), int() | str() as expires, str(signature)] if str(expires).isdigit():
                now = self._exchange.now_ms()
                account = stream_account(key, int(expires), signature, now)
            case _:
                raise RefusedError(10001, "Params Error")
        fault = self._faults.take(FaultKind.REFUSE_SIGN_IN, account, self.kind)
        if fault is not None:
            raise RefusedError(fault.answer.code, fault.answer.message)
        return account

    def _subscribe(self, message: Row, request: str) -> None:
        arguments = message.get("args")
        wanted: list[Json] = arguments if isinstance(arguments, list) else [arguments]
        refusal = self._refusal(wanted)
        if refusal:
            self._reply(topics.refused(self.name, request, "subscribe", refusal))
            return
        self._reply(topics.subscribed(self.name, request, "subscribe"))
        for name in map(str, wanted):
            self._topics[name] = None
            self.outbox.hold(name, FIRST_DATA_SECONDS)
            if self.kind == "public":
                self._public.join(name, self.outbox)
            else:
                self._private.join(self.account, name, self.outbox)

    def _refusal(self, wanted: list[Json]) -> str:
        if self.kind == "private" and not self.account:
            return "Request not authorized"
        length = sum(len(str(name)) for name in [*self._topics, *wanted])
        if self.kind == "public" and length > topics.MOST_ARGUMENT_CHARACTERS:
            return f"error:args size >{topics.MOST_ARGUMENT_CHARACTERS}"
        serves = self._public.serves if self.kind == "public" else self._private.serves
        return topics.refusal(wanted, self._topics, serves)

    def _unsubscribe(self, message: Row, request: str) -> None:
        arguments = message.get("args")
        for name in arguments if isinstance(arguments, list) else []:
            self._drop(str(name))
        self._reply(topics.subscribed(self.name, request, "unsubscribe"))

    def _drop(self, name: str) -> None:
        if name not in self._topics:
            return
        del self._topics[name]
        if self.kind == "public":
            self._public.leave(name, self.outbox)
        else:
            self._private.leave(self.account, name, self.outbox)

    def _reply(self, frame: Row) -> None:
        self.outbox.put(CONTROL, encoded(frame))


async def converse(socket: web.WebSocketResponse, connection: Connection) -> None:
    """Serve the connection until either side ends it, the client falls silent or is cut."""
    sender = asyncio.create_task(connection.outbox.run())
    try:
        while not sender.done():
            message = await socket.receive(timeout=SILENCE_SECONDS)
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
                break
            await _take(socket, connection, message)
    except TimeoutError:
        await socket.close()
    finally:
        connection.leave()
        sender.cancel()
        # The peer may be gone while a frame is on its way.
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sender


async def _take(socket: web.WebSocketResponse, connection: Connection, message: WSMessage) -> None:
    if connection.outbox.frozen:
        return
    if message.type is WSMsgType.PING:
        await socket.pong(message.data)
    elif message.type is WSMsgType.TEXT:
        connection.take(message.data)
