"""A way to the API server that answers for it where a test says so: 503, 429, 401, 410.

It can also keep deletions to itself, which a watch would tell of.

Plain HTTP on loopback, in a thread of its own; what is not answered here is forwarded with the
token that came with it.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from support.operator_process import api_server

_PATIENCE_SECONDS = 30.0
_HOP = {"host", "content-length", "transfer-encoding", "accept-encoding", "connection"}
_GONE = {
    "type": "ERROR",
    "object": {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410},
}
T = TypeVar("T")


class ApiProxy:
    """Forwards to the local cluster's API server."""

    def __init__(self) -> None:
        self.status = 0
        """What every request is answered with; 0: they are forwarded."""
        self.expired_watches = 0
        """So many watches are told that their resource version is too old."""
        self.refused = 0
        """Requests that were answered with `status`."""
        self.keeps_deletions = False
        """Whether watches are not told of deletions."""
        self.kept = 0
        """Deletions that no watch was told of."""
        self._open: dict[asyncio.Task[Any], asyncio.Transport] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = self._await(self._start())

    def answer(self, status: int) -> None:
        """Answer everything with a status from now on; streams that are open are cut off."""
        self.status = status
        self._await(self._cut())

    def forward(self, *, expired_watches: int = 0) -> None:
        """Let everything through again, but first tell so many watches that they are too old."""
        self.expired_watches = expired_watches
        self.status = 0

    def close(self) -> None:
        """End everything."""
        self._await(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_SECONDS)
        self._loop.close()

    async def _start(self) -> str:
        self._target = api_server()
        # The test's own cluster on loopback, by a self-signed certificate.
        connector = aiohttp.TCPConnector(ssl=False, limit=0)
        self._session = aiohttp.ClientSession(connector=connector)
        # A watch that is open waits for its next event: it is not waited for.
        server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def _stop(self) -> None:
        await self._cut()
        await self._runner.cleanup()
        await self._session.close()
        # What was let go of is closed by the loop's next turns; a stopped loop would leave it open.
        for _ in range(50):
            await asyncio.sleep(0)

    async def _cut(self) -> None:
        cut = dict(self._open)
        for task, transport in cut.items():
            transport.abort()
            task.cancel()
        await asyncio.gather(*cut, return_exceptions=True)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.status:
            self.refused += 1
            return _failure(self.status)
        if self.expired_watches and request.query.get("watch"):
            self.expired_watches -= 1
            return web.Response(text=json.dumps(_GONE) + "\n", content_type="application/json")
        task, transport = asyncio.current_task(), request.transport
        assert task is not None
        assert transport is not None
        self._open[task] = transport
        try:
            return await self._forward(request)
        except ConnectionError:
            # The other side has gone, or was cut off by the test.
            return web.Response()
        finally:
            del self._open[task]

    async def _forward(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
        async with self._session.request(
            request.method,
            self._target + request.raw_path,
            headers=headers | {"Accept-Encoding": "identity"},
            data=await request.read() or None,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as answer:
            try:
                return await self._pass_on(answer, request)
            finally:
                # What was not read to its end is not kept for another request.
                if answer.connection is not None and answer.connection.transport is not None:
                    answer.connection.transport.abort()

    async def _pass_on(
        self, answer: aiohttp.ClientResponse, request: web.BaseRequest
    ) -> web.StreamResponse:
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP}
        out = web.StreamResponse(status=answer.status, headers=headers)
        await out.prepare(request)
        is_watch = bool(request.query.get("watch"))
        async for part in _lines(answer) if is_watch else answer.content.iter_any():
            if is_watch and self._keeps(part):
                self.kept += 1
            else:
                await out.write(part)
        await out.write_eof()
        return out

    def _keeps(self, line: bytes) -> bool:
        return self.keeps_deletions and json.loads(line)["type"] == "DELETED"

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)


def _failure(status: int) -> web.Response:
    body = {"kind": "Status", "status": "Failure", "code": status, "message": "a test says so"}
    return web.json_response(body, status=status)


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Whole lines, however long."""
    rest = b""
    async for part in answer.content.iter_any():
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line + b"\n"
