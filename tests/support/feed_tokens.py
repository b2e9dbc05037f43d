"""ServiceAccount tokens and published keys of a cluster that exists in a test alone."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from Crypto.PublicKey.ECC import EccKey
from Crypto.PublicKey.RSA import RsaKey
from Crypto.Signature import DSS, pkcs1_15

AUDIENCE = "tradefleet-feed"


def encoded(value: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Signs like an API server; both kinds of keys, ``kid`` tells clusters apart."""

    kid: str = "key-1"
    rsa: RsaKey = field(default_factory=lambda: RSA.generate(2048))
    ecc: EccKey = field(default_factory=lambda: ECC.generate(curve="P-256"))

    def key_set(self) -> bytes:
        """As ``/openid/v1/jwks`` gives it."""
        point = self.ecc.pointQ
        rsa = {"kty": "RSA", "use": "sig", "alg": "RS256", "n": _number(self.rsa.n)}
        ecc = {"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256"}
        keys = [
            rsa | {"kid": self.kid, "e": _number(self.rsa.e)},
            ecc | {"kid": self.kid, "x": _number(int(point.x)), "y": _number(int(point.y))},
            {"kty": "oct", "kid": "another kind", "k": "c2VjcmV0"},
        ]
        return json.dumps({"keys": keys}).encode()

    def token(self, now: float, *, algorithm: str = "RS256", **claims: Any) -> str:
        """A token as the kubelet projects it, issued at ``now`` (seconds since 1970)."""
        header = {"alg": algorithm, "kid": self.kid}
        body = {
            "aud": [AUDIENCE],
            "exp": now + 3600,
            "iat": now,
            "nbf": now,
            "iss": "https://kubernetes.default.svc.cluster.local",
            "kubernetes.io": {"namespace": "clients", "serviceaccount": {"name": "account-001"}},
            "sub": "system:serviceaccount:clients:account-001",
        }
        return self.signed(header, body | claims)

    def signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """A token of this header and these claims; ES256 where the header says so."""
        parts = [encoded(json.dumps(part).encode()) for part in (header, claims)]
        digest = SHA256.new(".".join(parts).encode())
        if header.get("alg") == "ES256":
            signature = DSS.new(self.ecc, "fips-186-3").sign(digest)
        else:
            signature = pkcs1_15.new(self.rsa).sign(digest)
        return ".".join([*parts, encoded(signature)])


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8))
