"""The few requests to the API server that a runner makes, over aiohttp.

Rule 1: an attempt to connect ends before the next one is due, a second after it began.
Rule 2: the token is read for every request, because the kubelet replaces it; it is in no message.
Rule 3: only errors of this module leave it, and all of them are OSErrors with a text.
"""

import asyncio
import errno
import json
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakSet

import aiohttp

from botapi.model import Json

CONNECT_SECONDS = 0.8
"""TCP and TLS together. TCP repeats a lost SYN after a second (RFC 6298), so waiting longer gains
nothing; what is left of the second is for what happens between two attempts."""
ANSWER_SECONDS = 5.0
WATCH_SECONDS = 25
"""The API server ends a watch after this, so a channel that lives is heard at least so often."""
KEEPALIVE_SECONDS = 10
"""A peer that has been silent for so long is given up, with nothing on the way or something."""
_KEEPALIVE_IDLE, _KEEPALIVE_INTERVAL, _KEEPALIVE_COUNT = 4, 2, 3
_LONGEST_LINE = 32 * 1024 * 1024
_APPLY = "application/apply-patch+yaml"


class ApiError(OSError):
    """A request to the API server came to nothing."""

    def __init__(self, number: int, text: str) -> None:
        """``number`` is an errno; the text names what to look at."""
        super().__init__(number, text)


class ApiUnreachableError(ApiError):
    """No answer: refused, lost, or silent."""

    def __init__(self, text: str, *, silent_seconds: float = 0.0) -> None:
        """``silent_seconds``: the peer may have been gone for so long before it was noticed."""
        super().__init__(errno.EHOSTUNREACH, text)
        self.silent_seconds = silent_seconds


class ApiRefusedError(ApiError):
    """An answer, and it is no."""

    def __init__(self, code: int, text: str) -> None:
        """``code`` is the HTTP status, or the one of an error event of a watch."""
        super().__init__(errno.EACCES, f"the API server answers {code}: {text}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPlace:
    """Where the API server is and what a pod shows it."""

    url: str
    """``https://host:port``, without a trailing slash."""
    token_file: Path
    ca_file: Path


def place_in_pod(
    environment: Mapping[str, str], *, token_file: Path, ca_file: Path
) -> ApiPlace | None:
    """The API server as a pod finds it; None outside of one.

    The two variables are set by the kubelet in every container:
    https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
    """
    host, port = (environment.get(f"KUBERNETES_SERVICE_{part}", "") for part in ("HOST", "PORT"))
    if not host or not port:
        return None
    address = f"[{host}]" if ":" in host else host
    return ApiPlace(url=f"https://{address}:{port}", token_file=token_file, ca_file=ca_file)


def decode(text: bytes | str) -> Json:
    """A JSON object with every number as Decimal, from its own digits. Raises ApiRefusedError."""
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError):
        raise ApiRefusedError(200, "text that is not JSON") from None
    if not isinstance(value, dict):
        raise ApiRefusedError(200, "JSON that is no object")
    return value


