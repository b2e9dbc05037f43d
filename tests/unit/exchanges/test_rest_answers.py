"""Answers that are none, through real sockets (EX-2, EX-11, EX-13)."""

import asyncio
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPMessage, parse_headers

import pytest
from typing_extensions import override

from botrunner.exchanges.bybit import requests
from botrunner.exchanges.bybit.connections import guarded
from botrunner.exchanges.bybit.deliver import always
from botrunner.exchanges.bybit.requests import Request
from botrunner.exchanges.bybit.rest import Reply, Rest
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.errors import (
    ExchangeError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
)
from botrunner.exchanges.outcome import Failure, Operation
from botrunner.exchanges.retry import Effort
from botrunner.service.clock import SystemClock

KEYS = Credentials(api_key="key-of-the-account", api_secret="secret-of-the-account")
WRITE = Request(
    method="cancel_order",
    group="order",
    operation=Operation.PLACE,
    effort=Effort.LIMIT,
    params={"category": "linear", "symbol": "X", "orderLinkId": "a"},
)


def http(body: str, status: str = "200 OK", headers: str = "") -> bytes:
    payload = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(payload)}\r\nConnection: close\r\n{headers}"
    return head.encode() + b"\r\n" + payload


FINE = http('{"retCode":0,"retMsg":"OK","result":{}}')


