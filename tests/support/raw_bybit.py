"""A bare client of Bybit V5: signs, sends, and hands back what came, nothing more."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from botrunner.service.clock import Clock, SystemClock
from botrunner.simulator.bybit.wire import milliseconds
from botrunner.simulator.server import Simulator

PATIENCE_SECONDS = 20.0
Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: Json
    headers: Mapping[str, str]

    @property
    def code(self) -> int:
        """The venue's code."""
        code: int = self.body["retCode"]
        return code

    @property
    def result(self) -> Json:
        """What was asked for; fails the test when it was refused."""
        assert self.code == 0, self.body
        return self.body["result"]

    @property
    def rows(self) -> list[Json]:
        """The list in the result."""
        rows: list[Json] = self.result["list"]
        return rows


def signature(secret: str, text: str) -> str:
    """HMAC-SHA256 in lower-case hex."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class RawClient:
    """Signed REST calls of one account."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        rest_url: str,
        account: str = "alice",
        clock: Clock | None = None,
    ) -> None:
        self.account = account
        self.key = f"sim-{account}"
        self.secret = f"sim-{account}-secret"
        self._session = session
        self._url = rest_url
        self._clock = clock or SystemClock()

    def signed_headers(
        self, payload: str, *, shift_ms: int = 0, window: int = 5000
    ) -> dict[str, str]:
        """Sign-in headers for a query or a body; ``shift_ms`` makes the client's clock wrong."""
        stamp = str(milliseconds(self._clock.now()) + shift_ms)
        return {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": str(window),
            "X-BAPI-SIGN": signature(self.secret, f"{stamp}{self.key}{window}{payload}"),
        }

    async def get(self, path: str, **query: object) -> Answer:
        """A GET with the query in the order given."""
        raw = "&".join(f"{name}={value}" for name, value in query.items())
        return await self.get_raw(path, raw, self.signed_headers(raw))

    async def post(self, path: str, **body: object) -> Answer:
        """A POST of the body as JSON."""
        raw = json.dumps(body)
        return await self.post_raw(path, raw, self.signed_headers(raw))

    async def get_raw(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """A GET of exactly this query string."""
        target = URL(f"{self._url}{path}?{query}", encoded=True)
        async with self._session.get(target, headers=headers) as response:
            return await _read(response)

    async def post_raw(self, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        """A POST of exactly this text."""
        everything = {"Content-Type": "application/json", **headers}
        url = f"{self._url}{path}"
        async with self._session.post(url, data=body.encode(), headers=everything) as response:
            return await _read(response)

    async def place(self, **changes: object) -> Answer:
        """Place an order: by default buy 0.01 BTCUSDT at the market."""
        order: dict[str, object] = {
            "category": "linear",
            "symbol": "BTCUSDT",
            "side": "Buy",
            "orderType": "Market",
            "qty": "0.01",
        }
        return await self.post("/v5/order/create", **(order | changes))

    async def place_limit(self, price: str, **changes: object) -> str:
        """Place a limit order that must be accepted; its id."""
        answer = await self.place(orderType="Limit", price=price, **changes)
        order_id: str = answer.result["orderId"]
        return order_id


class Control:
    """The control API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def read(self, what: str, **query: str) -> Json:
        """GET; fails the test when refused."""
        async with self._session.get(f"{self._url}/{what}", params=query) as response:
            body = await response.json()
            assert response.status == 200, body
            return body

    async def do(self, command: str, **body: object) -> Json:
        """POST; fails the test when refused."""
        async with self._session.post(f"{self._url}/{command}", json=body) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def price(self, symbol: str, last: str) -> None:
        """Move all of a symbol's prices."""
        await self.do("price", symbol=symbol, last=last)

    async def ledger(self, account: str = "alice") -> Json:
        """The truth about an account."""
        return await self.read("ledger", account=account)


class RawStream:
    """One stream connection; keeps every frame it has read."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Json] = []

    async def send(self, **message: object) -> None:
        """Send one JSON object."""
        await self.socket.send_str(json.dumps(message))

    async def next(self) -> Json:
        """The next frame."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, message
        frame = json.loads(message.data)
        self.frames.append(frame)
        return frame

    async def until(self, wanted: Callable[[Json], bool]) -> Json:
        """The next frame that is wanted; the others are kept in ``frames``."""
        while True:
            frame = await self.next()
            if wanted(frame):
                return frame

    async def until_topic(self, topic: str, kind: str | None = None) -> Json:
        """The next frame of a topic, of the type given."""
        return await self.until(
            lambda frame: frame.get("topic") == topic and kind in (None, frame.get("type"))
        )

    async def subscribe(self, *topics: str, request: str = "r1") -> Json:
        """Subscribe; the acknowledgement, or the refusal."""
        await self.send(op="subscribe", req_id=request, args=list(topics))
        return await self.until(lambda frame: frame.get("op") == "subscribe")

    async def sign_in(self, account: str = "alice", *, expires_in_ms: int = 10_000) -> Json:
        """Sign in; the reply."""
        expires = milliseconds(SystemClock().now()) + expires_in_ms
        sign = signature(f"sim-{account}-secret", f"GET/realtime{expires}")
        await self.send(op="auth", args=[f"sim-{account}", expires, sign])
        return await self.until(lambda frame: frame.get("op") == "auth")


OpenStream = Callable[[str], Awaitable[RawStream]]
"""Opens a stream connection to an address."""
StartSimulator = Callable[..., Awaitable[Simulator]]
"""Starts a simulator: a clock, and changed settings by keyword."""


async def _read(response: aiohttp.ClientResponse) -> Answer:
    text = await response.text()
    is_json = response.content_type == "application/json"
    body = json.loads(text) if is_json else text
    return Answer(status=response.status, body=body, headers=response.headers)
