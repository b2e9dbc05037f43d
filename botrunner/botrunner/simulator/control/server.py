"""The control API over HTTP."""

import hmac
from collections.abc import Callable, Mapping

from aiohttp import web

from botrunner.simulator.bybit.wire import Row
from botrunner.simulator.control import read
from botrunner.simulator.control.act import ControlError, Controls
from botrunner.simulator.encode import decoded_object, encoded
from botrunner.simulator.request_log import RequestLog

Reader = Callable[[Mapping[str, str]], Row]


class ControlApi:
    """Answers ``GET /<what>`` and ``POST /<command>`` with JSON; errors as ``{"error": text}``."""

    def __init__(self, controls: Controls, log: RequestLog, token: str | None) -> None:
        self._controls = controls
        self._token = token
        self._readers: dict[str, Reader] = {
            "": lambda query: read.describe(),
            "state": lambda query: read.state(controls),
            "ledger": lambda query: read.ledger(controls, query),
            "conservation": lambda query: read.conservation(controls),
            "requests": lambda query: read.requests(log, query),
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if not self._is_allowed(request):
            return _answer(401, {"error": "Authorization: a bearer token is needed"})
        try:
            return await self._dispatch(request)
        except ControlError as error:
            return _answer(400, {"error": str(error)})

    async def _dispatch(self, request: web.BaseRequest) -> web.StreamResponse:
        name = request.path.strip("/")
        if request.method == "POST":
            body = await request.read()
            values = decoded_object(body) if body else {}
            if values is None:
                raise ControlError("body: a JSON object is needed")
            return _answer(200, self._controls.act(name, values))
        reader = self._readers.get(name)
        if reader is None or request.method != "GET":
            raise ControlError(f"there is no {request.method} /{name}; GET / lists what there is")
        return _answer(200, reader(request.query))

    def _is_allowed(self, request: web.BaseRequest) -> bool:
        if self._token is None:
            return True
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(errors="replace"), f"Bearer {self._token}".encode())


def _answer(status: int, row: Row) -> web.Response:
    return web.Response(status=status, body=encoded(row), content_type="application/json")