class ApiServer:
    """One pool of connections to the API server; belongs to one event loop."""

    def __init__(self, place: ApiPlace, agent: str) -> None:
        self._place, self._agent = place, agent
        self._session: aiohttp.ClientSession | None = None
        self._sockets: WeakSet[socket.socket] = WeakSet()

    async def close(self) -> None:
        """Close every connection, also under a request; the next one opens a new connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        # A polite end of TLS would wait for a peer that may be gone.
        for left in self._sockets:
            with suppress(OSError):
                left.shutdown(socket.SHUT_RDWR)
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                while any(left.fileno() >= 0 for left in self._sockets):
                    await asyncio.sleep(0.01)

    async def get(self, path: str) -> Json:
        """Read an object. Raises ApiError."""
        return await self._call("GET", path)

    async def post(self, path: str, body: Json) -> Json:
        """Create an object. Raises ApiError."""
        return await self._call("POST", path, body, "application/json")

    async def apply(self, path: str, body: Json, manager: str) -> Json:
        """Server-side apply, taking fields over from other managers. Raises ApiError."""
        return await self._call("PATCH", f"{path}?fieldManager={manager}&force=true", body, _APPLY)

    async def watch(self, path: str) -> AsyncGenerator[Json, None]:
        """The events of a watch until the API server ends it. Raises ApiError."""
        end: asyncio.Future[None] | None = None
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(ANSWER_SECONDS):
                    request = self._request("GET", path)
                    answer = await stack.enter_async_context(request)
                end = _end_of(answer)
                yield {}  # It began: a sign of life before the first event.
                async for line in _lines(answer.content):
                    yield decode(line)
        except aiohttp.ConnectionTimeoutError as error:  # It is a TimeoutError too.
            raise _unreachable(error) from None
        except TimeoutError:
            seconds = WATCH_SECONDS + ANSWER_SECONDS
            raise ApiUnreachableError("the API server is silent", silent_seconds=seconds) from None
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(error, end) from None

    async def _call(self, method: str, path: str, body: Json | None = None, kind: str = "") -> Json:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                async with self._request(method, path, body, kind) as answer:
                    return decode(await answer.read())
        except aiohttp.ConnectionTimeoutError as error:  # It is a TimeoutError too.
            raise _unreachable(error) from None
        except TimeoutError:
            text = f"the API server did not answer within {ANSWER_SECONDS:g} s"
            raise ApiUnreachableError(text) from None
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(error) from None

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, body: Json | None = None, kind: str = ""
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
        if kind:
            headers["Content-Type"] = kind
        data = json.dumps(body).encode() if body is not None else None
        async with self._open().request(
            method, self._place.url + path, headers=headers, data=data, allow_redirects=False
        ) as answer:
            if answer.status >= 300:
                raise ApiRefusedError(answer.status, _words(await answer.read()))
            yield answer

    def _make_socket(self, info: Any) -> socket.socket:
        made = _watchful_socket(info)
        self._sockets.add(made)
        return made

    def _token(self) -> str:
        try:
            return self._place.token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "is not text"
            raise ApiUnreachableError(
                f"{self._place.token_file}: {why}; a pod needs automountServiceAccountToken"
            ) from None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=_trust(self._place.ca_file), limit=4, socket_factory=self._make_socket
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                headers={"User-Agent": self._agent},
            )
        return self._session


def _watchful_socket(info: Any) -> socket.socket:
    """A socket that notices a peer that is gone: tcp(7), and RFC 5482 for data on the way."""
    made = socket.socket(*info[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", _KEEPALIVE_IDLE),
        ("TCP_KEEPINTVL", _KEEPALIVE_INTERVAL),
        ("TCP_KEEPCNT", _KEEPALIVE_COUNT),
        ("TCP_USER_TIMEOUT", KEEPALIVE_SECONDS * 1000),
        ("TCP_NODELAY", 1),
    ):
        if hasattr(socket, option):  # Linux has them all, where pods run.
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _trust(ca_file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        text = f"{ca_file}: cannot be used as the API server's certificate authority: {error}"
        raise ApiUnreachableError(text) from None


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Whole lines until the stream ends. Raises TimeoutError when it should have ended."""
    rest = bytearray()
    deadline = asyncio.get_running_loop().time() + WATCH_SECONDS + ANSWER_SECONDS
    while True:
        async with asyncio.timeout_at(deadline):
            chunk = await stream.readany()
        if not chunk:
            return
        rest += chunk
        while (end := rest.find(b"\n")) >= 0:
            line = bytes(rest[:end])
            del rest[: end + 1]
            if line.strip():
                yield line
        if len(rest) > _LONGEST_LINE:
            raise ApiRefusedError(200, "a watch event without an end")


def _end_of(answer: aiohttp.ClientResponse) -> asyncio.Future[None] | None:
    """What says why the connection ended: the error of the body does not."""
    protocol = answer.connection.protocol if answer.connection is not None else None
    end = protocol.closed if protocol is not None else None
    if end is not None:
        end.add_done_callback(lambda done: done.cancelled() or done.exception())
    return end


def _unreachable(error: Exception, end: asyncio.Future[None] | None = None) -> ApiError:
    if isinstance(error, ApiError):
        return error
    ended = end.exception() if end is not None and end.done() and not end.cancelled() else None
    gone = _is_timeout(error) or _is_timeout(ended)
    text = f"the API server cannot be reached: {ended or error or type(error).__name__}"
    return ApiUnreachableError(text, silent_seconds=float(KEEPALIVE_SECONDS) if gone else 0.0)


def _is_timeout(error: BaseException | None) -> bool:
    """Whether keepalive gave the peer up; aiohttp hands the reason on as a cause."""
    while error is not None:
        if isinstance(error, OSError) and error.errno == errno.ETIMEDOUT:
            return True
        error = error.__cause__ or error.__context__
    return False


def _words(body: bytes) -> str:
    """What the API server says about its refusal, in one line: the message of its Status."""
    try:
        message = decode(body).get("message")
    except ApiError:
        message = None
    text = message if isinstance(message, str) else body.decode(errors="replace")
    return " ".join(text.split())[:500]
