"""An API server in memory that speaks HTTP: lists, watches, server-side apply, and faults.

For what a real one cannot be made to do, or not ten thousand times: load, and answers of 429, 5xx,
401 and 410 at will. The tests on the local cluster hold the same promises against a real one.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from botoperator.cluster.kinds import BY_NAME, Kind
from support.stand_in_objects import Manifest, Objects, RefusedError, Selector, Watch

# kopf waits until it has found the last two, though it does not ask for them.
_SERVED = (
    *BY_NAME.values(),
    Kind(name="Namespace", api_version="v1", plural="namespaces"),
    Kind(
        name="CustomResourceDefinition",
        api_version="apiextensions.k8s.io/v1",
        plural="customresourcedefinitions",
    ),
)
_BY_PATH = {(kind.api_version, kind.plural): kind for kind in BY_NAME.values()}
_BOOKMARK_SECONDS = 30.0
_PATIENCE_SECONDS = 30.0
_EXPIRED = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410}
T = TypeVar("T")


class StandInApi:
    """Answers for the objects; belongs to their event loop."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.asked: Counter[tuple[str, str, int]] = Counter()
        """Requests by method, resource (``plural`` or ``plural/subresource``) and status."""
        self._status = 0
        self._retry_after = 0
        self._streams: dict[asyncio.Task[Any], asyncio.Transport] = {}

    async def start(self) -> str:
        """Listen on loopback; gives the address."""
        server = web.Server(self._handle, access_log=None, handler_cancellation=True)
        # A watch that is open waits for its next event: it is not waited for.
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        """End everything."""
        self.cut()
        await self._runner.cleanup()
        # What was let go of is closed by the loop's next turns; a stopped loop would leave it open.
        for _ in range(50):
            await asyncio.sleep(0)

    def answer(self, status: int, *, retry_after: int = 0) -> None:
        """Answer everything with an error from now on; open watches are cut off."""
        self._status, self._retry_after = status, retry_after
        self.cut()

    def let_through(self) -> None:
        """Answer as usual again."""
        self._status = 0

    def cut(self) -> None:
        """End every open watch, in the middle."""
        for task, transport in tuple(self._streams.items()):
            transport.abort()
            task.cancel()

    def writes(self) -> int:
        """Requests that have changed something, or tried to."""
        return sum(count for (method, _, _), count in self.asked.items() if method != "GET")

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        version, kind, namespace, name, subresource = _target(request.path)
        if self._status:
            answer = _failure(self._status, "a test says so", self._retry_after)
        elif kind is None:
            answer = _json(200, _discovery(request.path, version))
        elif request.query.get("watch"):
            return await self._watch(request, kind, namespace)
        else:
            answer = await self._answer(request, kind, (namespace, name), subresource)
        resource = kind.plural if kind is not None else ""
        resource += f"/{subresource}" if subresource else ""
        self.asked[request.method, resource, answer.status] += 1
        return answer

    async def _answer(
        self, request: web.BaseRequest, kind: Kind, name: tuple[str, str], subresource: str
    ) -> web.Response:
        try:
            match request.method:
                case "GET" if not name[1]:
                    return self._list(request, kind, name[0])
                case "GET":
                    return _json(200, self._get(kind, name))
                case "PATCH":
                    return await self._apply(request, name, subresource)
                case "DELETE":
                    uid = msgspec.json.decode(await request.read())["preconditions"]["uid"]
                    return _json(200, self.objects.delete(kind.name, name, uid))
                case _:
                    return _json(201, msgspec.json.decode(await request.read()))
        except RefusedError as error:
            return _failure(error.status, str(error))

    def _get(self, kind: Kind, name: tuple[str, str]) -> Manifest:
        found = self.objects.find(kind.name, name)
        if found is None:
            raise RefusedError(404, "not found")
        return found

    async def _apply(
        self, request: web.BaseRequest, name: tuple[str, str], subresource: str
    ) -> web.Response:
        wanted = msgspec.json.decode(await request.read())
        manager = request.query["fieldManager"]
        is_new, raw = self.objects.apply(wanted, name, manager=manager, subresource=subresource)
        return _json(201 if is_new else 200, raw)

    def _list(self, request: web.BaseRequest, kind: Kind, namespace: str) -> web.Response:
        selector = Selector(namespace, request.query.get("labelSelector", ""))
        limit = int(request.query.get("limit", "0")) or None
        version, after = str(self.objects.version), ("", "")
        if token := request.query.get("continue"):
            version, *place = token.split("/")
            after = (place[0], place[1])
        found = list(islice(self.objects.texts(kind.name, selector, after), limit))
        more = ""
        if limit is not None and len(found) == limit:
            more = "/".join((version, *found[-1][0]))
        head = {"resourceVersion": version, "continue": more}
        about = {"apiVersion": kind.api_version, "kind": f"{kind.name}List", "metadata": head}
        items = b",".join(text for _, text in found)
        body = msgspec.json.encode(about)[:-1] + b',"items":[' + items + b"]}"
        return web.Response(body=body, content_type="application/json")

    async def _watch(
        self, request: web.BaseRequest, kind: Kind, namespace: str
    ) -> web.StreamResponse:
        selector = Selector(namespace, request.query.get("labelSelector", ""))
        watch = self.objects.watch(kind.name, selector, int(request.query["resourceVersion"]))
        if watch is None:
            return _json(200, {"type": "ERROR", "object": _EXPIRED})
        out = web.StreamResponse(headers={"Content-Type": "application/json"})
        task, transport = asyncio.current_task(), request.transport
        assert task is not None
        assert transport is not None
        self._streams[task] = transport
        try:
            await out.prepare(request)
            await self._send(out, watch, kind)
        except ConnectionError:
            return out  # the other side has gone
        finally:
            del self._streams[task]
            self.objects.leave(kind.name, watch)
        return out

    async def _send(self, out: web.StreamResponse, watch: Watch, kind: Kind) -> None:
        while True:
            try:
                async with asyncio.timeout(_BOOKMARK_SECONDS):
                    await watch.news.wait()
            except TimeoutError:
                watch.lines.append(_bookmark(kind, self.objects.version))
            lines, watch.lines = watch.lines, []
            watch.news.clear()
            await out.write(b"".join(lines))


