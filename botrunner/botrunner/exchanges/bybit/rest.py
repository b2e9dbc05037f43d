"""The door to Bybit's REST: pybit on a few threads. The only module that imports pybit.

Rule 1: pybit repeats nothing and never sleeps; what is sent again is decided by ``deliver``.
Rule 2: one client per thread, for a client holds one HTTP session; all share the connections.
Rule 3: whatever goes wrong leaves as a Problem; no text that leaves holds a key.
Rule 4: cancels and exits have threads of their own, so that no slow read holds them up.
"""

import asyncio
import functools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import requests
from pybit._v5_account import AccountHTTP
from pybit._v5_market import MarketHTTP
from pybit._v5_position import PositionHTTP
from pybit._v5_trade import TradeHTTP
from pybit._v5_user import UserHTTP
from pybit.exceptions import FailedRequestError, InvalidRequestError
from typing_extensions import override
from urllib3.exceptions import MaxRetryError, NewConnectionError

from botrunner.exchanges.bybit import codes, fields
from botrunner.exchanges.bybit.address import Address, Lane
from botrunner.exchanges.bybit.connections import Connections, HeldBackError, guarded
from botrunner.exchanges.bybit.requests import Request
from botrunner.exchanges.bybit.workers import Workers
from botrunner.exchanges.credentials import HIDDEN, Credentials
from botrunner.exchanges.errors import MessageError, error_for
from botrunner.exchanges.outcome import Failure, Operation, Problem
from botrunner.exchanges.port import Guard
from botrunner.service.clock import Clock

CONNECT_SECONDS = 3.0
_LANES = {"essential": Lane.ESSENTIAL, "write": Lane.WRITE, "read": Lane.READ}
_THREADS = {"essential": ("bybit-exit", 4), "write": ("bybit-write", 4), "read": ("bybit-read", 3)}
"""Of each lane, the threads' name and how many there are at most."""
_NO_SUCH_CODE = -1
"""pybit takes an empty set of codes to retry for its own default; this one never comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A successful answer."""

    result: Mapping[str, object]
    time_ms: object
    """The venue's clock when it answered, as it stood in the answer."""
    remaining: int | None
    """What the endpoint's limit has left, by the venue's header."""


class _NoTurnError(Exception):
    """A thread was free only after the deadline."""


# pybit.unified_trading puts the same parts together, with its WebSocket clients and twenty more
# parts: two megabytes and a tenth of a second that a runner has no use for.
class _Client(AccountHTTP, MarketHTTP, PositionHTTP, TradeHTTP, UserHTTP):  # type: ignore[misc]  # pybit has no types
    """pybit with the venue's time instead of the machine's, per instance, and a silent repr."""

    def __init__(self, now_ms: Callable[[], int], **settings: object) -> None:
        super().__init__(**settings)
        self._now_ms = now_ms
        self._blanks: dict[str, requests.PreparedRequest] = {}
        """By its address, what all requests of an endpoint have in common."""

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({HIDDEN})"

    @override
    def _prepare_headers(
        self, payload: str, recv_window: int, content_type: str = "application/json"
    ) -> dict[str, str]:
        timestamp = self._now_ms()
        signature = self._auth(payload=payload, recv_window=recv_window, timestamp=timestamp)
        return {
            "Content-Type": content_type,
            "X-BAPI-API-KEY": self.api_key,
            "X-BAPI-SIGN": signature,
            "X-BAPI-SIGN-TYPE": "2",
            "X-BAPI-TIMESTAMP": str(timestamp),
            "X-BAPI-RECV-WINDOW": str(recv_window),
        }

    @override
    def _prepare_request(
        self, method: str, path: str, params: str, headers: dict[str, str]
    ) -> requests.PreparedRequest:
        # To parse the address and to merge the session's settings for every order anew would be a
        # quarter of the call. Cookies are the session's and may change from one to the next.
        if method != "POST" or self.client.cookies:
            return self._prepared(method, path, params, headers)
        if path not in self._blanks:
            self._blanks[path] = self._prepared(method, path, "", {})
        request = self._blanks[path].copy()
        request.headers.update(headers)
        request.prepare_body(params, None)
        return request

    def _prepared(self, *parts: object) -> requests.PreparedRequest:
        request: requests.PreparedRequest = super()._prepare_request(*parts)
        return request


