"""MD-8: which tokens open a feed, judged offline."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typing_extensions import override

from botrunner.marketdata.admission import Admission
from botrunner.marketdata.published_keys import READ_SECONDS, SOON_SECONDS, Doorkeeper
from botrunner.marketdata.tokens import (
    LONGEST,
    KeyUnknownError,
    Subject,
    TokenError,
    check_token,
    read_keys,
)
from botrunner.service.clock import ManualClock
from support.feed_tokens import AUDIENCE, Cluster, encoded
from support.feeds import until

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW = NOON.timestamp()
CLUSTER, STRANGER = Cluster(), Cluster()
KEYS = read_keys(CLUSTER.key_set())
NESTED = encoded(b'{"alg":"RS256","x":' + b"[" * 5000)
"""Deeper than a decoder goes."""


def refusal(token: str) -> str:
    with pytest.raises(TokenError) as refused:
        check_token(token, KEYS, NOON, audience=AUDIENCE)
    for part in token.split("."):
        assert len(part) < 8 or part not in str(refused.value), "nothing of the token is told"
    return str(refused.value)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("audience", [AUDIENCE, ["other", AUDIENCE]])
def test_a_token_of_the_cluster_for_the_feed_says_whose_it_is(
    algorithm: str, audience: object
) -> None:
    token = CLUSTER.token(NOW, algorithm=algorithm, aud=audience)

    subject = check_token(token, KEYS, NOON, audience=AUDIENCE)

    assert subject == Subject(namespace="clients", account="account-001", expires=NOW + 3600)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": ["https://kubernetes.default.svc"]}, "not for the audience"),
        ({"aud": []}, "not for the audience"),
        ({"exp": NOW - 61}, "expired"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"sub": "alice"}, "not a ServiceAccount's"),
        ({"sub": "system:serviceaccount:clients"}, "not a ServiceAccount's"),
        ({"sub": "system:serviceaccount::name"}, "not a ServiceAccount's"),
        ({"exp": "tomorrow"}, "cannot be read"),
        ({"aud": None}, "cannot be read"),
    ],
)
def test_a_token_with_wrong_claims_opens_nothing(claims: dict[str, Any], why: str) -> None:
    assert why in refusal(CLUSTER.token(NOW, **claims))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_that_another_signed_opens_nothing(algorithm: str) -> None:
    assert "signature is wrong" in refusal(STRANGER.token(NOW, algorithm=algorithm))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_whose_claims_were_changed_opens_nothing(algorithm: str) -> None:
    head, _, signature = CLUSTER.token(NOW, algorithm=algorithm).split(".")
    other = CLUSTER.token(NOW, exp=NOW + 7200).split(".")[1]

    assert "signature is wrong" in refusal(f"{head}.{other}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS384", ""])
def test_no_other_algorithm_is_accepted(algorithm: str) -> None:
    """RFC 8725, section 3.1: the token does not choose what it is checked with."""
    assert "another algorithm" in refusal(CLUSTER.token(NOW, algorithm=algorithm))


def test_a_header_that_asks_for_extensions_opens_nothing() -> None:
    claims = json.loads(_decoded(CLUSTER.token(NOW).split(".")[1]))
    header = {"alg": "RS256", "kid": "key-1", "crit": ["b64"]}

    assert "extensions" in refusal(CLUSTER.signed(header, claims))


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("", "no JSON Web Token"),
        ("a.b", "no JSON Web Token"),
        ("a.b.c.d", "no JSON Web Token"),
        ("!!!!.e30.e30", "no base64"),
        ("e30.e30.e30", "cannot be read"),
        ("é.e30.e30", "no base64"),
        ("W10.W10.e30", "cannot be read"),
        ("x" * (LONGEST + 1), "longer than"),
        (f"{NESTED}.e30.e30", "cannot be read"),
    ],
)
def test_garbage_opens_nothing(token: str, why: str) -> None:
    assert why in refusal(token)


def test_a_key_that_is_not_known_is_told_apart() -> None:
    renewed = Cluster(kid="key-2")

    with pytest.raises(KeyUnknownError):
        check_token(renewed.token(NOW), KEYS, NOON, audience=AUDIENCE)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"keys":[{"kty":"RSA","kid":"a","n":"!!","e":"AQAB"}]}',
        b'{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AQ","y":"AQ"}]}',
    ],
)
def test_a_key_set_that_cannot_be_read_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError, match="the published keys cannot be read"):
        read_keys(text)


class CountingClock(ManualClock):
    """Counts who went to sleep."""

    def __init__(self) -> None:
        super().__init__(NOON)
        self.sleeps = 0

    @override
    async def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        await super().sleep(seconds)


class Published:
    """What the API server answers; counts how often it is asked."""

    def __init__(self, answer: bytes | OSError, clock: CountingClock) -> None:
        self.answer, self._clock = answer, clock
        self.asked = self._sleeps_before = 0

    @property
    def is_taken_in(self) -> bool:
        """Whether the reader has gone to sleep again since it asked."""
        return self._clock.sleeps > self._sleeps_before

    def __call__(self) -> bytes:
        self._sleeps_before = self._clock.sleeps
        self.asked += 1
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer


async def _asked(published: Published, times: int) -> None:
    await until(lambda: published.asked >= times and published.is_taken_in, f"read {times} times")


async def test_before_the_keys_are_known_nobody_is_admitted_and_the_failure_is_told() -> None:
    clock, told = CountingClock(), list[str]()
    published = Published(OSError("no route to host"), clock)
    doorkeeper = Doorkeeper(published, clock, told.append)
    running = asyncio.ensure_future(doorkeeper.run())
    await _asked(published, 1)
    before = doorkeeper.admit(CLUSTER.token(NOW))
    published.answer = CLUSTER.key_set()
    await clock.advance(timedelta(seconds=SOON_SECONDS))
    await _asked(published, 2)
    running.cancel()

    assert "not known yet" in before.problem
    assert told == ["the cluster's keys cannot be read: no route to host"]
    assert doorkeeper.admit(CLUSTER.token(NOW)).problem == ""


async def test_an_unknown_key_has_the_keys_read_anew_but_not_more_often_than_allowed() -> None:
    clock = CountingClock()
    renewed = Cluster(kid="key-2")
    published = Published(CLUSTER.key_set(), clock)
    doorkeeper = Doorkeeper(published, clock, lambda why: None)
    running = asyncio.ensure_future(doorkeeper.run())
    await _asked(published, 1)
    published.answer = renewed.key_set()
    refused = [doorkeeper.admit(renewed.token(NOW + n)) for n in range(50)]
    asked = published.asked
    await clock.advance(timedelta(seconds=SOON_SECONDS))
    await _asked(published, 2)
    running.cancel()

    assert all("has not published" in admission.problem for admission in refused)
    assert (asked, published.asked) == (1, 2)
    assert doorkeeper.admit(renewed.token(NOW)).problem == ""


async def test_keys_are_read_again_now_and_then() -> None:
    clock = CountingClock()
    published = Published(CLUSTER.key_set(), clock)
    running = asyncio.ensure_future(Doorkeeper(published, clock, lambda why: None).run())
    await _asked(published, 1)
    await clock.advance(timedelta(seconds=READ_SECONDS))
    await _asked(published, 2)
    running.cancel()

    assert published.asked == 2


async def test_a_token_that_was_good_is_good_until_it_expires() -> None:
    clock = CountingClock()
    published = Published(CLUSTER.key_set(), clock)
    doorkeeper = Doorkeeper(published, clock, lambda why: None)
    running = asyncio.ensure_future(doorkeeper.run())
    await _asked(published, 1)
    token = CLUSTER.token(NOW)
    first = doorkeeper.admit(token), doorkeeper.admit(token)
    await clock.advance(timedelta(seconds=1000))
    later = doorkeeper.admit(token)
    await clock.advance(timedelta(seconds=2661))
    late = doorkeeper.admit(token)
    running.cancel()

    assert first == (Admission(seconds=3660.0), Admission(seconds=3660.0))
    assert later == Admission(seconds=2660.0)
    assert "expired" in late.problem


async def test_a_key_that_is_withdrawn_opens_nothing_any_more() -> None:
    """MD-8: not even by a token that it has opened before."""
    clock = CountingClock()
    published = Published(CLUSTER.key_set(), clock)
    doorkeeper = Doorkeeper(published, clock, lambda why: None)
    running = asyncio.ensure_future(doorkeeper.run())
    await _asked(published, 1)
    before = doorkeeper.admit(CLUSTER.token(NOW))
    published.answer = Cluster(kid="key-2").key_set()
    await clock.advance(timedelta(seconds=READ_SECONDS))
    await _asked(published, 2)
    after = doorkeeper.admit(CLUSTER.token(NOW))
    running.cancel()

    assert before.problem == ""
    assert "has not published" in after.problem


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
