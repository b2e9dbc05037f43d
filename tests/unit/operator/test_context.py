"""What becomes due by what was told, and what a plan is shown (KU-10)."""

from typing import Any

import pytest

from botapi.model import Json
from botoperator.store import Key, Place, Record
from support.desk_cluster import pod, thing
from support.operator_context import OperatorDesk

ALICE, BOB = Key("clients", "alice"), Key("clients", "bob")


def account(name: str, uid: str | None = None, **metadata: Any) -> Json:
    """A TradingAccount whose runner has reported an exchange account."""
    status = {"account": {"uid": uid}} if uid else {}
    spec = {"exchange": "bybit", "environment": "demo"}
    return {**thing("TradingAccount", name, **metadata), "spec": spec, "status": status}


def due(desk: OperatorDesk) -> list[str]:
    """The names of what is due; nothing is afterwards."""
    names = []
    while (key := desk.context.queue.take(desk.context.seconds())) is not None:
        desk.context.queue.done(key)
        names.append(key.name)
    return names


async def test_news_make_the_account_due_once() -> None:
    desk = OperatorDesk()
    desk.see(account("alice"))
    desk.see(thing("Role", "alice"))
    desk.see(pod("alice-0", "alice"))

    assert due(desk) == ["alice"]
    assert desk.context.due.is_set()


async def test_no_news_make_nothing_due() -> None:
    desk = OperatorDesk()
    desk.see(account("alice"))
    due(desk)

    for raw in list(desk.cluster.objects.values()):
        desk.context.saw(Record.of(raw))

    assert due(desk) == []


@pytest.mark.parametrize("kind", ["TradingAccount", "MarketDataFeed"])
async def test_the_answer_to_a_status_write_brings_nothing_back_that_is_gone(kind: str) -> None:
    """Its deletion may be told of first; nobody would tell of it again."""
    desk = OperatorDesk()
    raw = desk.cluster.store({**account("alice"), "kind": kind})
    record = Record.of(raw)
    desk.context.saw(record)
    desk.context.gone(record.place, record.uid)
    due(desk)

    desk.context.refresh(desk.cluster.store({**raw, "status": {}}))

    assert desk.context.store.find(record.place) is None
    assert desk.context.store.count(kind) == 0


async def test_the_answer_to_a_status_write_is_shown_to_the_next_plan() -> None:
    desk = OperatorDesk()
    desk.see(account("alice"))

    desk.context.refresh(desk.cluster.store({**account("alice"), "status": {"phase": "Trading"}}))

    seen = desk.context.observe(ALICE)
    assert seen is not None
    assert seen.account["status"] == {"phase": "Trading"}


async def test_the_answer_to_an_own_write_makes_nothing_due_and_is_shown_to_the_next_plan() -> None:
    desk = OperatorDesk()
    desk.see(account("alice"))
    due(desk)

    desk.context.put(desk.cluster.store(thing("Role", "alice")))

    seen = desk.context.observe(ALICE)
    assert seen is not None
    assert [child["kind"] for child in seen.children] == ["Role"]
    assert due(desk) == []


async def test_an_account_that_claims_what_another_holds_makes_the_other_due() -> None:
    """KU-26."""
    desk = OperatorDesk()
    desk.see(account("alice", uid="7"))
    desk.see(account("bob"))
    due(desk)

    desk.see(account("bob", uid="7"))

    assert sorted(due(desk)) == ["alice", "bob"]
    seen = desk.context.observe(BOB)
    assert seen is not None
    assert [claim.name for claim in seen.claims] == ["alice", "bob"]


async def test_the_holder_s_end_makes_those_who_wait_due() -> None:
    """KU-26."""
    desk = OperatorDesk()
    desk.see(account("alice", uid="7"))
    desk.see(account("bob", uid="7"))
    due(desk)
    held = desk.context.store.root(ALICE)
    assert held is not None

    desk.context.gone(held.place, held.uid)

    assert sorted(due(desk)) == ["alice", "bob"]
    assert desk.context.observe(ALICE) is None


async def test_what_an_own_write_admits_makes_the_others_due() -> None:
    """KU-26."""
    desk = OperatorDesk()
    desk.see(account("alice", uid="7"))
    desk.see(account("bob", uid="7"))
    due(desk)
    admitted = account("alice", uid="7")

    status = {**admitted["status"], "admitted": {"uid": "7"}}
    desk.context.refresh(desk.cluster.store({**admitted, "status": status}))

    assert due(desk) == ["bob"]


async def test_a_child_that_is_gone_makes_its_account_due() -> None:
    desk = OperatorDesk()
    desk.see(account("alice"))
    desk.see(thing("Role", "alice"))
    due(desk)
    role = desk.context.store.find(Place("Role", "clients", "alice"))
    assert role is not None

    desk.context.gone(role.place, role.uid)

    assert due(desk) == ["alice"]


async def test_an_outage_is_logged_when_it_begins_and_when_it_ends() -> None:
    desk = OperatorDesk()
    for trouble in ("", "refused", "refused", "timed out", "", ""):
        desk.context.line(trouble)

    assert [line["message"] for line in desk.logged("apiUnreachable")] == ["refused"]
    assert len(desk.logged("apiReachable")) == 1
    assert desk.context.vitals.trouble == ""