class Rest:
    """One account's REST calls. ``offset`` is added to every signed timestamp."""

    def __init__(
        self,
        *,
        endpoint: str,
        credentials: Credentials | None,
        clock: Clock,
        timeout_seconds: float,
        address: Address | None = None,
    ) -> None:
        """``address``: what is shared with other adapters; without one this has it alone."""
        self._endpoint = endpoint
        self.address = address or Address(clock)
        self._credentials = credentials
        self._clock = clock
        self._local = threading.local()
        self._clients: list[_Client] = []
        self.timeout_seconds = timeout_seconds
        self.offset = timedelta(0)
        self._lanes = {lane: Workers(name, most) for lane, (name, most) in _THREADS.items()}
        self._connections = Connections(sum(most for _, most in _THREADS.values()))

    def venue_now(self) -> datetime:
        """The venue's clock, as far as it was measured."""
        return self._clock.now() + self.offset

    @property
    def has_keys(self) -> bool:
        """Whether requests can be signed; without keys only public ones are answered."""
        return self._credentials is not None

    def redact(self, text: str) -> str:
        """The text without the account's keys."""
        return self._credentials.redact(text) if self._credentials else text

    async def call(self, request: Request, may_send: Guard) -> Reply:
        """One try, within the deadline. Raises the ExchangeError of what it came to."""
        if self.address.is_banned:
            text = "the address is banned; nothing is sent"
            raise error_for(request.operation, Problem(failure=Failure.LOCAL, text=text))
        deadline = self._clock.monotonic() + self.timeout_seconds
        if not await self.address.turn(_LANES[_lane(request)], self.timeout_seconds):
            raise error_for(request.operation, _no_turn())
        task = self._submit(request, may_send, deadline)
        wrapped = asyncio.wrap_future(task)
        # The deadline covers the wait for a turn and for a thread too.
        await asyncio.wait({wrapped}, timeout=deadline - self._clock.monotonic())
        if not wrapped.done():
            wrapped.add_done_callback(_forget)
            raise error_for(request.operation, self._late(task))
        if wrapped.cancelled():
            raise error_for(request.operation, _closed())
        try:
            answer = wrapped.result()
        except Exception as error:
            problem = self._problem(error)
            if problem.failure is Failure.BANNED:
                self.address.ban()
            raise error_for(request.operation, problem) from None
        return self._reply(request.operation, answer)

    def close(self) -> None:
        """Take no more calls; those under way end by their deadlines, in the background."""
        for workers in self._lanes.values():
            workers.close()
        for client in self._clients:
            client.client.close()

    def _submit(self, request: Request, may_send: Guard, deadline: float) -> "Future[object]":
        try:
            return self._lanes[_lane(request)].submit(
                functools.partial(self._send, request, may_send, deadline)
            )
        except RuntimeError:
            raise error_for(request.operation, _closed()) from None

    def _late(self, task: "Future[object]") -> Problem:
        if task.cancel():
            return _no_turn()
        text = f"no answer within {self.timeout_seconds:g} s"
        return Problem(failure=Failure.SILENT, text=text, remedy="it is read before going on")

    def _send(self, request: Request, may_send: Guard, deadline: float) -> object:
        client = self._client()
        left = deadline - self._clock.monotonic()
        if left <= 0:
            raise _NoTurnError
        client.timeout = (min(CONNECT_SECONDS, left), left)
        with guarded(may_send):
            answer: object = getattr(client, request.method)(**request.params)
        return answer

    def _client(self) -> _Client:
        client: _Client | None = getattr(self._local, "client", None)
        if client is None:
            keys = self._credentials
            client = _Client(
                self._timestamp_ms,
                api_key=keys.api_key if keys else None,
                api_secret=keys.api_secret if keys else None,
                max_retries=1,
                retry_codes={_NO_SUCH_CODE},
                return_response_headers=True,
            )
            client.endpoint = self._endpoint
            # The environment's proxies are looked up once: for every request anew it would be a
            # sixth of the call, and with it a file of passwords that has no business here.
            session = client.client
            session.proxies.update(requests.utils.get_environ_proxies(self._endpoint))
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, self._connections)
            self._local.client = client
            self._clients.append(client)
        return client

    def _timestamp_ms(self) -> int:
        return int(self.venue_now().timestamp() * 1000)

    def _reply(self, operation: Operation, answer: object) -> Reply:
        body, headers = _parts(answer)
        result = body.get("result")
        if body.get("retCode") != 0 or not isinstance(result, Mapping):
            raise error_for(operation, _unreadable("the answer is not one of this API"))
        remaining = headers.get("X-Bapi-Limit-Status", "")
        return Reply(
            result=result,
            time_ms=body.get("time"),
            remaining=int(remaining) if remaining.isdigit() else None,
        )

    def _problem(self, error: Exception) -> Problem:
        match error:
            case HeldBackError():
                return Problem(failure=Failure.LOCAL, text="held back at the write")
            case _NoTurnError():
                return _no_turn()
            case InvalidRequestError():
                return self._refusal(error)
            case FailedRequestError():
                # 409 is pybit's own word for a body that is not JSON.
                unreadable = error.status_code == 409
                if unreadable:
                    return _unreadable("the body is not JSON")
                return codes.problem_of_status(int(error.status_code))
            case requests.exceptions.RequestException():
                return _network_problem(error, self._endpoint)
            case _:
                return _unreadable(self.redact(f"{type(error).__name__}: {error}"))

    def _refusal(self, error: InvalidRequestError) -> Problem:
        code = error.status_code
        if not isinstance(code, int):
            return _unreadable(f"retCode: {self.redact(repr(code))} is not a number")
        problem = codes.problem_of(code, self.redact(str(error.message or "")))
        if problem.failure is not Failure.THROTTLED:
            return problem
        return replace(problem, retry_at=_reset_at(error.resp_headers or {}))


