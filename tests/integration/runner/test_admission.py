"""A runner of a cluster: what has to stand before it trades, and what it says until it does.

Its TradingAccount is in memory; the venue's request log says what it sent.
"""

from collections.abc import Callable

import pytest

from botapi.v1alpha1.emergency import EmergencyPolicy, EmergencySettings
from botrunner.exchanges.credentials import Credentials
from botrunner.runtime.follower import API_PATIENCE
from botrunner.service.clock import SystemClock
from botrunner.simulator.bybit.auth import uid_of
from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.memory_door import account_of, keys_of
from support.pod_life import PodLife, pod_life
from support.runner_desk import RunnerDesk

WRONG = Credentials(api_key="sim-nobody", api_secret="not-its-secret")


async def test_no_order_is_sent_before_the_account_is_admitted(desk: RunnerDesk) -> None:
    """KU-26: the uid is reported first; the admission acts when it comes, without a restart."""
    async with pod_life(desk) as pod:
        await pod.until_reason("TradingEnabled", "NotAdmitted")

        assert pod.door.last.account is not None
        assert pod.door.last.account.uid == _uid_of(desk)
        assert pod.door.reason("CredentialsReady") == "AsExpected"
        assert "oldest TradingAccount" in pod.door.message("TradingEnabled")
        assert pod.written() == []
        pod.door.says(admitted_uid=_uid_of(desk))
        await pod.until_shown(LIFE[0].shows)
        await pod.until_reason("TradingEnabled", "AsExpected")


async def test_a_start_that_is_admitted_already_needs_no_operator(desk: RunnerDesk) -> None:
    """KU-26: after a restart, with the operator down."""
    uid = _uid_of(desk)
    async with pod_life(desk, admitted_uid=uid) as pod:
        await pod.until_shown(LIFE[0].shows)

    assert "NotAdmitted" not in pod.door.told


async def test_keys_of_another_account_are_refused_and_mended_keys_heal(
    make_desk: MakeDesk,
) -> None:
    """KU-26: AccountChanged names both accounts; nothing is sent with the wrong keys."""
    desk, other = make_desk(name="alice"), make_desk(name="bob")
    uid, wrong = _uid_of(desk), _uid_of(other)
    async with pod_life(desk, admitted_uid=uid, keys=keys_of("bob")) as pod:
        await pod.until_reason("CredentialsReady", "AccountChanged")

        assert pod.door.last.account is not None
        assert pod.door.last.account.uid == uid
        assert f"account {wrong} " in pod.door.message("CredentialsReady")
        assert f"admitted here is {uid}" in pod.door.message("CredentialsReady")
        assert other.requests("/v5/order/create") == []
        pod.door.says(keys=keys_of("alice"))
        await pod.until_shown(LIFE[0].shows)


async def test_an_admission_that_is_taken_away_ends_the_trading(desk: RunnerDesk) -> None:
    """KU-26: the object was made anew, and another account may have been admitted since."""
    async with pod_life(desk, admitted_uid=_uid_of(desk)) as pod:
        await pod.until_shown(LIFE[0].shows)
        pod.door.says(admitted_uid="")
        await pod.until_reason("TradingEnabled", "NotAdmitted")
        before = len(pod.written())
        desk.price("0.99")
        await pod.until_shown({"held": {"long": "225", "short": "75"}})

        assert pod.written()[before:] == []


async def test_missing_keys_are_said_and_heal_without_a_restart(desk: RunnerDesk) -> None:
    """KU-1: reason, remedy and generation; the last life's report is not claimed to hold."""
    problem = "Secret keys does not exist; create it with apiKey and apiSecret"
    missing = {"keys": None, "keys_problem": problem, "keys_reason": "SecretMissing"}
    async with pod_life(desk, admitted_uid=_uid_of(desk), **missing) as pod:
        await pod.until_reason("CredentialsReady", "SecretMissing")

        assert pod.door.message("CredentialsReady") == problem
        assert pod.door.reason("TradingEnabled") == "NotAdmitted"
        assert pod.supervisor.problems() == (problem,)
        incomplete = "Secret keys has no apiSecret; add it"
        pod.door.says(keys_problem=incomplete, keys_reason="KeyMissing", generation=2)
        await pod.until_reason("CredentialsReady", "KeyMissing")

        assert _generations(pod) == {2}
        pod.door.says(keys=keys_of(desk.name), keys_problem="", keys_reason="")
        await pod.until_shown(LIFE[0].shows)
        await pod.until_reason("TradingEnabled", "AsExpected")

    assert pod.door.told[0] == "RunnerStarted"


