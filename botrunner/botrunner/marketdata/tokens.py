"""ServiceAccount tokens checked offline against the keys that the cluster publishes (MD-8).

A token is a JSON Web Token (RFC 7519) signed with RS256 or ES256 (RFC 7518, section 3); the keys
are a JWK Set (RFC 7517) as the API server gives it at ``/openid/v1/jwks``. What is cheap is judged
first; no text of a token stands in any message.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.PublicKey.ECC import EccKey
from Crypto.PublicKey.RSA import RsaKey
from Crypto.Signature import DSS, pkcs1_15

LONGEST = 8192
"""Characters; a ServiceAccount token has about 1,000."""
LEEWAY_SECONDS = 60
"""Clocks of two nodes may differ by so much."""
_ACCOUNT = "system:serviceaccount:"
_K = TypeVar("_K", RsaKey, EccKey)
_S = TypeVar("_S", bound=msgspec.Struct)


class TokenError(ValueError):
    """The token opens nothing; the text says why and holds nothing of it."""


class KeyUnknownError(TokenError):
    """It is signed by a key that is not known here; perhaps the cluster has a new one."""


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str = ""
    crit: tuple[str, ...] = ()


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    exp: float
    aud: str | tuple[str, ...]
    nbf: float = 0
    iss: str = ""


class _Key(msgspec.Struct, frozen=True):
    kty: str
    kid: str = ""
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""


class _KeySet(msgspec.Struct, frozen=True):
    keys: tuple[_Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Public keys by their id."""

    rsa: Mapping[str, RsaKey] = field(default_factory=dict)
    ecc: Mapping[str, EccKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose token it is, and until when (seconds since 1970)."""

    namespace: str
    account: str
    expires: float


def read_keys(text: bytes) -> Keys:
    """A JWK Set; keys of other kinds are passed over. Raises ValueError for what is none."""
    try:
        found = msgspec.json.decode(text, type=_KeySet).keys
        rsa = {key.kid: _rsa_key(key) for key in found if key.kty == "RSA"}
        ecc = {key.kid: _ecc_key(key) for key in found if key.crv == "P-256"}
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"the published keys cannot be read: {error}") from None
    return Keys(rsa=rsa, ecc=ecc)


def check_token(token: str, keys: Keys, now: datetime, *, audience: str) -> Subject:
    """Whose token it is. Raises TokenError."""
    if len(token) > LONGEST:
        raise TokenError(f"it is longer than {LONGEST} characters")
    parts = token.encode(errors="replace").split(b".")
    if len(parts) != 3:
        raise TokenError("it is no JSON Web Token")
    header, claims = _parsed(parts[0], _Header), _parsed(parts[1], _Claims)
    _check_claims(claims, now.timestamp(), audience)
    subject = _subject(claims)
    _check_signature(header, keys, parts[0] + b"." + parts[1], _bytes(parts[2]))
    return subject


def _check_claims(claims: _Claims, now: float, audience: str) -> None:
    audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    if audience not in audiences:
        raise TokenError(f"it is not for the audience {audience}")
    if claims.exp + LEEWAY_SECONDS <= now:
        raise TokenError("it has expired")
    if claims.nbf - LEEWAY_SECONDS > now:
        raise TokenError("it is not valid yet; set the clocks of the nodes")


def _subject(claims: _Claims) -> Subject:
    namespace, _, account = claims.sub.removeprefix(_ACCOUNT).partition(":")
    if not claims.sub.startswith(_ACCOUNT) or not namespace or not account:
        raise TokenError("it is not a ServiceAccount's")
    return Subject(namespace=namespace, account=account, expires=claims.exp)


def _check_signature(header: _Header, keys: Keys, signed: bytes, signature: bytes) -> None:
    if header.crit:
        raise TokenError("it asks for extensions that are not known here")
    try:
        match header.alg:
            case "RS256":
                verifier = pkcs1_15.new(_known(keys.rsa, header.kid))
                verifier.verify(SHA256.new(signed), signature)
            case "ES256":
                key = _known(keys.ecc, header.kid)
                DSS.new(key, "fips-186-3").verify(SHA256.new(signed), signature)
            case _:
                raise TokenError("it is signed with another algorithm than RS256 and ES256")
    except TokenError:
        raise
    except ValueError:
        raise TokenError("its signature is wrong") from None


def _known(keys: Mapping[str, _K], name: str) -> _K:
    key = keys.get(name)
    if key is None:
        raise KeyUnknownError("it is signed by a key that the cluster has not published here")
    return key


def _parsed(part: bytes, kind: type[_S]) -> _S:
    try:
        return msgspec.json.decode(_bytes(part), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # The last for what is nested too deep: anybody may have written it.
        raise TokenError("its header or claims cannot be read") from None


def _bytes(part: bytes) -> bytes:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenError("it is no base64") from None


def _rsa_key(key: _Key) -> RsaKey:
    return RSA.construct((_number(key.n), _number(key.e)))


def _ecc_key(key: _Key) -> EccKey:
    return ECC.construct(curve="P-256", point_x=_number(key.x), point_y=_number(key.y))


def _number(part: str) -> int:
    return int.from_bytes(_bytes(part.encode()))
