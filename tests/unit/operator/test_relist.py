"""The comparison with the API server: what no watch told of is found (KU-16)."""

import asyncio

import pytest

from botapi.labels import FEED_LABEL
from botoperator.cluster.kinds import ACCOUNTS, FEEDS
from botoperator.cluster.port import UnavailableError
from botoperator.relist import Relist
from botoperator.store import Key, Place
from support.desk_cluster import pod, thing
from support.operator_context import NOON, OperatorDesk

ALICE = Key("clients", "alice")
ROLE = Place("Role", "clients", "alice")


@pytest.fixture
async def desk() -> OperatorDesk:
    """A cluster with the account alice and a Role; nobody has told of them."""
    desk = OperatorDesk()
    for raw in (thing("TradingAccount", "alice"), thing("Role", "alice"), pod("alice-0", "alice")):
        desk.cluster.store(raw)
    return desk


def relist_of(desk: OperatorDesk, seconds: float = 600) -> Relist:
    """The lists of accounts and what belongs to them, everywhere."""
    return desk.relist(ACCOUNTS, seconds=seconds)


async def test_every_kind_is_listed_once_and_all_is_known_then(desk: OperatorDesk) -> None:
    lost = await relist_of(desk).once()

    assert lost == 0
    assert [kind for _, kind, _ in desk.cluster.calls] == [kind.name for kind in ACCOUNTS.kinds]
    assert desk.context.store.keys() == (ALICE,)
    assert len(desk.context.store.children(ALICE)) == len(desk.context.store.pods(ALICE)) == 1


async def test_only_the_watched_namespaces_are_listed() -> None:
    desk = OperatorDesk()
    await desk.relist(ACCOUNTS, "clients", "others").once()

    assert {namespace for _, _, namespace in desk.cluster.calls} == {"clients", "others"}
    assert len(desk.cluster.calls) == 2 * len(ACCOUNTS.kinds)


async def test_a_deletion_that_no_watch_told_of_is_found(desk: OperatorDesk) -> None:
    relist = relist_of(desk)
    await relist.once()
    desk.context.queue.take(desk.context.seconds())
    desk.context.queue.done(ALICE)
    del desk.cluster.objects[ROLE]

    assert await relist.once() == 1
    assert desk.context.store.find(ROLE) is None
    assert desk.context.queue.take(desk.context.seconds()) == ALICE


async def test_a_list_that_brings_no_news_makes_nothing_due(desk: OperatorDesk) -> None:
    relist = relist_of(desk)
    await relist.once()
    desk.context.queue.take(desk.context.seconds())
    desk.context.queue.done(ALICE)

    await relist.once()

    assert desk.context.queue.depth == 0


async def test_a_list_that_fails_takes_nothing_for_lost(desk: OperatorDesk) -> None:
    relist = relist_of(desk)
    await relist.once()
    desk.cluster.objects.clear()
    desk.cluster.failing["list", "TradingAccount", ""] = UnavailableError("refused")

    with pytest.raises(UnavailableError):
        await relist.once()

    assert desk.context.store.find(ROLE) is not None
    desk.cluster.failing.clear()
    assert await relist.once() == 3


async def test_after_the_first_list_all_is_due(desk: OperatorDesk) -> None:
    await relist_of(desk).first()

    assert desk.context.queue.depth == 1
    assert desk.logged("synced")[0]["found"] == 1
    assert desk.metric("tradefleet_operator_relists_total", result="success") == 1


async def test_a_list_of_feeds_takes_no_account_s_child_for_lost(desk: OperatorDesk) -> None:
    """KU-12: Roles of both kinds stand in one namespace."""
    await relist_of(desk).once()
    desk.see(thing("Role", "feed-xrp", labels={FEED_LABEL: "feed-xrp"}))
    del desk.cluster.objects[ROLE]
    del desk.cluster.objects[Place("Role", "clients", "feed-xrp")]

    assert await desk.relist(FEEDS, "clients").once() == 1
    assert desk.context.store.find(ROLE) is not None
    assert await relist_of(desk).once() == 1


async def test_a_list_of_accounts_alone_says_when_it_was_asked_for(desk: OperatorDesk) -> None:
    """KU-12: a feed goes only after a list that is younger than its grace."""
    assert desk.context.accounts_listed_at is None

    await relist_of(desk).roots()

    assert desk.context.accounts_listed_at == NOON
    assert [kind for _, kind, _ in desk.cluster.calls] == ["TradingAccount"]


async def test_in_regular_relists_all_accounts_are_due(desk: OperatorDesk) -> None:
    relist = relist_of(desk, seconds=0.01)
    await relist.once()
    desk.context.queue.take(desk.context.seconds())
    desk.context.queue.done(ALICE)

    task = asyncio.create_task(relist.run())
    async with asyncio.timeout(60):
        while desk.context.queue.take(desk.context.seconds()) != ALICE:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert desk.metric("tradefleet_operator_lost_deletions_total") == 0
