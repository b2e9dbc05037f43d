"""Lines between two ends of loopback that a test can hold or cut without a word."""

import asyncio


class Relay:
    """Forwards a port of loopback to another one while entered; ``port`` is the one in front."""

    def __init__(self, port: int) -> None:
        self._port_behind = port
        self._server: asyncio.Server | None = None
        self._cut: set[int] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.count = 0
        """Lines so far."""
        self.port = 0

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        if self._pumps:
            await asyncio.wait(self._pumps)

    def cut(self) -> None:
        """Nothing passes any more on the lines that stand; new lines work."""
        self._cut.update(range(self.count + 1))

    def hold(self) -> None:
        """Keep back what is said from now on."""
        self._flows.clear()

    def release(self) -> None:
        """Let pass what was kept back, in its order, and what follows."""
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        behind, ahead = await asyncio.open_connection("127.0.0.1", self._port_behind)
        for source, target in ((reader, ahead), (behind, writer)):
            pump = asyncio.ensure_future(self._pump(self.count, source, target))
            self._pumps.add(pump)

    async def _pump(
        self, line: int, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        try:
            while data := await source.read(65_536):
                await self._flows.wait()
                if line not in self._cut:
                    target.write(data)
        except ConnectionError:
            pass
        finally:
            target.close()
