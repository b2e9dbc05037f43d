"""Bybit V5's stream control frames, both ways. Pure."""

import hashlib
import hmac
import json

from typing_extensions import override

from botrunner.exchanges.bybit import codes
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.dialect import (
    Data,
    Dialect,
    Frame,
    Meaning,
    Pong,
    SignInAnswer,
    SubscribeAnswer,
)
from botrunner.exchanges.errors import MessageError

_ALREADY = "already subscribed"
"""A refusal that says that the wish is fulfilled."""


_EXPIRED = "Params Error"
"""What an expiry that lay in the past is answered with: the clock's fault, not the key's."""


class BybitDialect(Dialect):
    """Topics are plain strings; one unknown topic refuses the whole request."""

    @override
    def ping(self) -> str:
        return '{"op":"ping"}'

    @override
    def subscribe(self, request_id: str, topics: tuple[str, ...]) -> str:
        return json.dumps({"req_id": request_id, "op": "subscribe", "args": list(topics)})

    @override
    def unsubscribe(self, request_id: str, topics: tuple[str, ...]) -> str:
        return json.dumps({"req_id": request_id, "op": "unsubscribe", "args": list(topics)})

    @override
    def meaning(self, frame: Frame) -> Meaning:
        """A private stream answers a ping with op pong, a public one with op ping, msg pong."""
        if "topic" in frame:
            return Data()
        match frame.get("op"):
            case "pong" | "ping":
                return Pong()
            case "auth":
                return _sign_in_answer(frame)
            case "subscribe" | "unsubscribe":
                return _subscribe_answer(frame)
            case other:
                raise MessageError(f"op: {other!r} is no answer of this stream")


def sign_in(credentials: Credentials, expires_ms: int) -> str:
    """The frame that signs a private stream in.

    ``expires_ms``: milliseconds since 1970 by the venue's clock, to lie ahead when it arrives.
    """
    signature = hmac.new(
        credentials.api_secret.encode(),
        f"GET/realtime{expires_ms}".encode(),
        hashlib.sha256,
    ).hexdigest()
    return json.dumps({"op": "auth", "args": [credentials.api_key, expires_ms, signature]})


def _sign_in_answer(frame: Frame) -> SignInAnswer:
    code = frame.get("retCode")
    message = frame.get("ret_msg") or frame.get("retMsg") or ""
    return SignInAnswer(
        accepted=frame.get("success") is True,
        is_final=message != _EXPIRED and not codes.is_passing(code),
        code=code if isinstance(code, int) and code != 0 else None,
        message=str(message),
    )


def _subscribe_answer(frame: Frame) -> SubscribeAnswer:
    message = str(frame.get("ret_msg") or "")
    return SubscribeAnswer(
        request_id=str(frame.get("req_id") or ""),
        accepted=frame.get("success") is True or _ALREADY in message,
        message=message,
    )
