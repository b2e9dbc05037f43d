"""Lists: pages, cursors, windows of time and what the venue forgets."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from botrunner.service.clock import ManualClock
from botrunner.simulator.bybit.wire import milliseconds
from botrunner.simulator.server import Simulator
from support.raw_bybit import RawClient, StartSimulator

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HISTORY = "/v5/order/history"
EXECUTIONS = "/v5/execution/list"
ACCOUNT_PATHS = [HISTORY, EXECUTIONS, "/v5/position/closed-pnl"]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def client(
    start_simulator: StartSimulator, session: aiohttp.ClientSession, clock: ManualClock
) -> RawClient:
    simulator: Simulator = await start_simulator(clock)
    return RawClient(session, simulator.rest_url, clock=clock)


async def all_pages(read: Callable[[str], Awaitable[Any]]) -> list[list[str]]:
    """Order ids page by page; the cursor goes back exactly as it came."""
    pages, cursor = [], ""
    while True:
        result = await read(cursor)
        pages.append([row["orderId"] for row in result["list"]])
        cursor = result["nextPageCursor"]
        if not cursor:
            return pages


async def fill(client: RawClient, clock: ManualClock, count: int) -> list[str]:
    """Market orders a second apart, ids oldest first; buys and sells in turn."""
    ids = []
    for number in range(count):
        answer = await client.place(side="Buy" if number % 2 == 0 else "Sell")
        ids.append(answer.result["orderId"])
        await clock.advance(timedelta(seconds=1))
    return ids


@pytest.mark.parametrize("path", [HISTORY, EXECUTIONS])
async def test_pages_hold_everything_once_newest_first(
    client: RawClient, clock: ManualClock, path: str
) -> None:
    ids = await fill(client, clock, 7)

    async def read(cursor: str) -> Any:
        query = {"cursor": cursor} if cursor else {}
        return (await client.get(path, category="linear", limit=3, **query)).result

    pages = await all_pages(read)

    newest_first = list(reversed(ids))
    assert pages == [newest_first[:3], newest_first[3:6], newest_first[6:]]


async def test_a_cursor_is_percent_encoded_and_still_right_when_encoded_again(
    client: RawClient, clock: ManualClock
) -> None:
    ids = await fill(client, clock, 3)
    first = (await client.get(HISTORY, category="linear", limit=1)).result
    cursor = first["nextPageCursor"]
    again = cursor.replace("%", "%25")
    plain = (await client.get(HISTORY, category="linear", limit=1, cursor=cursor)).rows
    encoded = (await client.get(HISTORY, category="linear", limit=1, cursor=again)).rows

    assert "%3A" in cursor
    assert "%2C" in cursor
    assert [row["orderId"] for row in plain] == [ids[1]]
    assert encoded == plain


async def test_a_page_is_not_moved_by_what_is_new(client: RawClient, clock: ManualClock) -> None:
    ids = await fill(client, clock, 4)
    first = (await client.get(EXECUTIONS, category="linear", limit=2)).result
    await fill(client, clock, 2)
    second = await client.get(
        EXECUTIONS, category="linear", limit=2, cursor=first["nextPageCursor"]
    )

    assert [row["orderId"] for row in second.rows] == [ids[1], ids[0]]


async def test_open_orders_are_paged_too(client: RawClient) -> None:
    ids = [await client.place_limit(str(49_000 + number)) for number in range(5)]

    async def read(cursor: str) -> Any:
        query = {"cursor": cursor} if cursor else {}
        path = "/v5/order/realtime"
        answer = await client.get(path, category="linear", symbol="BTCUSDT", limit=2, **query)
        return answer.result

    assert await all_pages(read) == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


async def test_a_cursor_of_somebody_elses_making_is_refused(client: RawClient) -> None:
    answer = await client.get(HISTORY, category="linear", cursor="page2")

    assert answer.code == 10001


PAGE_SIZES = [
    ("/v5/order/realtime", {"symbol": "BTCUSDT"}, 20),
    (HISTORY, {}, 20),
    (EXECUTIONS, {}, 50),
]


@pytest.mark.parametrize(("path", "query", "default"), PAGE_SIZES)
async def test_a_page_that_is_not_sized_has_the_venues_size(
    client: RawClient, clock: ManualClock, path: str, query: dict[str, str], default: int
) -> None:
    for number in range(55):
        await client.place_limit("49000" if path == "/v5/order/realtime" else "50000")
        if number % 9 == 8:
            await clock.advance(timedelta(seconds=2))
    answer = await client.get(path, category="linear", **query)

    assert len(answer.rows) == default
    assert answer.result["nextPageCursor"]


async def test_a_page_is_never_larger_than_the_venues_most(
    client: RawClient, clock: ManualClock
) -> None:
    for number in range(55):
        await client.place()
        if number % 9 == 8:
            await clock.advance(timedelta(seconds=2))
    answer = await client.get(HISTORY, category="linear", limit=1000)

    assert len(answer.rows) == 50


@pytest.mark.parametrize("limit", [0, -1, "many"])
async def test_a_page_size_that_is_none_is_refused(client: RawClient, limit: object) -> None:
    answer = await client.get(HISTORY, category="linear", limit=limit)

    assert answer.code == 10001


@pytest.mark.parametrize("path", ACCOUNT_PATHS)
async def test_without_a_window_the_last_seven_days_are_shown(
    client: RawClient, clock: ManualClock, path: str
) -> None:
    await fill(client, clock, 2)
    await clock.advance(timedelta(days=8))
    recent = await fill(client, clock, 2)
    rows = (await client.get(path, category="linear")).rows

    assert {row["orderId"] for row in rows} <= set(recent)
    assert rows


@pytest.mark.parametrize("path", ACCOUNT_PATHS)
async def test_a_window_of_more_than_seven_days_is_refused(client: RawClient, path: str) -> None:
    end = milliseconds(NOON)
    start = end - 7 * 86_400_000 - 1
    answer = await client.get(path, category="linear", startTime=start, endTime=end)

    assert answer.code == 10001


async def test_a_window_that_ends_before_it_starts_is_refused(client: RawClient) -> None:
    end = milliseconds(NOON)
    answer = await client.get(HISTORY, category="linear", startTime=end, endTime=end - 1)

    assert answer.code == 10001


async def test_a_window_with_one_end_is_seven_days_long(
    client: RawClient, clock: ManualClock
) -> None:
    old = await fill(client, clock, 1)
    await clock.advance(timedelta(days=10))
    await fill(client, clock, 1)
    start = milliseconds(NOON)
    fills = {"category": "linear", "execType": "Trade"}
    from_start = await client.get(EXECUTIONS, startTime=start, **fills)
    to_end = await client.get(EXECUTIONS, endTime=start + 3_600_000, **fills)

    assert [row["orderId"] for row in from_start.rows] == old
    assert [row["orderId"] for row in to_end.rows] == old


async def test_an_order_without_a_fill_is_forgotten_after_a_day(
    client: RawClient, clock: ManualClock
) -> None:
    cancelled = await client.place_limit("49000")
    await client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderId=cancelled)
    filled = (await client.place()).result["orderId"]
    await clock.advance(timedelta(hours=23, minutes=59))
    before = (await client.get(HISTORY, category="linear")).rows
    await clock.advance(timedelta(minutes=2))
    after = (await client.get(HISTORY, category="linear")).rows

    assert {row["orderId"] for row in before} == {cancelled, filled}
    assert [row["orderId"] for row in after] == [filled]


async def test_an_order_is_found_by_its_id_however_old_it_is(
    client: RawClient, clock: ManualClock
) -> None:
    order_id = (await client.place(orderLinkId="old")).result["orderId"]
    await clock.advance(timedelta(days=30))
    by_id = (await client.get(HISTORY, category="linear", orderId=order_id)).rows
    by_link = (await client.get(HISTORY, category="linear", orderLinkId="old")).rows

    assert [row["orderId"] for row in by_id] == [order_id]
    assert by_link == by_id


async def test_history_can_be_asked_for_one_status(client: RawClient) -> None:
    cancelled = await client.place_limit("50100", timeInForce="PostOnly")
    await client.place()
    rows = (await client.get(HISTORY, category="linear", orderStatus="Cancelled")).rows

    assert [row["orderId"] for row in rows] == [cancelled]


async def test_executions_can_be_asked_for_one_order(client: RawClient) -> None:
    await client.place()
    order_id = (await client.place(orderLinkId="second")).result["orderId"]
    by_id = (await client.get(EXECUTIONS, category="linear", orderId=order_id)).rows
    by_link = (await client.get(EXECUTIONS, category="linear", orderLinkId="second")).rows

    assert [row["orderId"] for row in by_id] == [order_id]
    assert by_link == by_id


async def test_the_transaction_log_shows_a_day_unless_a_window_is_named(
    client: RawClient, clock: ManualClock
) -> None:
    await fill(client, clock, 2)
    await clock.advance(timedelta(hours=25))
    log = "/v5/account/transaction-log"
    default = (await client.get(log)).rows
    named = (await client.get(log, startTime=milliseconds(NOON))).rows

    assert default == []
    assert [row["type"] for row in named] == ["TRADE", "TRADE", "TRANSFER_IN"]
