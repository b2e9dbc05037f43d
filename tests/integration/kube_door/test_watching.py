"""The pod watches its own TradingAccount (RI-5, KU-13)."""

import asyncio
from decimal import Decimal

import pytest

from integration.kube_door.conftest import MakeDesk

pytestmark = pytest.mark.cluster

STOP = '{"spec": {"emergencyStop": true}}'


async def test_the_account_is_read_with_its_keys_and_generation(make_desk: MakeDesk) -> None:
    desk = make_desk("read")
    await desk.begin()
    reading = desk.door.read()

    assert reading.account is not None
    assert reading.account.metadata.name == "read"
    assert reading.keys is not None
    assert (reading.is_reachable, reading.generation, reading.faults) == (True, 1, ())
    assert reading.admitted_uid == ""


async def test_a_patch_is_seen_by_the_open_watch(make_desk: MakeDesk) -> None:
    desk = make_desk("patched")
    await desk.begin()
    await desk.patch(STOP)
    await desk.until(lambda: bool(desk.door.read().stops), "the stop")

    assert desk.door.read().stops == ("spec.emergencyStop",)
    assert desk.door.read().generation == 2


async def test_the_annotation_stops_and_its_absence_resumes(make_desk: MakeDesk) -> None:
    desk = make_desk("annotated")
    await desk.begin()
    await desk.patch('{"metadata": {"annotations": {"tradefleet.dev/emergency-stop": ""}}}')
    await desk.until(lambda: bool(desk.door.read().stops), "the stop")
    await desk.patch('{"metadata": {"annotations": {"tradefleet.dev/emergency-stop": null}}}')
    await desk.until(lambda: not desk.door.read().stops, "taken back")

    assert desk.door.read().generation == 1


async def test_numbers_come_as_they_were_written(make_desk: MakeDesk) -> None:
    desk = make_desk("numbers", initialBalance=1234.56789)
    await desk.begin()
    account = desk.door.read().account

    assert account is not None
    assert account.spec.initial_balance == Decimal("1234.56789")


async def test_a_status_write_of_somebody_else_is_no_news(make_desk: MakeDesk) -> None:
    desk = make_desk("quiet")
    await desk.begin()
    news: list[object] = []

    async def listen() -> None:
        async for reading in desk.door.watch():
            news.append(reading)

    listener = asyncio.ensure_future(listen())
    await desk.patch('{"status": {"phase": "Trading"}}', "--subresource=status")
    await desk.patch('{"status": {"admitted": {"uid": "7"}}}', "--subresource=status")
    await desk.until(lambda: bool(news), "the admission")
    listener.cancel()

    assert len(news) == 1
    assert desk.door.read().admitted_uid == "7"