@pytest.mark.parametrize("reason", ["SecretMissing", "KeyMissing"])
async def test_keys_that_go_under_a_running_account_are_said_and_stop_nothing(
    desk: RunnerDesk, reason: str
) -> None:
    """KU-13: those in memory trade on, through a new life too; back again, nothing restarts."""
    problem = "Secret alice-keys is not whole; mend it"
    gone = {"keys": None, "keys_problem": problem, "keys_reason": reason}
    async with pod_life(desk, admitted_uid=_uid_of(desk)) as pod:
        await pod.until_shown(LIFE[0].shows)
        first = await pod.until(lambda: _epoch(pod), "the first life")
        pod.door.says(**gone)
        await pod.until_reason("CredentialsReady", reason)
        condition = pod.door.last.condition("CredentialsReady")

        assert condition is not None and condition.status == "True"
        assert problem in condition.message and "in memory" in condition.message
        desk.price("0.99")
        await pod.until_shown(LIFE[1].shows)
        desk.price("0.9896")
        await pod.until_shown(LIFE[2].shows)
        renewed = account_of(desk.name, **desk.whole_spec | _withdrawing(desk))
        pod.door.says(account=renewed, generation=2)
        second = await pod.until(lambda: e if (e := _epoch(pod)) != first else 0, "a new life")
        await pod.until_reason("TradingEnabled", "AsExpected")

        assert pod.door.reason("CredentialsReady") == reason
        pod.door.says(keys=keys_of(desk.name), keys_problem="", keys_reason="")
        await pod.until_reason("CredentialsReady", "AsExpected")
        desk.price("0.9801")
        await pod.until_shown(LIFE[3].shows)

        assert _epoch(pod) == second
    logged = "".join(path.read_text() for path in desk.folder.rglob("bot*.log"))

    assert (logged.count("keysGone"), logged.count("keysBack")) == (1, 1)


def _epoch(pod: PodLife) -> int:
    runner = pod.door.last.runner
    return (runner.epoch or 0) if runner is not None else 0


def _withdrawing(desk: RunnerDesk) -> dict[str, object]:
    """A change that makes the account's key be looked at again."""
    return {"credentials": desk.whole_spec["credentials"] | {"allowWithdraw": True}}


async def test_a_refused_key_is_said_and_heals_with_the_next_one(desk: RunnerDesk) -> None:
    """PR-2: the condition names it; new keys are tried at once."""
    async with pod_life(desk, admitted_uid=_uid_of(desk), keys=WRONG) as pod:
        await pod.until_reason("CredentialsReady", "KeyRefused")

        assert pod.door.reason("TradingEnabled") == "NotAdmitted"
        pod.door.says(keys=keys_of(desk.name))
        await pod.until_shown(LIFE[0].shows)


async def test_a_stop_of_a_runner_that_cannot_live_is_reported_and_holds(
    desk: RunnerDesk,
) -> None:
    """RI-4, RI-5: while the keys are missing, and from the first request on when they come."""
    missing = {"keys": None, "keys_problem": "no keys", "keys_reason": "SecretMissing"}
    freeze = EmergencySettings(policy=EmergencyPolicy.FREEZE)
    async with pod_life(desk, admitted_uid=_uid_of(desk), **missing) as pod:
        await pod.until_reason("CredentialsReady", "SecretMissing")
        pod.door.says(stops=("spec.emergencyStop",), policies=freeze)
        await pod.until_reason("TradingEnabled", "EmergencyStop")
        emergency = pod.door.last.emergency

        assert emergency is not None
        assert (emergency.cause.value, emergency.policy.value) == ("person", "Freeze")
        pod.door.says(keys=keys_of(desk.name), keys_problem="", keys_reason="")
        await pod.until_reason("CredentialsReady", "AsExpected")
        await pod.until(lambda: pod.door.last.open_orders == 0, "the account was read")

        assert pod.written() == []
        pod.door.says(stops=())
        await pod.until_shown(LIFE[0].shows)

    assert pod.door.told.count("EmergencyStop") == 1
    assert pod.door.told.count("EmergencyStopEnded") == 1


async def test_a_stop_set_before_the_admission_holds_when_it_comes(desk: RunnerDesk) -> None:
    """RI-5."""
    async with pod_life(desk) as pod:
        await pod.until_reason("TradingEnabled", "NotAdmitted")
        pod.door.says(stops=("annotation tradefleet.dev/emergency-stop",))
        await pod.until_reason("TradingEnabled", "EmergencyStop")
        pod.door.says(admitted_uid=_uid_of(desk))
        await pod.until(_is_complete(pod), "the stop is carried out")

        assert pod.placed() == []


