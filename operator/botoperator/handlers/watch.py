"""The watches: kopf in a thread and an event loop of its own, started again whenever it ends.

Of its own, because kopf, when it ends, cancels every task of its loop that is younger than itself;
started again, because a watch that the API server ends with an error ends kopf.
"""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import kopf

from botoperator.cluster.kinds import Kind, Scope
from botoperator.cluster.kube import Access
from botoperator.handlers.login import sign_in
from botoperator.handlers.news import News
from botoperator.handlers.watch_settings import watch_settings
from botoperator.logs import Log

Tell = Callable[[str | None, dict[str, Any]], None]
"""Takes an event's type, None for what a watch began with, and its object. In kopf's thread."""

_MOST_SECONDS: Final = 15.0


class Watches:
    """Tells of every change of the kinds of a scope that is not known yet."""

    def __init__(
        self,
        scope: Scope,
        namespaces: Sequence[str],
        *,
        make_access: Callable[[], Access],
        news: News,
        tell: Tell,
        log: Log,
    ) -> None:
        """Watch these namespaces, or everywhere when there are none.

        ``news`` is asked in kopf's thread, too.
        """
        self._scope = scope
        self._make_access = make_access
        self._namespaces = tuple(namespaces)
        self._news = news
        self._tell = tell
        self._log = log

    async def run(self, until_served: Callable[[], Awaitable[None]]) -> None:
        """Watch until cancelled; before each start ``until_served`` waits for our kinds.

        kopf looks for them once, at its start: what is not served then is never watched.
        """
        while True:
            await until_served()
            run = _Run(self._watch)
            try:
                failure = await run.ended
            finally:
                run.stop()
            reason = str(failure or "without a reason")
            self._log.warning("watchEnded", kind=self._scope.root.name, message=reason)
            await asyncio.sleep(_MOST_SECONDS * (0.1 + 0.9 * random.random()))

    async def _watch(self, stop: asyncio.Event) -> None:
        await kopf.operator(
            registry=self._registry(),
            settings=watch_settings(self._scope),
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            standalone=True,
            stop_flag=stop,
        )

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        access = self._make_access()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession:
            return await sign_in(access, self._news)

        for kind in self._scope.kinds:
            self._watch_kind(kind, registry)
        return registry

    def _watch_kind(self, kind: Kind, registry: kopf.OperatorRegistry) -> None:
        @kopf.on.event(kind.group, kind.version, kind.plural, id=kind.plural, registry=registry)
        async def told(event: Any, **_: Any) -> None:
            self._tell(event["type"], event["object"])


class _Run:
    """One life of kopf, in its thread."""

    def __init__(self, watch: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._watch = watch
        self._outside = asyncio.get_running_loop()
        self.ended: asyncio.Future[BaseException | None] = self._outside.create_future()
        self._inside: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._stopped = False
        # A daemon: whatever it waits for, the process may end.
        threading.Thread(target=self._live, name="watches", daemon=True).start()

    def stop(self) -> None:
        """Let it end; it is not waited for."""
        self._stopped = True
        if self._inside is not None:
            loop, stop = self._inside
            try:
                loop.call_soon_threadsafe(stop.set)
            except RuntimeError:
                return  # its loop is closed: it has ended

    def _live(self) -> None:
        failure: BaseException | None = None
        try:
            asyncio.run(self._within())
        except BaseException as error:
            # Whatever ended it: it is said outside, and it is started again.
            failure = error
        try:
            self._outside.call_soon_threadsafe(self._tell_end, failure)
        except RuntimeError:
            return  # the process ends, nobody listens any more

    async def _within(self) -> None:
        stop = asyncio.Event()
        self._inside = (asyncio.get_running_loop(), stop)
        if self._stopped:
            return
        await self._watch(stop)

    def _tell_end(self, failure: BaseException | None) -> None:
        if not self.ended.done():
            self.ended.set_result(failure)
