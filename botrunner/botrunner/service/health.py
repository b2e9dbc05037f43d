"""``/livez``, ``/readyz`` and ``/metrics`` of one process."""

from collections.abc import Callable

from aiohttp import web

Check = Callable[[], tuple[str, ...]]
"""What is wrong, in words; empty when all is well."""


class HealthServer:
    """Serves the probes and the metrics until it is stopped."""

    def __init__(self, *, alive: Check, ready: Check, exposition: Callable[[], bytes]) -> None:
        self._answers = {"/livez": alive, "/readyz": ready}
        self._exposition = exposition
        self._runner: web.ServerRunner | None = None
        self.port = 0
        """The port that it listens on, once started."""

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes any that is free. Raises OSError when the port is in use."""
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None))
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/metrics":
            return web.Response(body=self._exposition(), content_type="text/plain", charset="utf-8")
        check = self._answers.get(request.path)
        if check is None:
            return web.Response(status=404, text="there are /livez, /readyz and /metrics\n")
        problems = check()
        text = "\n".join(problems) if problems else "ok"
        return web.Response(status=503 if problems else 200, text=f"{text}\n")
