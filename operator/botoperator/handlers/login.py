"""How kopf signs in: with the token as it is on disk at each request, and only where that works.

kopf gives up for good when a sign-in brings back what was refused before. So each sign-in makes a
session of its own, tries it first, and is tried again until the API server lets it in.
"""

import random
from importlib.metadata import version

import aiohttp
import kopf

from botoperator.cluster.kube import Access
from botoperator.cluster.port import UnavailableError

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_MOST_SECONDS = 15.0


async def sign_in(access: Access) -> kopf.AiohttpSession:
    """Open a session that the API server accepts.

    Raises kopf.TemporaryError while there is none to be had.
    """
    access.reload()
    session: aiohttp.ClientSession | None = None
    try:
        server = await access.server()
        session = await _open(access)
        await _try(session, server)
    except (aiohttp.ClientError, TimeoutError, OSError, UnavailableError) as error:
        if session is not None:
            await session.close()
        wait = _MOST_SECONDS * (0.1 + 0.9 * random.random())
        raise kopf.TemporaryError(f"not signed in: {error}", delay=wait) from None
    return kopf.AiohttpSession(server=server, aiohttp_session=session)


async def _open(access: Access) -> aiohttp.ClientSession:
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
        # A watch event is one line, and an account with a long status is a long line.
        read_bufsize=2**21,
    )


async def _try(session: aiohttp.ClientSession, server: str) -> None:
    async with session.get(f"{server}/version", timeout=_TIMEOUT) as answer:
        if answer.status == 401:
            raise UnavailableError("the API server does not know us (401)", status=401)
