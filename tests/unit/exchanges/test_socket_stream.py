"""The socket under a session, against servers that do odd things (EX-8, EX-10)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from botrunner.exchanges.bybit.dialect import BybitDialect
from botrunner.exchanges.bybit.stream import SocketStream
from botrunner.exchanges.session import StreamSession, Timing
from botrunner.exchanges.stream_effects import Changed, Deliver, Effect, StreamState
from botrunner.service.clock import SystemClock

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]
QUICK = Timing(ping=0.1, dead=0.6, acknowledge=0.3, backoff_base=0.02, backoff_cap=0.05)
DATA = '{"topic":"order","data":[]}'


class Heard:
    """What a stream said."""

    def __init__(self) -> None:
        self.effects: list[Effect] = []
        self.refused: list[tuple[str, str]] = []
        self.drained = 0

    def drain(self) -> None:
        """Nothing more waits to be read."""
        self.drained += 1

    def states(self) -> list[StreamState]:
        return [effect.state for effect in self.effects if isinstance(effect, Changed)]

    def reasons(self) -> list[str]:
        return [effect.reason for effect in self.effects if isinstance(effect, Changed)]

    def delivered(self) -> int:
        return len([effect for effect in self.effects if isinstance(effect, Deliver)])


async def welcome(socket: web.WebSocketResponse) -> None:
    """Sign in and subscribe whoever comes."""
    await socket.receive_str()
    await socket.send_str('{"op":"auth","success":true}')
    asked = (await socket.receive_json())["req_id"]
    await socket.send_json({"op": "subscribe", "success": True, "req_id": asked})


async def stay(socket: web.WebSocketResponse) -> None:
    """Answer pings until the client goes."""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            await socket.send_str('{"op":"pong"}')


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await talk(socket)
        return socket

    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def streaming(
    url: str, hear: Callable[[Effect], None] | None = None
) -> AsyncIterator[tuple[Heard, asyncio.Task[None]]]:
    heard = Heard()
    stream = SocketStream(
        url,
        StreamSession(BybitDialect(), {"account": ("order",)}, essential=True, timing=QUICK),
        SystemClock(),
        sign_in=lambda: "the key",
        share=lambda: 1.0,
        hear=hear or heard.effects.append,
        refuse=lambda message, problem: heard.refused.append((message, problem)),
        drained=heard.drain,
    )
    task = asyncio.create_task(stream.run())
    try:
        yield heard, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], object], what: str) -> None:
    deadline = asyncio.get_running_loop().time() + 20
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, f"never came: {what}"
        await asyncio.sleep(0.005)


async def test_messages_are_handed_on_in_their_order() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.send_str(DATA)
        await socket.send_bytes(DATA.encode())
        await stay(socket)

    async with serving(talk) as url, streaming(url) as (heard, _):
        await until(lambda: heard.delivered() == 2, "both messages")

    assert heard.states() == [StreamState.CONNECTING, StreamState.CONNECTED]
    assert heard.drained >= 1


@pytest.mark.parametrize("text", ["not JSON", "[1]", "17", '{"op":"dance"}', '{"x":'])
async def test_a_frame_that_cannot_be_believed_is_told_whole_and_the_rest_goes_on(
    text: str,
) -> None:
    """EX-10."""

    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.send_str(text)
        await socket.send_str(DATA)
        await stay(socket)

    async with serving(talk) as url, streaming(url) as (heard, _):
        await until(lambda: heard.delivered() == 1, "the message after it")

    assert [message for message, _ in heard.refused] == [text]


async def test_pings_keep_the_line_up_longer_than_silence_would() -> None:
    pings: list[str] = []

    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                pings.append(message.data)
                await socket.send_str('{"op":"pong"}')

    async with serving(talk) as url, streaming(url) as (heard, _):
        await until(lambda: len(pings) > 6, "more pings than a dead line has")

    assert heard.states() == [StreamState.CONNECTING, StreamState.CONNECTED]


async def test_a_peer_that_never_answers_the_sign_in_is_left_and_tried_again() -> None:
    came: list[int] = []

    async def talk(socket: web.WebSocketResponse) -> None:
        came.append(1)
        async for _ in socket:
            continue

    async with serving(talk) as url, streaming(url) as (heard, _):
        await until(lambda: len(came) >= 2, "a second attempt")

    assert "no acknowledgement within 0.3 s" in heard.reasons()


async def test_a_peer_that_closes_at_once_is_tried_again_and_again() -> None:
    came: list[int] = []

    async def talk(socket: web.WebSocketResponse) -> None:
        came.append(1)
        if len(came) < 4:
            await socket.close()
            return
        await welcome(socket)
        await stay(socket)

    async with serving(talk) as url, streaming(url) as (heard, _):
        await until(lambda: StreamState.CONNECTED in heard.states(), "the fourth attempt")

    assert len(came) == 4


async def test_a_server_that_speaks_no_websocket_is_a_condition_not_an_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with streaming(url) as (heard, task):
        await until(lambda: len(heard.effects) > 4, "some attempts")

        assert not task.done()
    server.close()
    await server.wait_closed()
    assert "cannot connect" in heard.reasons()[1]


async def test_what_a_listener_raises_ends_the_stream_with_that_error() -> None:
    """A broken engine must not look like a quiet market."""

    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.send_str(DATA)
        await stay(socket)

    def broken(effect: Effect) -> None:
        if isinstance(effect, Deliver):
            raise LookupError("a bug")

    async with serving(talk) as url, streaming(url, broken) as (_, task):
        with pytest.raises(LookupError, match="a bug"):
            await asyncio.wait_for(task, timeout=20)
