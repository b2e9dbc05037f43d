"""One attempt: what the next one is for (KU-10, KU-14, KU-26)."""

import asyncio
from typing import Any

import pytest

from botoperator.attempt import Attempts
from botoperator.cluster.kinds import ACCOUNTS
from botoperator.cluster.port import RejectedError, RetryableError, UnavailableError
from botoperator.store import Key, Place
from support.accounts import account
from support.operator_context import OperatorDesk

ALICE, BOB = Key("clients", "alice"), Key("clients", "bob")
STATUS = ("apply", "TradingAccount/status", "alice")


def written(name: str, **status: Any) -> dict[str, Any]:
    """A TradingAccount as people write it and its runner reports about it."""
    metadata = {"name": name, "namespace": "clients", "generation": 1}
    metadata["creationTimestamp"] = f"2026-01-01T00:00:0{len(name)}Z"
    return {**account(name), "metadata": metadata, "status": status}


@pytest.fixture
async def desk() -> OperatorDesk:
    """A desk with the account alice."""
    desk = OperatorDesk()
    desk.see(written("alice"))
    return desk


def attempts_of(desk: OperatorDesk) -> Attempts:
    """Attempts that list accounts from the desk's cluster."""
    return Attempts(desk.context, desk.executor, desk.relist(ACCOUNTS).roots)


async def settle(desk: OperatorDesk, attempts: Attempts, key: Key = ALICE) -> int:
    """Attempt until nothing is left to be done at once; the number of attempts."""
    for number in range(1, 10):
        if not (await attempts.attempt(key)).again:
            return number
    raise AssertionError("it never settles")


async def test_a_new_account_gets_its_children_and_a_status(desk: OperatorDesk) -> None:
    """KU-11, KU-14: one apply each, and one status."""
    await settle(desk, attempts_of(desk))

    kinds = [kind for _, kind, _ in desk.cluster.writes()]
    children = {"ServiceAccount", "Role", "RoleBinding", "StatefulSet"}
    assert set(kinds) == children | {"TradingAccount/status"}
    assert len(kinds) == 5


async def test_once_settled_nothing_is_written(desk: OperatorDesk) -> None:
    """KU-14."""
    attempts = attempts_of(desk)
    await settle(desk, attempts)
    desk.cluster.calls.clear()

    verdict = await attempts.attempt(ALICE)

    assert desk.cluster.calls == []
    assert not verdict.again
    assert verdict.failure is None


async def test_an_account_that_is_gone_needs_nothing(desk: OperatorDesk) -> None:
    known = desk.context.store.root(ALICE)
    assert known is not None
    desk.context.troubles[ALICE] = "something"
    desk.context.gone(known.place, known.uid)

    verdict = await attempts_of(desk).attempt(ALICE)

    assert (verdict.failure, verdict.again, verdict.later) == (None, False, None)
    assert desk.cluster.calls == []
    assert desk.context.troubles == {}


async def test_an_apply_that_is_refused_is_said_in_the_status_and_not_tried_for_ever(
    desk: OperatorDesk,
) -> None:
    error = RejectedError("spec.template: Invalid value", status=422)
    desk.cluster.failing["apply", "StatefulSet", "alice"] = error
    attempts = attempts_of(desk)

    verdict = await attempts.attempt(ALICE)
    assert verdict.again
    assert verdict.failure is None
    await settle(desk, attempts)

    conditions = desk.cluster.objects[Place("TradingAccount", "clients", "alice")]["status"]
    [said] = [c for c in conditions["conditions"] if c["type"] == "Reconciling"]
    assert said["status"] == "True"
    assert "Invalid value" in said["message"]
    assert desk.logged("rejected")[0]["account"] == "clients/alice"
    assert desk.metric("tradefleet_operator_reconcile_errors_total", error="RejectedError") > 0


