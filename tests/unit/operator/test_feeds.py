"""Shared feeds: who uses them, when they are looked at, and when they go (KU-12)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from botapi.labels import FEED_KIND
from botapi.model import Json
from botoperator.__main__ import feed_owner
from botoperator.attempt import Attempts
from botoperator.cluster.kinds import ACCOUNTS
from botoperator.cluster.port import RejectedError, UnavailableError
from botoperator.feed_users import FeedUsers
from botoperator.reconcile.feed_use import FeedIdentity
from botoperator.resources.metadata import ReleaseOwner
from botoperator.settings import FeedSettings
from botoperator.store import Key, Place
from support.accounts import account
from support.operator_context import OperatorDesk

GRACE = timedelta(seconds=600)
ALICE, BOB = Key("clients", "alice"), Key("clients", "bob")


def identity(symbol: str) -> FeedIdentity:
    """A feed of the demo environment."""
    return FeedIdentity(exchange="bybit", environment="demo", market="futures", symbol=symbol)


XRP, SOL = identity("XRPUSDT"), identity("SOLUSDT")
XRP_KEY = Key("tradefleet", XRP.name, FEED_KIND)
SOL_KEY = Key("tradefleet", SOL.name, FEED_KIND)


def test_a_first_user_and_a_last_one_concern_the_feed() -> None:
    users = FeedUsers("tradefleet")

    assert users.update(ALICE, {XRP}) == {XRP_KEY}
    assert (users.identity(XRP_KEY), users.count(XRP_KEY)) == (XRP, 1)
    assert users.update(ALICE, set()) == {XRP_KEY}
    assert (users.identity(XRP_KEY), users.count(XRP_KEY)) == (None, 0)
    assert users.feeds() == ()


def test_each_user_counts_once() -> None:
    users = FeedUsers("tradefleet")
    users.update(ALICE, {XRP})

    assert users.update(BOB, {XRP, SOL}) == {XRP_KEY, SOL_KEY}
    assert users.update(BOB, {XRP, SOL}) == frozenset()
    assert (users.count(XRP_KEY), users.count(SOL_KEY)) == (2, 1)


def test_who_turns_to_another_symbol_concerns_both_feeds() -> None:
    users = FeedUsers("tradefleet")
    users.update(ALICE, {XRP})
    users.update(BOB, {XRP})

    assert users.update(BOB, {SOL}) == {XRP_KEY, SOL_KEY}
    assert (users.count(XRP_KEY), users.count(SOL_KEY)) == (1, 1)


def trading(name: str, symbol: str) -> dict[str, Any]:
    """A TradingAccount that trades a symbol on the simulator of the installation."""
    strategy = {"name": "one", "symbol": symbol, "grid": {"leverage": 5, "initialMargin": 1}}
    metadata = {"name": name, "namespace": "clients", "generation": 1}
    metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
    written = account(name, environment="simulated", strategies=[strategy])
    return {**written, "metadata": metadata}


@pytest.fixture
async def desk() -> OperatorDesk:
    """A desk with feeds, whose lists are complete; alice trades XRPUSDT."""
    desk = OperatorDesk(feeds=FeedSettings(grace=GRACE))
    desk.context.knows_feeds = True
    desk.see(trading("alice", "XRPUSDT"))
    return desk


def feed_keys(desk: OperatorDesk) -> list[Key]:
    """The feeds that are due; nothing is afterwards."""
    found = []
    while (key := desk.context.queue.take(desk.context.seconds())) is not None:
        desk.context.queue.done(key)
        found += [key] if key.kind == FEED_KIND else []
    return found


def attempts_of(desk: OperatorDesk) -> Attempts:
    """Attempts that list accounts from the desk's cluster."""
    return Attempts(desk.context, desk.executor, desk.relist(ACCOUNTS).roots)


async def settle(desk: OperatorDesk, key: Key) -> timedelta | None:
    """Attempt until nothing is left to be done at once; when to look again."""
    for _ in range(10):
        verdict = await attempts_of(desk).attempt(key)
        assert verdict.failure is None
        if not verdict.again:
            return verdict.later
    raise AssertionError("it never settles")


async def test_an_account_makes_the_feed_of_its_symbol_due(desk: OperatorDesk) -> None:
    [key] = feed_keys(desk)

    seen = desk.context.observe_feed(key)
    assert seen is not None
    assert seen.identity is not None
    assert seen.identity.symbol == "XRPUSDT"
    assert seen.users == 1


async def test_without_feeds_none_is_due() -> None:
    desk = OperatorDesk()
    desk.see(trading("alice", "XRPUSDT"))

    assert feed_keys(desk) == []


async def test_a_report_of_a_runner_makes_no_feed_due(desk: OperatorDesk) -> None:
    feed_keys(desk)

    desk.see({**trading("alice", "XRPUSDT"), "status": {"openOrders": 4}})

    assert feed_keys(desk) == []


async def test_a_feed_and_its_children_are_made_in_the_operator_s_namespace(
    desk: OperatorDesk,
) -> None:
    [key] = feed_keys(desk)
    await settle(desk, key)

    made = {place.kind for place in desk.cluster.objects if place.namespace == "tradefleet"}
    children = {"ServiceAccount", "Role", "RoleBinding", "Deployment", "Service"}
    assert made == {FEED_KIND} | children
    desk.cluster.calls.clear()
    await settle(desk, key)
    assert desk.cluster.writes() == []


async def test_before_all_feeds_are_known_none_is_planned(desk: OperatorDesk) -> None:
    desk.context.knows_feeds = False
    [key] = feed_keys(desk)

    await settle(desk, key)

    assert desk.cluster.calls == []


