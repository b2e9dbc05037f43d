"""The comparison with the API server: what no watch told of is found (KU-16)."""

import asyncio

import pytest

from botoperator.cluster.kinds import WATCHED
from botoperator.cluster.port import UnavailableError
from botoperator.relist import Relist
from botoperator.store import Key, Place
from support.desk_cluster import pod, thing
from support.operator_context import OperatorDesk

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
    """A relist without jitter."""
    return Relist(desk.context, desk.cluster, interval_seconds=seconds, chance=lambda: 0.5)


async def test_every_kind_is_listed_once_and_all_is_known_then(desk: OperatorDesk) -> None:
    lost = await relist_of(desk).once()

    assert lost == 0
    assert [kind for _, kind, _ in desk.cluster.calls] == [kind.name for kind in WATCHED]
    assert desk.context.store.keys() == (ALICE,)
    assert len(desk.context.store.children(ALICE)) == len(desk.context.store.pods(ALICE)) == 1


async def test_only_the_watched_namespaces_are_listed() -> None:
    desk = OperatorDesk("clients", "others")
    await relist_of(desk).once()

    assert {namespace for _, _, namespace in desk.cluster.calls} == {"clients", "others"}
    assert len(desk.cluster.calls) == 2 * len(WATCHED)


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


async def test_after_the_first_list_the_operator_is_ready_and_all_is_due(
    desk: OperatorDesk,
) -> None:
    assert desk.context.vitals.unreadiness() != ()

    await relist_of(desk).first()

    assert desk.context.vitals.unreadiness() == ()
    assert desk.context.queue.depth == 1
    assert desk.metric("tradefleet_operator_relists_total", result="success") == 1


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