async def test_a_status_of_a_higher_epoch_fences_the_runner(desk: RunnerDesk) -> None:
    """PR-8: another runner has claimed the account; this one says so and sends nothing more."""
    async with pod_life(desk, admitted_uid=_uid_of(desk)) as pod:
        await pod.until_shown(LIFE[0].shows)
        await pod.until_reason("TradingEnabled", "AsExpected")
        assert pod.door.last.runner is not None
        assert pod.door.last.runner.epoch is not None
        pod.door.says(highest_epoch=pod.door.last.runner.epoch + 1)
        await pod.until_reason("TradingEnabled", "HigherEpoch")
        before = len(pod.written())
        desk.price("0.99")
        await pod.until(
            lambda: (
                len(pod.door.last.positions) == 2 and pod.door.last.positions[0].quantity == 225
            ),
            "the fill is known",
        )

        assert pod.written()[before:] == []
        assert "HigherEpoch" in pod.door.told


async def test_the_epoch_is_above_every_one_that_was_reported(desk: RunnerDesk) -> None:
    """PR-8: even above one from a clock that went ahead."""
    ahead = 2_000_000_000_000
    async with pod_life(desk, admitted_uid=_uid_of(desk), highest_epoch=ahead) as pod:
        await pod.until_shown(LIFE[0].shows)
        await pod.until_reason("TradingEnabled", "AsExpected")

        assert pod.door.last.runner is not None
        assert pod.door.last.runner.epoch == ahead + 1


async def test_an_account_that_cannot_be_read_for_long_gets_exits_and_no_entries(
    desk: RunnerDesk,
) -> None:
    """RI-14: what fills is protected; entries wait until people can be heard again."""
    async with pod_life(desk, admitted_uid=_uid_of(desk)) as pod:
        before = await _filled_unheard(desk, pod)

        assert desk.adding(before) == []
        pod.door.says(is_reachable=True, unreachable_since=None)
        await pod.until_shown(LIFE[1].shows)


async def test_a_stop_that_was_set_during_an_outage_acts_with_the_reconnect(
    desk: RunnerDesk,
) -> None:
    """RI-14: nothing of what waited for the reconnect is sent before it."""
    async with pod_life(desk, admitted_uid=_uid_of(desk)) as pod:
        before = await _filled_unheard(desk, pod)
        stop = ("spec.emergencyStop",)
        pod.door.says(is_reachable=True, unreachable_since=None, stops=stop)
        await pod.until(_is_complete(pod), "the stop is carried out")

        assert desk.adding(before) == []


async def test_a_start_by_the_copy_alone_manages_exits_until_the_api_answers(
    desk: RunnerDesk,
) -> None:
    """RI-6: what people want now is not known, so nothing adds exposure from the first request."""
    async with pod_life(desk, admitted_uid=_uid_of(desk)) as pod:
        await pod.until_shown(LIFE[0].shows)
    before = desk.count()
    desk.price("0.99")
    async with pod_life(desk, admitted_uid=_uid_of(desk), is_reachable=False) as pod:
        await pod.until_shown({"longExit": [("225", "1.0037")]})
        await pod.until_reason("TradingEnabled", "ApiUnreachable")

        assert desk.adding(before) == []
        pod.door.says(is_reachable=True)
        await pod.until_shown(LIFE[1].shows)


async def test_the_generation_that_is_followed_stands_in_every_condition(desk: RunnerDesk) -> None:
    """KU-3."""
    async with pod_life(desk, admitted_uid=_uid_of(desk)) as pod:
        await pod.until_reason("TradingEnabled", "AsExpected")
        pod.door.says(generation=2)
        await pod.until(lambda: _generations(pod) == {2}, "the new generation")


def _uid_of(desk: RunnerDesk) -> str:
    """Of the account that the simulator opens for the desk's keys."""
    return str(uid_of(desk.name))


async def _filled_unheard(desk: RunnerDesk, pod: PodLife) -> int:
    """A level fills while nobody can be heard, and has its exit; requests up to the fill."""
    await pod.until_shown(LIFE[0].shows)
    since = SystemClock().now() - 2 * API_PATIENCE
    pod.door.says(is_reachable=False, unreachable_since=since)
    await pod.until_reason("TradingEnabled", "ApiUnreachable")
    before = desk.count()
    desk.price("0.99")
    await pod.until_shown({"longExit": [("225", "1.0037")]})
    return before


def _generations(pod: PodLife) -> set[int | None]:
    status = pod.door.last
    runner = status.runner.observed_generation if status.runner is not None else None
    return {condition.observed_generation for condition in status.conditions} | {runner}


def _is_complete(pod: PodLife) -> Callable[[], bool]:
    def asks() -> bool:
        emergency = pod.door.last.emergency
        return emergency is not None and emergency.complete

    return asks
