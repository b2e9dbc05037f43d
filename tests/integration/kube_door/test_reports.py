"""The runner's part of the status, by server-side apply (KU-3, KU-4, RI-2)."""

import asyncio
from typing import Any

import pytest

from botapi.labels import ACCOUNT_KIND, API_VERSION, RUNNER_MANAGER
from botrunner.domain.emergency import StopPolicy
from integration.kube_door.conftest import DoorDesk, MakeDesk
from support.runner_reports import emergency, latched, report

pytestmark = pytest.mark.cluster

OTHER = "another-manager"
"""Stands for the operator, which may be there and write what it wants."""


async def test_each_manager_keeps_its_own_part(make_desk: MakeDesk) -> None:
    """KU-4: what one writes takes nothing of the other's away."""
    desk = make_desk("parts")
    await desk.begin()
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "NotReported",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    others = {"admitted": {"uid": "7"}, "conditions": [ready]}
    await desk.report(report())
    await _apply_as_other(desk, others)
    await desk.report(report(open_orders=3))
    status = await desk.status()

    assert (status["admitted"]["uid"], status["openOrders"]) == ("7", 3)
    assert {each["type"] for each in status["conditions"]} >= {
        "Ready",
        "CredentialsReady",
        "MarketDataReady",
        "Protected",
        "TradingEnabled",
    }
    assert await _managers(desk) >= {OTHER, RUNNER_MANAGER}


async def test_what_is_not_said_any_more_goes(make_desk: MakeDesk) -> None:
    desk = make_desk("goes")
    await desk.begin()
    await desk.report(report(emergency=emergency(is_latched=False)))
    before = await desk.status()
    await desk.report(report(strategies=()))
    after = await desk.status()

    assert before["emergency"]["cause"] == "person"
    assert "emergency" not in after
    assert not after.get("strategies")


async def test_a_latched_stop_stays_in_the_status_until_it_is_ended(make_desk: MakeDesk) -> None:
    """RI-2: a report of a life that knows nothing of it takes no latch away."""
    desk = make_desk("latch")
    await desk.begin()
    desk.door.record_stop(latched(), StopPolicy.FLATTEN)
    await desk.report(report(emergency=emergency()))
    await desk.end()
    other = make_desk("latch", state="another-pod")
    await other.begin()
    await other.report(report(epoch=2))
    held = (await other.status())["emergency"]
    found = other.door.latched_stop()
    assert found is not None
    other.door.clear_stop(found.emergency_id)
    await other.report(report(epoch=2))

    assert (held["id"], held["latched"], held["policy"]) == ("abc123", True, "CancelEntries")
    assert (found.emergency_id, found.cause, found.latched) == ("abc123", latched().cause, True)
    assert "emergency" not in await other.status()


async def test_a_stop_file_counts_while_the_status_does_not_have_its_stop(
    make_desk: MakeDesk,
) -> None:
    """RI-8: the container was killed between the file and the report."""
    desk = make_desk("file")
    await desk.begin()
    desk.door.record_stop(latched("f11e01"), StopPolicy.FREEZE)
    await desk.end()
    again = make_desk("file")
    await again.begin()
    await again.report(report(epoch=2))
    found = again.door.latched_stop()

    assert found is not None and found.emergency_id == "f11e01"
    assert (await again.status())["emergency"]["policy"] == "Freeze"


async def test_a_report_of_a_lower_epoch_is_not_written(make_desk: MakeDesk) -> None:
    """A younger runner has taken over: its report stays, and the older one can read of it."""
    old, young = make_desk("epochs"), make_desk("epochs", state="young")
    await old.begin()
    await young.begin()
    await old.report(report(epoch=10))
    await young.report(report(epoch=20))
    await old.until(lambda: old.door.read().highest_epoch == 20, "the higher epoch")
    await old.report(report(epoch=10, open_orders=99))
    status = await young.status()

    assert (status["runner"]["epoch"], status["openOrders"]) == (20, 2)


async def test_an_epoch_is_claimed_over_a_write_that_nobody_told_of_yet(
    make_desk: MakeDesk,
) -> None:
    """The claim holds only if nobody wrote since the object was read; then it is read again."""
    desk = make_desk("claim")
    await desk.begin()
    await desk.end()  # Without a watch, the version grows old.
    await desk.patch('{"status": {"phase": "Pending"}}', "--subresource=status")
    await desk.report(report(epoch=30))

    assert (await desk.status())["runner"]["epoch"] == 30


async def test_a_claim_gives_way_to_a_higher_epoch_that_nobody_told_of_yet(
    make_desk: MakeDesk,
) -> None:
    desk = make_desk("beaten")
    await desk.begin()
    await desk.end()
    await desk.patch('{"status": {"runner": {"epoch": 50}}}', "--subresource=status")
    await desk.report(report(epoch=40))

    status = await desk.status()

    assert status["runner"] == {"epoch": 50}
    assert "openOrders" not in status


async def test_a_report_before_the_life_has_an_epoch_keeps_the_one_that_stands(
    make_desk: MakeDesk,
) -> None:
    desk = make_desk("without")
    await desk.begin()
    await desk.report(report(epoch=60))
    await desk.until(lambda: desk.door.read().highest_epoch == 60, "the epoch")
    await desk.report(report(epoch=0, open_orders=5))
    status = await desk.status()

    assert (status["runner"]["epoch"], status["openOrders"]) == (60, 5)


async def test_an_account_made_anew_gets_no_report_of_the_earlier_one(make_desk: MakeDesk) -> None:
    desk = make_desk("anew")
    await desk.begin()
    await asyncio.to_thread(desk.kubectl.must, "delete", "ta", "anew")
    await desk.until(lambda: not desk.door.read().is_reachable, "gone")
    make_desk("anew", state="other")
    await desk.until(lambda: "made anew" in desk.door.read().faults[0], "made anew")
    await desk.report(report())

    assert "runner" not in await desk.status()


async def _apply_as_other(desk: DoorDesk, status: dict[str, Any]) -> None:
    body = {
        "apiVersion": API_VERSION,
        "kind": ACCOUNT_KIND,
        "metadata": {"name": desk.name},
        "status": status,
    }
    applied = await asyncio.to_thread(
        desk.kubectl.apply_as,
        OTHER,
        body,
        flags=("--subresource=status", "--force-conflicts"),
    )
    assert applied.ok, applied.err


async def _managers(desk: DoorDesk) -> set[str]:
    found = await asyncio.to_thread(desk.kubectl.read, "ta", desk.name, "--show-managed-fields")
    entries = found["metadata"]["managedFields"]
    return {each["manager"] for each in entries if each.get("subresource") == "status"}