class _Peer(socketserver.ThreadingTCPServer):
    """A server that answers everybody by ``answer_to`` the request's path; None: never.

    One request a connection.
    """

    allow_reuse_address = True

    def __init__(self, answer_to: Callable[[str], bytes | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer_to = answer_to
        self.paths: list[str] = []
        self.heads: list[HTTPMessage] = []
        self.bodies: list[bytes] = []


class _Handler(socketserver.StreamRequestHandler):
    server: _Peer

    @override
    def handle(self) -> None:
        path = self.rfile.readline().decode().split()[1].partition("?")[0]
        head = parse_headers(self.rfile)
        self.server.paths.append(path)
        self.server.heads.append(head)
        self.server.bodies.append(self.rfile.read(int(head.get("Content-Length", "0"))))
        answer = self.server.answer_to(path)
        if answer is None:
            self.rfile.read()  # Until the client gives up.
        else:
            self.wfile.write(answer)


@contextmanager
def peer(answer_to: Callable[[str], bytes | None]) -> Iterator[_Peer]:
    """A listening peer, whose handlers have ended at the end."""
    with _Peer(answer_to) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def rest_at(server: _Peer, timeout_seconds: float = 5.0) -> Iterator[Rest]:
    """REST at that peer."""
    rest = Rest(
        endpoint=f"http://127.0.0.1:{server.server_address[1]}",
        credentials=KEYS,
        clock=SystemClock(),
        timeout_seconds=timeout_seconds,
    )
    try:
        yield rest
    finally:
        rest.close()


@contextmanager
def answering(answer: bytes | None, timeout_seconds: float = 5.0) -> Iterator[Rest]:
    """REST at a peer that says the same to everybody; None: nothing at all."""
    with peer(lambda _: answer) as server, rest_at(server, timeout_seconds) as rest:
        yield rest


async def failure(rest: Rest, request: Request) -> ExchangeError:
    with pytest.raises(ExchangeError) as raised:
        await rest.call(request, lambda: True)
    return raised.value


@pytest.mark.parametrize(
    "answer",
    [
        http("<html>gateway</html>"),
        http("[]"),
        http("17"),
        http("{}"),
        http('{"retMsg":"OK","result":{}}'),
        http('{"retCode":0,"retMsg":"OK","result":null}'),
        http('{"retCode":0,"retMsg":"OK","result":[]}'),
        http('{"retCode":"never","retMsg":null,"result":{}}'),
        http('{"retCode":[1],"retMsg":"x","result":{}}'),
        http("no", "502 Bad Gateway"),
        http("no", "404 Not Found"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{",
        b"nonsense\r\n\r\n",
        b"",
        None,
    ],
)
async def test_what_is_no_answer_is_unknown_for_a_write_and_an_error_for_a_read(
    answer: bytes | None,
) -> None:
    """EX-11."""
    with answering(answer, timeout_seconds=0.3) as rest:
        write, read = await failure(rest, WRITE), await failure(rest, requests.wallet())

    assert type(write) is OutcomeUnknownError
    assert type(read) is UnavailableError


async def test_a_success_carries_result_time_and_what_the_limit_has_left() -> None:
    body = '{"retCode":0,"retMsg":"OK","result":{"a":1},"time":7}'
    with answering(http(body, headers="X-Bapi-Limit-Status: 4\r\n")) as rest:
        reply = await rest.call(WRITE, lambda: True)

    assert reply == Reply(result={"a": 1}, time_ms=7, remaining=4)


async def test_every_order_has_a_body_a_length_and_a_signature_of_its_own() -> None:
    """What requests of an endpoint have in common is prepared once, and no more than that."""
    with peer(lambda _: FINE) as server, rest_at(server) as rest:
        for link in ("a", "longer-than-a", "b"):
            await rest.call(replace(WRITE, params={**WRITE.params, "orderLinkId": link}), always)

    links = [json.loads(body)["orderLinkId"] for body in server.bodies]
    assert links == ["a", "longer-than-a", "b"]
    assert [int(head["Content-Length"]) for head in server.heads] == [
        len(body) for body in server.bodies
    ]
    assert len({head["X-BAPI-SIGN"] for head in server.heads}) == 3
    assert {head["Content-Type"] for head in server.heads} == {"application/json"}


def test_a_cookie_that_the_venue_sets_comes_back() -> None:
    """As any client does, and here each thread's: a load balancer may go by it."""
    answer = http('{"retCode":0,"result":{}}', headers="Set-Cookie: way=7; Path=/\r\n")
    with peer(lambda _: answer) as server, rest_at(server) as rest, guarded(always):
        for _ in range(2):
            rest._client().cancel_order(**WRITE.params)

    assert [head["Cookie"] for head in server.heads] == [None, "way=7"]


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As any client does; it is looked up once for each client, not for every request."""
    body = '{"retCode":0,"retMsg":"OK","result":{},"time":7}'
    with peer(lambda _: http(body)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        rest = Rest(
            endpoint="http://venue.invalid",
            credentials=KEYS,
            clock=SystemClock(),
            timeout_seconds=5.0,
        )
        await rest.call(WRITE, lambda: True)
        rest.close()

    assert proxy.paths == ["http://venue.invalid/v5/order/cancel"]


async def test_a_limit_tells_when_it_resets() -> None:
    body = '{"retCode":10006,"retMsg":"Too many visits!","result":{}}'
    headers = "X-Bapi-Limit-Reset-Timestamp: 1767268800000\r\n"
    with answering(http(body, headers=headers)) as rest:
        error = await failure(rest, WRITE)

    assert type(error) is RateLimitedError
    assert error.problem.retry_at is not None
    assert error.problem.retry_at.isoformat() == "2026-01-01T12:00:00+00:00"


@pytest.mark.parametrize("reset", ["", "soon", "9" * 40])
async def test_a_limit_with_an_impossible_reset_is_a_limit_all_the_same(reset: str) -> None:
    body = '{"retCode":10006,"retMsg":"Too many visits!","result":{}}'
    headers = f"X-Bapi-Limit-Reset-Timestamp: {reset}\r\n"
    with answering(http(body, headers=headers)) as rest:
        error = await failure(rest, WRITE)

    assert type(error) is RateLimitedError
    assert error.problem.retry_at is None


async def test_what_gets_no_turn_before_the_deadline_was_never_sent() -> None:
    """EX-2: all threads of the lane are held by a peer that says nothing."""
    with peer(lambda _: None) as server, rest_at(server, timeout_seconds=0.4) as rest:
        errors = await asyncio.gather(*(failure(rest, WRITE) for _ in range(12)))

    unsent = [error for error in errors if error.problem.failure is Failure.UNSENT]
    assert {type(error) for error in errors} == {OutcomeUnknownError, UnavailableError}
    assert 4 <= len(server.paths) <= len(errors) - len(unsent)


async def test_slow_reads_do_not_hold_exits_up() -> None:
    """Cancels and exits have threads of their own."""
    with (
        peer(lambda path: None if "wallet" in path else FINE) as server,
        rest_at(server, timeout_seconds=1.0) as rest,
    ):
        slow = [asyncio.create_task(failure(rest, requests.wallet())) for _ in range(10)]
        cancel = replace(WRITE, operation=Operation.CANCEL, is_essential=True)
        await rest.call(cancel, lambda: True)
        done_while_slow = [task.done() for task in slow]
        await asyncio.gather(*slow)

    assert "/v5/order/cancel" in server.paths
    assert done_while_slow == [False] * 10


async def test_after_it_is_closed_nothing_is_sent() -> None:
    with answering(http("{}")) as rest:
        rest.close()
        error = await failure(rest, WRITE)

    assert error.problem.failure is Failure.LOCAL


async def test_what_waits_for_its_turn_when_it_is_closed_was_never_sent() -> None:
    with peer(lambda _: None) as server, rest_at(server, timeout_seconds=2.0) as rest:
        calls = [asyncio.create_task(failure(rest, WRITE)) for _ in range(6)]
        while len(server.paths) < 4:
            await asyncio.sleep(0.005)
        rest.close()
        errors = await asyncio.gather(*calls)

    local = [error for error in errors if error.problem.failure is Failure.LOCAL]
    assert len(local) == 2
    assert len(server.paths) == 4


async def test_neither_client_nor_keys_can_be_printed() -> None:
    """EX-13: the client of the library would print its secret."""
    rest = Rest(
        endpoint="http://127.0.0.1:1", credentials=KEYS, clock=SystemClock(), timeout_seconds=1
    )
    client = rest._client()
    rest.close()

    said = f"{client!r} {client} {KEYS!r} {KEYS} {rest!r}"
    assert "of-the-account" not in said
    assert KEYS.redact("origin_string[1key-of-the-account5000]") == "origin_string[1[redacted]5000]"