class StandInThread:
    """A server in a thread of its own, for a test that waits in its own."""

    def __init__(self, api: StandInApi) -> None:
        self.api = api
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url = self.wait(api.start())

    def do(self, work: Callable[[], T]) -> T:
        """Do something with server or objects, in their loop."""

        async def done() -> T:
            return work()

        return self.wait(done())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something that is done in their loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)

    def close(self) -> None:
        """End server and thread."""
        self.wait(self.api.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_SECONDS)
        self._loop.close()


@contextmanager
def standing_in(objects: Objects) -> Iterator[StandInThread]:
    """Serve until the block ends."""
    thread = StandInThread(StandInApi(objects))
    try:
        yield thread
    finally:
        thread.close()


def _target(path: str) -> tuple[str, Kind | None, str, str, str]:
    """Group and version, kind, namespace, name and subresource; no kind for a discovery."""
    parts = path.strip("/").split("/")
    cut = 2 if parts[0] == "api" else 3
    version, rest = "/".join(parts[1:cut]), parts[cut:]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = [*rest, "", "", ""][:3]
    return version, _BY_PATH.get((version, plural)), namespace, name, subresource


def _discovery(path: str, version: str) -> Manifest:
    """What a client asks for to find out what there is."""
    if path == "/api":
        return {"versions": ["v1"]}
    if path == "/apis":
        versions = sorted({kind.api_version for kind in _SERVED if kind.group})
        return {"groups": [_group(*each.split("/")) for each in versions]}
    kinds = [kind for kind in _SERVED if kind.api_version == version]
    verbs = ["get", "list", "watch", "patch", "create", "delete"]
    return {
        "resources": [
            {
                "kind": kind.name,
                "name": kind.plural,
                "singularName": kind.name.lower(),
                "namespaced": True,
                "verbs": verbs,
            }
            for kind in kinds
        ]
    }


def _group(name: str, version: str) -> Manifest:
    each = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [each], "preferredVersion": each}


def _bookmark(kind: Kind, version: int) -> bytes:
    about = {"apiVersion": kind.api_version, "kind": kind.name}
    raw = about | {"metadata": {"resourceVersion": str(version)}}
    return msgspec.json.encode({"type": "BOOKMARK", "object": raw}) + b"\n"


def _json(status: int, body: Any) -> web.Response:
    content = msgspec.json.encode(body)
    return web.Response(status=status, body=content, content_type="application/json")


def _failure(status: int, message: str, retry_after: int = 0) -> web.Response:
    body: Manifest = {"kind": "Status", "status": "Failure", "code": status, "message": message}
    if retry_after:
        body["details"] = {"retryAfterSeconds": retry_after}
    answer = _json(status, body)
    if retry_after:
        answer.headers["Retry-After"] = str(retry_after)
    return answer