def _forget(late: "asyncio.Future[object]") -> None:
    # Asked for, so that an answer that comes too late is not reported as lost.
    if not late.cancelled():
        late.exception()


def _lane(request: Request) -> str:
    if request.operation is Operation.READ:
        return "read"
    return "essential" if request.is_essential else "write"


def _reset_at(headers: Mapping[str, str]) -> datetime | None:
    try:
        return fields.moment(headers, "X-Bapi-Limit-Reset-Timestamp")
    except MessageError:
        return None  # Not there, or not a time: the wait goes by our own delays.


def _parts(answer: object) -> tuple[Mapping[str, object], Mapping[str, str]]:
    if isinstance(answer, tuple) and len(answer) == 3 and isinstance(answer[0], Mapping):
        return answer[0], answer[2]
    return {}, {}


def _closed() -> Problem:
    return Problem(failure=Failure.LOCAL, text="this exchange is closed")


def _no_turn() -> Problem:
    return Problem(failure=Failure.UNSENT, text="no turn before the deadline")


def _unreadable(text: str) -> Problem:
    return Problem(failure=Failure.UNMAPPED, text=text, remedy="check spec.endpoints.rest")


def _network_problem(error: requests.exceptions.RequestException, endpoint: str) -> Problem:
    """What never got a connection was never sent; anything later may have arrived."""
    unsent = isinstance(error, requests.exceptions.ConnectTimeout) or _never_connected(error)
    return Problem(
        failure=Failure.UNSENT if unsent else Failure.SILENT,
        text=f"{endpoint} {'cannot be reached' if unsent else 'broke the connection off'}",
        remedy="check network and spec.endpoints.rest" if unsent else "it is read before going on",
    )


def _never_connected(error: requests.exceptions.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
