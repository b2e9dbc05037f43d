"""Whose turn changes when an account claims, leaves or is admitted (KU-26)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from botoperator.claims import Claims
from botoperator.reconcile.admission import Claim, ExchangeAccount
from botoperator.store import Key

ALICE, BOB, CAROL = (Key("clients", name) for name in ("alice", "bob", "carol"))


def claim(name: str, uid: str = "1") -> Claim:
    """What an account claims."""
    group = ExchangeAccount(exchange="bybit", environment="demo", uid=uid)
    return Claim(group=group, created="", namespace="clients", name=name, is_admitted=False)


def test_a_newcomer_concerns_those_who_claim_the_same() -> None:
    claims = Claims()
    claims.update(ALICE, claim("alice"))
    claims.update(CAROL, claim("carol", uid="2"))

    assert claims.update(BOB, claim("bob")) == {ALICE}
    assert claims.rivals(BOB) == (claim("alice"), claim("bob"))
    assert claims.rivals(CAROL) == (claim("carol", uid="2"),)


def test_the_same_claim_again_concerns_nobody() -> None:
    claims = Claims()
    claims.update(ALICE, claim("alice"))
    claims.update(BOB, claim("bob"))

    assert claims.update(BOB, claim("bob")) == frozenset()


def test_an_admission_concerns_the_others() -> None:
    claims = Claims()
    claims.update(ALICE, claim("alice"))
    claims.update(BOB, claim("bob"))

    assert claims.update(BOB, replace(claim("bob"), is_admitted=True)) == {ALICE}


def test_who_goes_concerns_those_who_stay() -> None:
    claims = Claims()
    claims.update(ALICE, claim("alice"))
    claims.update(BOB, claim("bob"))

    assert claims.update(ALICE, None) == {BOB}
    assert claims.rivals(ALICE) == ()
    assert claims.rivals(BOB) == (claim("bob"),)


def test_who_turns_to_another_exchange_account_concerns_both_groups() -> None:
    claims = Claims()
    claims.update(ALICE, claim("alice", uid="1"))
    claims.update(BOB, claim("bob", uid="1"))
    claims.update(CAROL, claim("carol", uid="2"))

    assert claims.update(BOB, claim("bob", uid="2")) == {ALICE, CAROL}


_CHANGES = st.lists(
    st.tuples(st.sampled_from([ALICE, BOB, CAROL]), st.sampled_from(["1", "2", None])), max_size=30
)


@given(changes=_CHANGES)
def test_rivals_are_always_all_that_claim_the_same(changes: list[tuple[Key, str | None]]) -> None:
    claims, now = Claims(), dict[Key, Claim]()
    for key, uid in changes:
        claims.update(key, claim(key.name, uid) if uid else None)
        now.pop(key, None)
        if uid:
            now[key] = claim(key.name, uid)

    for key in (ALICE, BOB, CAROL):
        own = now.get(key)
        expected = {c for c in now.values() if own is not None and c.group == own.group}
        assert set(claims.rivals(key)) == expected