@pytest.mark.parametrize(
    "error",
    [
        RejectedError("spec.template: Invalid value", status=422),
        RetryableError("roles.rbac.authorization.k8s.io is forbidden", status=403),
    ],
    ids=["422", "403"],
)
async def test_an_apply_that_is_refused_is_an_event_once_for_each_message(
    desk: OperatorDesk, error: RejectedError | RetryableError
) -> None:
    call = ("apply", "StatefulSet", "alice")
    desk.cluster.failing[call] = error
    attempts = attempts_of(desk)
    await settle(desk, attempts)
    await settle(desk, attempts)
    once = [(each["type"], each["reason"], each["message"]) for each in desk.cluster.posted]
    desk.cluster.failing[call] = RejectedError("another policy", status=422)
    await settle(desk, attempts)
    del desk.cluster.failing[call]
    await settle(desk, attempts)

    assert once == [("Warning", "WriteRefused", str(error))]
    assert [each["message"] for each in desk.cluster.posted] == [str(error), "another policy"]


async def test_when_the_trouble_is_over_the_status_says_so(desk: OperatorDesk) -> None:
    call = ("apply", "StatefulSet", "alice")
    desk.cluster.failing[call] = RejectedError("Invalid value", status=422)
    attempts = attempts_of(desk)
    await settle(desk, attempts)

    del desk.cluster.failing[call]
    await settle(desk, attempts)

    conditions = desk.cluster.objects[Place("TradingAccount", "clients", "alice")]["status"]
    messages = [condition["message"] for condition in conditions["conditions"]]
    assert not any("Invalid value" in message for message in messages)


async def test_a_conflict_is_tried_again_and_told_to_nobody(desk: OperatorDesk) -> None:
    error = RetryableError("the object has been modified", status=409)
    desk.cluster.failing[STATUS] = error

    verdict = await attempts_of(desk).attempt(ALICE)

    assert verdict.failure is error
    assert desk.context.troubles == {}


async def test_a_missing_right_is_tried_again_and_told(desk: OperatorDesk) -> None:
    error = RetryableError("exceeded quota", status=403)
    desk.cluster.failing["apply", "ServiceAccount", "alice"] = error

    verdict = await attempts_of(desk).attempt(ALICE)

    assert verdict.failure is error
    assert "exceeded quota" in desk.context.troubles[ALICE]


async def test_an_outage_is_tried_again_and_is_no_trouble_of_the_account(
    desk: OperatorDesk,
) -> None:
    error = UnavailableError("refused")
    desk.cluster.failing["get", "ServiceAccount", "alice"] = error

    verdict = await attempts_of(desk).attempt(ALICE)

    assert verdict.failure is error
    assert not verdict.again
    assert desk.context.troubles == {}


async def test_of_two_accounts_with_the_same_keys_one_is_admitted_though_both_ask_at_once(
    desk: OperatorDesk,
) -> None:
    """KU-26: the older one, by its name's length here."""
    attempts = attempts_of(desk)
    desk.see(written("bob"))
    for name in ("alice", "bob"):
        desk.see(written(name, account={"uid": "7"}))

    await asyncio.gather(*(settle(desk, attempts, key) for key in (ALICE, BOB)))
    await asyncio.gather(*(settle(desk, attempts, key) for key in (ALICE, BOB)))

    admitted = [
        raw["metadata"]["name"]
        for place, raw in desk.cluster.objects.items()
        if place.kind == "TradingAccount" and raw["status"].get("admitted")
    ]
    assert admitted == ["bob"]


async def test_an_admission_whose_outcome_is_unknown_is_read_before_anybody_else_is_admitted(
    desk: OperatorDesk,
) -> None:
    """KU-26."""
    attempts = attempts_of(desk)
    await settle(desk, attempts)
    desk.see(written("alice", account={"uid": "7"}))
    desk.cluster.failing[STATUS] = UnavailableError("timed out")
    desk.cluster.calls.clear()

    verdict = await attempts.attempt(ALICE)

    assert isinstance(verdict.failure, UnavailableError)
    assert desk.cluster.calls[-2:] == [STATUS, ("get", "TradingAccount", "alice")]
