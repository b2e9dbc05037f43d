"""Where a feed gets the keys from that its subscribers' tokens are checked with.

In a pod: the API server's ``/openid/v1/jwks``, read with the pod's own token, kept, and read again
every few minutes and when a token names a key that is not known. Checking a token asks nobody.
"""

import asyncio
import ssl
import urllib.request
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Protocol

from botapi.feeds import FEED_AUDIENCE
from botapi.pods import TOKEN_FOLDER
from botrunner.marketdata.admission import Admission
from botrunner.marketdata.tokens import (
    LEEWAY_SECONDS,
    Keys,
    KeyUnknownError,
    TokenError,
    check_token,
    read_keys,
)
from botrunner.service.clock import Clock

CLUSTER_KEYS = "https://kubernetes.default.svc/openid/v1/jwks"
READ_SECONDS = 300.0
SOON_SECONDS = 10.0
"""After a failed read, and at least between two reads because of unknown keys."""
REQUEST_SECONDS = 5.0
_LARGEST_BYTES = 1 << 20
_REMEMBERED = 1024
"""Tokens that need no second check: a storm of reconnecting subscribers brings the same ones."""


class KeySource(Protocol):
    """Gives the JWK Set; may block. Raises OSError, HTTPException, ValueError."""

    def __call__(self) -> bytes:
        """The set's JSON text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterKeySource:
    """The API server's published keys, read as the pod's own ServiceAccount."""

    url: str = CLUSTER_KEYS
    folder: Path = Path(TOKEN_FOLDER)

    def __call__(self) -> bytes:
        """Read them now."""
        token = (self.folder / "token").read_text().strip()
        request = urllib.request.Request(self.url, headers={"Authorization": f"Bearer {token}"})
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS, context=context) as answer:
            text: bytes = answer.read(_LARGEST_BYTES)
        return text


class Doorkeeper:
    """Judges tokens by the keys read last. ``told`` hears why a read failed, once a failure."""

    def __init__(
        self,
        source: KeySource,
        clock: Clock,
        told: Callable[[str], None],
        *,
        audience: str = FEED_AUDIENCE,
    ) -> None:
        self._source, self._clock, self._told = source, clock, told
        self._audience = audience
        self._keys: Keys | None = None
        self._wanted = asyncio.Event()
        self._judged: OrderedDict[bytes, float] = OrderedDict()
        """Good tokens by their digest, until they expire."""

    @property
    def has_keys(self) -> bool:
        """Whether any token can be judged."""
        return self._keys is not None

    def admit(self, token: str) -> Admission:
        """Judge a token; a good one lasts until it expires, and LEEWAY_SECONDS more."""
        if self._keys is None:
            return Admission(problem="the cluster's keys are not known yet; ask again")
        now, digest = self._clock.now(), sha256(token.encode(errors="replace")).digest()
        expires = self._judged.get(digest, 0.0)
        if expires > now.timestamp():
            return _until(expires, now)
        try:
            subject = check_token(token, self._keys, now, audience=self._audience)
        except KeyUnknownError as error:
            self._wanted.set()
            return Admission(problem=str(error))
        except TokenError as error:
            return Admission(problem=str(error))
        self._judged[digest] = subject.expires
        if len(self._judged) > _REMEMBERED:
            self._judged.popitem(last=False)
        return _until(subject.expires, now)

    async def run(self) -> None:
        """Keep the keys fresh until cancelled."""
        while True:
            is_read = await self._read()
            if is_read:
                # Unknown keys may ask sooner, but never without a pause.
                await self._clock.sleep(SOON_SECONDS)
                await self._wait(READ_SECONDS - SOON_SECONDS)
            else:
                await self._clock.sleep(SOON_SECONDS)
            self._wanted.clear()

    async def _read(self) -> bool:
        try:
            text = await asyncio.to_thread(self._source)
            keys = read_keys(text)
        except (OSError, HTTPException, ValueError) as error:
            self._told(f"the cluster's keys cannot be read: {error}")
            return False
        if keys != self._keys:
            # What a key has opened that was withdrawn since is to be judged again.
            self._keys = keys
            self._judged.clear()
        return True

    async def _wait(self, seconds: float) -> None:
        waiting = asyncio.ensure_future(self._wanted.wait())
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((waiting, sleeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            sleeping.cancel()


def _until(expires: float, now: datetime) -> Admission:
    return Admission(seconds=expires + LEEWAY_SECONDS - now.timestamp())
