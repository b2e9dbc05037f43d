"""The API server away in each of the ways in which it can be, and back (RI-14, RI-6)."""

import asyncio
from collections.abc import Iterator

import pytest

from botrunner.account_resource.kube_api import ApiError
from botrunner.account_resource.port import Reading
from integration.kube_door.conftest import DoorDesk, MakeDesk
from support.pod_identity import api_server
from support.runner_reports import report
from support.tcp_proxy import TcpProxy, Way

pytestmark = pytest.mark.cluster

STOP = '{"spec": {"emergencyStop": true}}'
WAYS = [Way.REFUSED, Way.DROPPED, Way.STALLED]


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    """A way to the API server that can be broken."""
    way = TcpProxy(api_server()[0])
    yield way
    way.close()


@pytest.mark.parametrize("way", WAYS)
async def test_a_stop_set_while_the_api_server_was_away_comes_with_its_return(
    make_desk: MakeDesk, proxy: TcpProxy, way: Way
) -> None:
    """RI-14: the first reading that says reachable has the stop already."""
    desk = make_desk(f"away-{way.value}", url=proxy.url)
    await desk.begin()
    readings: list[Reading] = []
    listener = asyncio.ensure_future(_collect(desk, readings))
    await _break(desk, proxy, way)
    await desk.patch(STOP)
    proxy.become(Way.OPEN)
    await desk.until(lambda: desk.door.read().is_reachable, "back")
    await desk.until(lambda: bool(readings) and readings[-1].is_reachable, "the reading of it")
    listener.cancel()

    assert all(each.stops for each in readings if each.is_reachable)
    assert [is_back for is_back, _ in desk.told][:2] == [False, True]


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_wanted_stays_while_the_api_server_is_away(
    make_desk: MakeDesk, proxy: TcpProxy, way: Way
) -> None:
    desk = make_desk(f"stays-{way.value}", url=proxy.url)
    await desk.patch(STOP)
    await desk.begin()
    before = desk.door.read()
    await _break(desk, proxy, way)
    lost = desk.door.read()

    assert lost.unreachable_since is not None
    assert (lost.account, lost.stops, lost.keys) == (before.account, before.stops, before.keys)


async def test_attempts_go_on_while_everything_is_refused_or_dropped(
    make_desk: MakeDesk, proxy: TcpProxy
) -> None:
    """One way of being away after another: it is found by the first attempt that can find it."""
    desk = make_desk("attempts", url=proxy.url)
    await desk.begin()
    for way in (Way.REFUSED, Way.DROPPED, Way.REFUSED):
        await _break(desk, proxy, way)
        proxy.become(Way.OPEN)
        await desk.until(lambda: desk.door.read().is_reachable, f"back after {way}")

    assert desk.door.losses >= 3


async def test_a_report_while_the_api_server_is_away_fails_as_a_disk_does(
    make_desk: MakeDesk, proxy: TcpProxy
) -> None:
    desk = make_desk("report", url=proxy.url)
    await desk.begin()
    await _break(desk, proxy, Way.REFUSED)
    with pytest.raises(ApiError) as refused:
        await asyncio.to_thread(desk.door.report, report())
    proxy.become(Way.OPEN)
    await desk.report(report())

    assert "cannot be reached" in str(refused.value.strerror)
    assert (await desk.status())["openOrders"] == 2


async def test_a_start_without_the_api_server_follows_the_copy(
    make_desk: MakeDesk, proxy: TcpProxy
) -> None:
    """RI-6: with the copy it follows it, unreachable; without one there is no account."""
    first = make_desk("copy", url=proxy.url)
    await first.begin()
    account = first.door.read().account
    assert account is not None
    await first.report(report(epoch=5))
    await asyncio.to_thread(first.door.save_copy, account, ())
    await first.end()
    proxy.become(Way.REFUSED)
    second, stranger = make_desk("copy", url=proxy.url), make_desk("copy", url=proxy.url, state="b")
    await second.door.open()
    await stranger.door.open()
    reading, last = second.door.read(), second.door.last_status()

    assert (reading.account, reading.is_reachable) == (account, False)
    assert (reading.keys is not None, reading.generation, reading.highest_epoch) == (True, 1, 5)
    assert last is not None and last.strategies == report().strategies
    assert stranger.door.read().account is None
    assert "cannot be reached" in stranger.door.read().faults[0]


async def test_an_admission_outlives_a_start_without_the_api_server(
    make_desk: MakeDesk, proxy: TcpProxy
) -> None:
    """KU-26: a start with the admitted uid needs no operator, and no API server either."""
    first = make_desk("admission", url=proxy.url)
    await first.patch('{"status": {"admitted": {"uid": "7"}}}', "--subresource=status")
    await first.begin()
    account = first.door.read().account
    assert account is not None
    await first.report(report())
    await asyncio.to_thread(first.door.save_copy, account, ())
    await first.end()
    proxy.become(Way.REFUSED)
    second = make_desk("admission", url=proxy.url)
    await second.door.open()

    assert second.door.read().admitted_uid == "7"


async def _break(desk: DoorDesk, proxy: TcpProxy, way: Way) -> None:
    """Break the way, and end what is open through it where silence alone takes half a minute."""
    if way is not Way.REFUSED:
        proxy.become(Way.REFUSED)
    proxy.become(way)
    await desk.until(lambda: not desk.door.read().is_reachable, "lost")


async def _collect(desk: DoorDesk, readings: list[Reading]) -> None:
    async for reading in desk.door.watch():
        readings.append(reading)
