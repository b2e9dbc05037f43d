"""Signed requests: what is signed, when it is valid, and whose key it is.

The venue signs the bytes it received; there is no rule of sorting and nothing is encoded again.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from botrunner.simulator.bybit import codes

DEFAULT_WINDOW_MS = 5000
_AHEAD_MS = 1000
_KEY = re.compile(r"sim-([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The sign-in headers of one request."""

    key: str
    timestamp: str
    window: str
    signature: str = field(repr=False)


def account_of(key: str) -> str | None:
    """The account a key belongs to: ``sim-<name>`` signs for ``<name>``; None for others."""
    match = _KEY.fullmatch(key)
    return match.group(1) if match else None


def secret_of(account: str) -> str:
    """The secret that goes with the account's key."""
    return f"sim-{account}-secret"


def uid_of(account: str) -> int:
    """The user id of an account: nine digits, the same on every machine and in every run."""
    digest = hashlib.sha256(account.encode()).digest()
    return 100_000_000 + int.from_bytes(digest[:6], "big") % 900_000_000


def read_headers(headers: Mapping[str, str]) -> Signed:
    """The sign-in headers; raises RefusedError when one is missing or no number."""
    signed = Signed(
        key=headers.get("X-BAPI-API-KEY", ""),
        timestamp=headers.get("X-BAPI-TIMESTAMP", ""),
        window=headers.get("X-BAPI-RECV-WINDOW", "") or str(DEFAULT_WINDOW_MS),
        signature=headers.get("X-BAPI-SIGN", ""),
    )
    if not (signed.key and signed.timestamp and signed.signature):
        raise codes.parameter_error(
            f"empty value: apiTimestamp[{signed.timestamp}] apiKey[{signed.key}] apiSignature[]"
        )
    if not _is_number(signed.timestamp):
        raise codes.parameter_error("invalid request, X-BAPI-TIMESTAMP is not a number")
    if not _is_number(signed.window):
        raise codes.parameter_error("invalid request, X-BAPI-RECV-WINDOW is not a number")
    return signed


def check(signed: Signed, payload: bytes, server_ms: int) -> str:
    """The name of the account that signed; raises RefusedError in the venue's own order.

    ``payload`` is the raw query string of a GET or the raw body of a POST. A time is valid from
    ``server - window`` to just below ``server + 1 s``, whatever the window.
    """
    account = account_of(signed.key)
    if account is None:
        raise codes.key_invalid()
    sent, window = int(signed.timestamp), int(signed.window)
    if not server_ms - window <= sent < server_ms + _AHEAD_MS:
        raise codes.timestamp_outside_window(sent, server_ms, window)
    head = f"{signed.timestamp}{signed.key}{signed.window}".encode()
    if not _matches(secret_of(account), head + payload, signed.signature):
        raise codes.wrong_signature((head + payload).decode(errors="replace"))
    return account


def stream_account(key: str, expires_ms: int, signature: str, server_ms: int) -> str:
    """The account that signs in on a private stream.

    Raises RefusedError: an expiry that has passed is ``Params Error``; the rest as over REST.
    """
    if expires_ms <= server_ms:
        raise codes.parameter_error("Params Error")
    account = account_of(key)
    if account is None:
        raise codes.RefusedError(codes.KEY_INVALID, "Invalid apikey")
    if not _matches(secret_of(account), f"GET/realtime{expires_ms}".encode(), signature):
        raise codes.RefusedError(codes.SIGNATURE, "Error sign, please check your signature")
    return account


def _matches(secret: str, origin: bytes, signature: str) -> bool:
    wanted = hmac.new(secret.encode(), origin, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode(errors="replace"))


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 18
