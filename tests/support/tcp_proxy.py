"""A way to the API server that a test can break: refused, dropped or stalled, on loopback.

A real proxy in a thread of its own; what it forwards is not looked at.
"""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar

_PATIENCE_SECONDS = 30.0
T = TypeVar("T")


class Way(Enum):
    """What becomes of connections."""

    OPEN = "open"
    REFUSED = "refused"
    """The open ones are reset, new ones refused, as by a server that is stopped."""
    DROPPED = "dropped"
    """The open ones fall silent, attempts to connect get no answer, as behind a broken network."""
    STALLED = "stalled"
    """Everything is accepted and nothing answered, as by a server that hangs."""


class TcpProxy:
    """Forwards a port of loopback to another one; ``url`` has the address of this one."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition("//")[2].partition(":")
        self._target = (host, int(port))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._gate = asyncio.Event()
        self._pipes: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._plug: list[socket.socket] = []
        self.attempts = 0
        """Connections that were accepted."""
        with socket.create_server(("127.0.0.1", 0)) as found:
            self._port = found.getsockname()[1]
        self._await(self._open())
        self.url = f"https://127.0.0.1:{self._port}"

    def become(self, way: Way) -> None:
        """Change what becomes of connections, the open ones too."""
        self._await(self._become(way))

    def close(self) -> None:
        """End everything."""
        self._await(self._become(Way.REFUSED))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_SECONDS)
        self._loop.close()

    async def _become(self, way: Way) -> None:
        self._unplug()
        await self._stop_listening()
        self._gate.clear()
        match way:
            case Way.REFUSED:
                await self._reset()
            case Way.DROPPED:
                self._fill_the_queue()
            case Way.STALLED:
                await self._listen()
            case Way.OPEN:
                await self._reset()
                await self._open()

    async def _open(self) -> None:
        self._gate.set()
        await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self._port, reuse_address=True
        )

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _fill_the_queue(self) -> None:
        """Linux drops attempts to connect to a listener whose queue is full: tcp(7), backlog."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(0)
        self._plug.append(listener)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self._port))
            self._plug.append(filler)

    def _unplug(self) -> None:
        while self._plug:
            self._plug.pop().close()

    async def _reset(self) -> None:
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        self._pipes.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.attempts += 1
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        with suppress(asyncio.CancelledError, OSError):
            await self._forward(reader, writer)
        writer.transport.abort()
        self._pipes.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._gate.wait()
        there, back = await asyncio.open_connection(*self._target)
        try:
            ways = [self._copy(reader, back), self._copy(there, writer)]
            tasks = [asyncio.ensure_future(way) for way in ways]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            back.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._gate.wait()
            writer.write(data)
            await writer.drain()

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)
