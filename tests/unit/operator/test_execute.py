"""How a plan is carried out, and what comes of each failure (KU-10)."""

from typing import Any

import pytest

from botapi.model import Json
from botoperator.cluster.port import RejectedError, RetryableError, UnavailableError
from botoperator.reconcile.plan import Apply, Delete, Notice, Plan, StatusWrite
from botoperator.store import Place
from support.desk_cluster import thing
from support.operator_context import OperatorDesk

ROLE = Place("Role", "clients", "alice")
NOTICE = Notice(reason="CrashLoop", message="it keeps ending", is_warning=True)


def apply(kind: str, *, is_new: bool = False) -> Apply:
    """A child of alice to be applied."""
    return Apply(manifest=thing(kind, "alice"), is_new=is_new)


def status_of(account: Json) -> StatusWrite:
    """A status to be written."""
    return StatusWrite(manifest={**account, "status": {"phase": "Pending"}})


@pytest.fixture
async def desk() -> OperatorDesk:
    """A desk with the account alice."""
    desk = OperatorDesk()
    desk.see(thing("TradingAccount", "alice"))
    return desk


def stored(desk: OperatorDesk) -> dict[str, Any]:
    """The account as the cluster has it."""
    return desk.cluster.objects[Place("TradingAccount", "clients", "alice")]


async def test_a_plan_is_carried_out_in_its_order(desk: OperatorDesk) -> None:
    desk.see(thing("Pod", "alice-0"))
    gone = desk.cluster.objects[Place("Pod", "clients", "alice-0")]["metadata"]["uid"]
    delete = Delete(api_version="v1", kind="Pod", namespace="clients", name="alice-0", uid=gone)
    plan = Plan(
        applies=(apply("ServiceAccount"), apply("Role")),
        deletes=(delete,),
        status=status_of(stored(desk)),
        notices=(NOTICE,),
    )

    outcome = await desk.executor.execute(plan, stored(desk))

    assert outcome.failures == []
    assert outcome.changed
    assert desk.cluster.calls == [
        ("apply", "ServiceAccount", "alice"),
        ("apply", "Role", "alice"),
        ("delete", "Pod", "alice-0"),
        ("apply", "TradingAccount/status", "alice"),
        ("create", "Event", "alice."),
    ]


async def test_every_answer_is_known_before_the_next_plan(desk: OperatorDesk) -> None:
    """KU-14: a plan that did not know of the last one's writes would write again."""
    desk.see(thing("Pod", "alice-0"))
    ended = desk.cluster.objects[Place("Pod", "clients", "alice-0")]["metadata"]["uid"]
    delete = Delete(api_version="v1", kind="Pod", namespace="clients", name="alice-0", uid=ended)
    plan = Plan(applies=(apply("Role"),), deletes=(delete,), status=status_of(stored(desk)))

    await desk.executor.execute(plan, stored(desk))

    for place in (ROLE, Place("TradingAccount", "clients", "alice")):
        known = desk.context.store.find(place)
        assert known is not None
        assert known.read() == desk.cluster.objects[place]
    assert desk.context.store.find(Place("Pod", "clients", "alice-0")) is None


async def test_after_a_status_alone_nothing_is_planned_again(desk: OperatorDesk) -> None:
    """KU-14: our own write is no news."""
    plan = Plan(status=status_of(stored(desk)))

    assert not (await desk.executor.execute(plan, stored(desk))).changed
    assert not (await desk.executor.execute(plan, stored(desk))).changed


@pytest.mark.parametrize(
    "theirs",
    [
        {"spec": {"mode": "dryRun"}},
        {"status": {"openOrders": 4}},
        {"status": {"conditions": [{"type": "Protected", "status": "True"}]}},
        {"metadata": {"deletionTimestamp": "2026-06-01T12:00:00Z"}},
    ],
)
async def test_what_somebody_else_wrote_just_before_our_status_is_planned_for(
    theirs: dict[str, Any], desk: OperatorDesk
) -> None:
    """KU-10: the watch tells of it when our answer, a newer version, is known already."""
    seen = stored(desk)
    metadata = {**seen["metadata"], **theirs.get("metadata", {})}
    desk.cluster.store({**seen, **theirs, "metadata": metadata})

    outcome = await desk.executor.execute(Plan(status=status_of(seen)), seen)

    assert outcome.failures == []
    assert outcome.changed


async def test_a_new_child_is_applied_where_nothing_stands(desk: OperatorDesk) -> None:
    outcome = await desk.executor.execute(Plan(applies=(apply("Role", is_new=True),)), {})

    assert desk.cluster.calls == [("get", "Role", "alice"), ("apply", "Role", "alice")]
    assert outcome.changed


