"""Keys of an account without a cluster: a Secret beside it, else the environment (KU-24)."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from botapi.conditions import ConditionReason
from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.exchanges.credentials import Credentials

_FIELDS = ("apiKey", "apiSecret")


class KeysMissingError(Exception):
    """No whole pair of keys; the text names the places looked at, never a value."""

    def __init__(self, text: str, reason: ConditionReason = ConditionReason.KEY_MISSING) -> None:
        """Carry the reason of CredentialsReady beside the text."""
        super().__init__(text)
        self.reason = reason


def find_keys(
    name: str,
    spec: TradingAccountSpec,
    documents: Iterable[Mapping[str, Any]],
    environment: Mapping[str, str],
) -> Credentials:
    """The account's keys, from its Secret among the documents, else from the environment.

    Raises KeysMissingError.
    """
    wanted = spec.credentials.secret_name if spec.credentials else ""
    secret = _secret(wanted, documents)
    if secret is not None:
        return _from_secret(wanted, secret)
    variables = [f"{prefix_of(name, spec.exchange.value)}_API_{part}" for part in ("KEY", "SECRET")]
    values = [environment.get(variable, "").strip() for variable in variables]
    if not all(values):
        missing = " and ".join(v for v, value in zip(variables, values, strict=True) if not value)
        raise KeysMissingError(
            f"no keys for {name}: put a Secret {wanted} with apiKey and apiSecret into the file, "
            f"or set {missing} in the environment or .env",
            ConditionReason.SECRET_MISSING,
        )
    return Credentials(api_key=values[0], api_secret=values[1])


def prefix_of(name: str, exchange: str) -> str:
    """``account-001`` at ``bybit`` is ``ACCOUNT_001_BYBIT``."""
    return f"{name}_{exchange}".upper().replace("-", "_").replace(".", "_")


def _secret(wanted: str, documents: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    for document in documents:
        metadata = document.get("metadata")
        named = metadata.get("name") if isinstance(metadata, Mapping) else None
        if document.get("kind") == "Secret" and wanted and named == wanted:
            return document
    return None


def _from_secret(name: str, secret: Mapping[str, Any]) -> Credentials:
    values = [_value(name, secret, field) for field in _FIELDS]
    missing = " and ".join(f for f, value in zip(_FIELDS, values, strict=True) if not value)
    if missing:
        raise KeysMissingError(f"Secret {name}: {missing} is missing; add it under stringData")
    return Credentials(api_key=values[0], api_secret=values[1])


def _value(name: str, secret: Mapping[str, Any], field: str) -> str:
    plain, encoded = secret.get("stringData"), secret.get("data")
    if isinstance(plain, Mapping) and plain.get(field) is not None:
        return str(plain[field]).strip()
    if not isinstance(encoded, Mapping) or encoded.get(field) is None:
        return ""
    try:
        return base64.b64decode(str(encoded[field]), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        raise KeysMissingError(
            f"Secret {name}: {field} under data is not base64; write it plainly under stringData"
        ) from None