async def test_a_feed_goes_after_its_grace_and_a_fresh_list_and_not_before(
    desk: OperatorDesk,
) -> None:
    [key] = feed_keys(desk)
    place = key.place
    await settle(desk, key)
    alice = desk.context.store.root(ALICE)
    assert alice is not None
    del desk.cluster.objects[alice.place]
    desk.context.gone(alice.place, alice.uid)
    assert feed_keys(desk) == [key]

    later = await settle(desk, key)
    assert later is not None
    desk.time += later - timedelta(seconds=1)
    await settle(desk, key)
    assert place in desk.cluster.objects

    desk.time += timedelta(seconds=1)
    desk.cluster.calls.clear()
    await settle(desk, key)
    assert ("list", "TradingAccount", "") in desk.cluster.calls
    assert place not in desk.cluster.objects


async def test_a_user_that_only_the_fresh_list_knows_keeps_the_feed(desk: OperatorDesk) -> None:
    [key] = feed_keys(desk)
    await settle(desk, key)
    alice = desk.context.store.root(ALICE)
    assert alice is not None
    del desk.cluster.objects[alice.place]
    desk.context.gone(alice.place, alice.uid)
    later = await settle(desk, key)
    assert later is not None
    desk.time += later

    desk.cluster.store(trading("bob", "XRPUSDT"))
    await settle(desk, key)

    assert key.place in desk.cluster.objects
    seen = desk.context.observe_feed(key)
    assert seen is not None
    assert seen.users == 1


async def test_a_feed_that_is_deleted_under_its_status_write_is_made_anew(
    desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its deletion is told before the answer comes, and never again."""
    [key] = feed_keys(desk)
    written = desk.cluster.apply_status

    async def answers_late(manifest: Json) -> dict[str, Any]:
        answer = await written(manifest)
        del desk.cluster.objects[key.place]
        desk.context.gone(key.place, answer["metadata"]["uid"])
        return answer

    monkeypatch.setattr(desk.cluster, "apply_status", answers_late)
    for _ in range(2):  # the feed, and then its children and its status
        await attempts_of(desk).attempt(key)
    monkeypatch.undo()
    was_there = desk.context.store.root(key) is not None
    await settle(desk, key)

    assert not was_there
    assert key.place in desk.cluster.objects


async def test_a_child_of_a_feed_that_is_refused_is_an_event_once_for_each_message(
    desk: OperatorDesk,
) -> None:
    [key] = feed_keys(desk)
    call = ("apply", "Deployment", key.name)
    desk.cluster.failing[call] = RejectedError("exceeded quota", status=422)
    await settle(desk, key)
    await settle(desk, key)
    once = list(desk.cluster.posted)
    desk.cluster.failing[call] = RejectedError("another policy", status=422)
    await settle(desk, key)
    del desk.cluster.failing[call]
    await settle(desk, key)

    assert [(each["type"], each["reason"], each["message"]) for each in once] == [
        ("Warning", "WriteRefused", "exceeded quota")
    ]
    about = once[0]["involvedObject"]
    assert (about["kind"], about["namespace"], about["name"]) == (FEED_KIND, *key.place[1:])
    assert [each["message"] for each in desk.cluster.posted] == ["exceeded quota", "another policy"]


async def test_while_no_fresh_list_can_be_had_the_feed_stays(desk: OperatorDesk) -> None:
    [key] = feed_keys(desk)
    await settle(desk, key)
    alice = desk.context.store.root(ALICE)
    assert alice is not None
    desk.context.gone(alice.place, alice.uid)
    later = await settle(desk, key)
    assert later is not None
    desk.time += later
    desk.cluster.failing["list", "TradingAccount", ""] = UnavailableError("refused")

    verdict = await attempts_of(desk).attempt(key)

    assert isinstance(verdict.failure, UnavailableError)
    assert key.place in desk.cluster.objects


OWNER = Place("Deployment", "tradefleet", "tradefleet-operator")
ASKED = ("get", "Deployment", OWNER.name)


def owned_desk() -> OperatorDesk:
    """A desk whose feeds go with the Deployment of the operator."""
    return OperatorDesk(feeds=FeedSettings(owner=OWNER.name))


async def test_the_owner_of_feeds_is_the_operators_own_deployment() -> None:
    """KU-21."""
    desk = owned_desk()
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment"}
    stored = desk.cluster.store(
        {**deployment, "metadata": {"name": OWNER.name, "namespace": OWNER.namespace}}
    )

    owner = await feed_owner(desk.context, desk.cluster)

    assert owner == ReleaseOwner(name=OWNER.name, uid=stored["metadata"]["uid"])


async def test_without_that_deployment_feeds_go_with_nothing_and_it_is_said() -> None:
    desk = owned_desk()

    assert await feed_owner(desk.context, desk.cluster) is None
    [line] = desk.logged("ownerUnknown")
    assert "no Deployment tradefleet-operator in tradefleet" in line["message"]


async def test_nobody_is_asked_for_an_owner_that_is_not_wanted() -> None:
    for feeds in (None, FeedSettings()):
        desk = OperatorDesk(feeds=feeds)

        assert await feed_owner(desk.context, desk.cluster) is None
        assert desk.cluster.calls == []


async def test_the_owner_is_asked_for_until_there_is_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """KU-16: no feed is planned meanwhile, for one without its owner would be a write too many."""
    monkeypatch.setattr("botoperator.__main__._LOOK_SECONDS", 0.001)
    desk = owned_desk()
    desk.cluster.failing[ASKED] = UnavailableError("away")
    asking = asyncio.ensure_future(feed_owner(desk.context, desk.cluster))
    async with asyncio.timeout(60):
        while desk.cluster.calls.count(ASKED) < 3:
            await asyncio.sleep(0.001)
    del desk.cluster.failing[ASKED]

    assert not asking.done()
    assert await asking is None