async def test_what_stands_there_unseen_is_shown_to_the_next_plan_and_nothing_else_is_done(
    desk: OperatorDesk,
) -> None:
    """A stranger's ServiceAccount would be given the account's Role by the same plan."""
    somebody_s = desk.cluster.store({**thing("Role", "alice"), "rules": ["theirs"]})
    applies = (apply("ServiceAccount", is_new=True), apply("Role", is_new=True))
    plan = Plan(applies=applies, status=status_of(stored(desk)), notices=(NOTICE,))

    outcome = await desk.executor.execute(plan, stored(desk))

    assert desk.cluster.writes() == []
    assert outcome.changed
    assert outcome.failures == []
    known = desk.context.store.find(ROLE)
    assert known is not None
    assert known.read() == somebody_s


async def test_while_it_is_not_known_what_stands_there_nothing_is_done(desk: OperatorDesk) -> None:
    error = RetryableError("forbidden", status=403)
    desk.cluster.failing["get", "Role", "alice"] = error
    applies = (apply("ServiceAccount"), apply("Role", is_new=True))

    outcome = await desk.executor.execute(Plan(applies=applies), stored(desk))

    assert outcome.failures == [error]
    assert desk.cluster.writes() == []


@pytest.mark.parametrize(
    "error", [RejectedError("no", status=422), RetryableError("no", status=403)]
)
async def test_a_part_that_fails_does_not_keep_the_others_from_being_tried(
    error: RejectedError | RetryableError, desk: OperatorDesk
) -> None:
    desk.cluster.failing["apply", "ServiceAccount", "alice"] = error
    plan = Plan(applies=(apply("ServiceAccount"), apply("Role")), status=status_of(stored(desk)))

    outcome = await desk.executor.execute(plan, stored(desk))

    assert outcome.failures == [error]
    assert outcome.unavailable is None
    assert ("apply", "Role", "alice") in desk.cluster.calls
    assert ("apply", "TradingAccount/status", "alice") in desk.cluster.calls


async def test_without_an_answer_nothing_more_is_tried(desk: OperatorDesk) -> None:
    error = UnavailableError("refused")
    desk.cluster.failing["apply", "ServiceAccount", "alice"] = error
    plan = Plan(
        applies=(apply("ServiceAccount"), apply("Role")),
        status=status_of(stored(desk)),
        notices=(NOTICE,),
    )

    outcome = await desk.executor.execute(plan, stored(desk))

    assert outcome.unavailable is error
    assert desk.cluster.calls == [("apply", "ServiceAccount", "alice")]


async def test_an_event_is_posted_only_when_its_transition_is_written(desk: OperatorDesk) -> None:
    """OB-7: else the next plan would find the same transition and post it again."""
    desk.cluster.failing["apply", "TradingAccount/status", "alice"] = RetryableError(
        "conflict", status=409
    )
    plan = Plan(status=status_of(stored(desk)), notices=(NOTICE,))

    outcome = await desk.executor.execute(plan, stored(desk))

    assert [failure.status for failure in outcome.failures] == [409]
    assert desk.cluster.posted == []


async def test_an_event_that_cannot_be_posted_fails_nothing(desk: OperatorDesk) -> None:
    error = RetryableError("forbidden", status=403)
    desk.cluster.failing["create", "Event", "alice."] = error

    outcome = await desk.executor.execute(Plan(notices=(NOTICE,)), stored(desk))

    assert outcome.failures == []
    assert outcome.lost == [error]


async def test_an_event_says_about_whom_what_and_when(desk: OperatorDesk) -> None:
    await desk.executor.execute(Plan(notices=(NOTICE,)), stored(desk))

    [event] = desk.cluster.posted
    about = stored(desk)["metadata"]
    assert event["involvedObject"] == {
        "apiVersion": "tradefleet.dev/v1alpha1",
        "kind": "TradingAccount",
        "name": "alice",
        "namespace": "clients",
        "uid": about["uid"],
        "resourceVersion": about["resourceVersion"],
    }
    assert (event["type"], event["reason"], event["message"]) == (
        "Warning",
        "CrashLoop",
        "it keeps ending",
    )
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-01-01T12:00:00Z"


async def test_a_long_message_is_cut_to_what_an_event_takes(desk: OperatorDesk) -> None:
    notice = Notice(reason="CrashLoop", message="x" * 5000)

    await desk.executor.execute(Plan(notices=(notice,)), stored(desk))

    [event] = desk.cluster.posted
    assert len(event["message"]) == 1024
    assert event["type"] == "Normal"
