"""How kopf signs in: with the token as it is on disk at each request, and only where that works.

kopf gives up for good when a sign-in brings back what was refused before. So each sign-in makes a
session of its own, tries it first, and is tried again until the API server lets it in.
"""

import random
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any, cast

import aiohttp
import kopf
from pydantic_core import from_json
from typing_extensions import override

from botoperator.cluster.kube import Access
from botoperator.cluster.port import UnavailableError
from botoperator.handlers.news import News

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_MOST_SECONDS = 15.0


async def sign_in(access: Access, news: News) -> kopf.AiohttpSession:
    """Open a session that the API server accepts, and that reads what is new.

    Raises kopf.TemporaryError while there is none to be had.
    """
    access.reload()
    session: aiohttp.ClientSession | None = None
    try:
        server = await access.server()
        session = await _open(access, news)
        await _try(session, server)
    except (aiohttp.ClientError, TimeoutError, OSError, UnavailableError) as error:
        if session is not None:
            await session.close()
        wait = _MOST_SECONDS * (0.1 + 0.9 * random.random())
        raise kopf.TemporaryError(f"not signed in: {error}", delay=wait) from None
    return kopf.AiohttpSession(server=server, aiohttp_session=session)


async def _open(access: Access, news: News) -> aiohttp.ClientSession:
    async def authorize(
        request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        authorization = await access.authorization()
        if authorization is not None:
            request.headers["Authorization"] = authorization
        return await send(request)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=await access.tls()),
        headers={"User-Agent": f"tradefleet-operator/{version('tradefleet')} (watch)"},
        middlewares=(authorize,),
        response_class=_answer_with(news),
        # A watch event is one line, and an account with a long status is a long line.
        read_bufsize=2**21,
    )


async def _try(session: aiohttp.ClientSession, server: str) -> None:
    async with session.get(f"{server}/version", timeout=_TIMEOUT) as answer:
        if answer.status == 401:
            raise UnavailableError("the API server does not know us (401)", status=401)


def _answer_with(news: News) -> type[aiohttp.ClientResponse]:
    class Answer(aiohttp.ClientResponse):
        @override
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            if "watch" in self.url.query and self.status == 200:
                self.content = cast(aiohttp.StreamReader, _NewContent(self.content, news))
            return self

        @override
        async def json(self, **options: Any) -> Any:
            if not self.ok:
                return await super().json(**options)
            return news.of_list(await super().json(**options, loads=from_json))

    return Answer


class _NewContent:
    """The content of a watch: kopf reads it in chunks, and aiohttp ends it like any other."""

    def __init__(self, content: aiohttp.StreamReader, news: News) -> None:
        self._content = content
        self._news = news

    def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        return self._news.of_watch(self._content, n)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)
