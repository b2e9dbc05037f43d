"""Public market data over REST."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiohttp
import pytest

from botrunner.service.clock import ManualClock
from botrunner.simulator.bybit.wire import milliseconds
from botrunner.simulator.price_source import PriceStep, Trade
from support.raw_bybit import Control, RawClient, StartSimulator
from support.steady_prices import SteadyPrices, price_step

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def test_instruments_are_those_that_have_prices(client: RawClient) -> None:
    rows = (await client.get("/v5/market/instruments-info", category="linear")).rows

    assert [row["symbol"] for row in rows] == ["BTCUSDT", "XRPUSDT"]
    assert rows[0]["priceFilter"]["tickSize"] == "0.10"
    assert rows[0]["lotSizeFilter"]["minNotionalValue"] == "5"
    assert rows[0]["fundingInterval"] == 480
    assert rows[0]["leverageFilter"]["maxLeverage"] == "100.00"


async def test_instruments_can_be_paged_and_chosen(client: RawClient) -> None:
    path = "/v5/market/instruments-info"
    first = (await client.get(path, category="linear", limit=1)).result
    cursor = first["nextPageCursor"]
    second = (await client.get(path, category="linear", limit=1, cursor=cursor)).result
    by_coin = (await client.get(path, category="linear", baseCoin="XRP")).rows

    assert [row["symbol"] for row in first["list"] + second["list"]] == ["BTCUSDT", "XRPUSDT"]
    assert second["nextPageCursor"] == ""
    assert [row["symbol"] for row in by_coin] == ["XRPUSDT"]


@pytest.mark.parametrize("category", ["spot", "inverse", "option", ""])
async def test_other_categories_are_refused(client: RawClient, category: str) -> None:
    answer = await client.get("/v5/market/tickers", category=category)

    assert answer.code == 10001


async def test_a_ticker_follows_the_price(client: RawClient, control: Control) -> None:
    await control.do("price", symbol="BTCUSDT", last="51000", mark="50990", index="50980")
    row = (await client.get("/v5/market/tickers", category="linear", symbol="BTCUSDT")).rows[0]

    assert (row["lastPrice"], row["markPrice"], row["indexPrice"]) == (
        "51000.00",
        "50990.00",
        "50980.00",
    )
    assert (row["highPrice24h"], row["lowPrice24h"]) == ("51000.00", "50000.00")
    assert (row["prevPrice24h"], row["price24hPcnt"]) == ("50000.00", "0.02")
    assert row["fundingIntervalHour"] == "8"
    assert int(row["nextFundingTime"]) % 28_800_000 == 0


async def test_volume_and_open_interest_count_what_was_traded(
    client: RawClient, control: Control
) -> None:
    await client.place(qty="0.2")
    await control.do("trade", symbol="BTCUSDT", price="50000", quantity="0.3", side="Sell")
    row = (await client.get("/v5/market/tickers", category="linear", symbol="BTCUSDT")).rows[0]

    assert row["openInterest"] == "0.2"
    assert (row["volume24h"], row["turnover24h"]) == ("0.5", "25000")


async def test_trades_come_newest_first_with_the_takers_side(
    client: RawClient, control: Control
) -> None:
    await control.do("trade", symbol="BTCUSDT", price="50000", quantity="0.3", side="Sell")
    await client.place(qty="0.2")
    path = "/v5/market/recent-trade"
    rows = (await client.get(path, category="linear", symbol="BTCUSDT")).rows
    newest = (await client.get(path, category="linear", symbol="BTCUSDT", limit=1)).rows

    assert [(row["side"], row["size"]) for row in rows] == [("Buy", "0.200"), ("Sell", "0.300")]
    assert newest == rows[:1]


async def test_a_book_is_cut_to_the_depth_asked_for(client: RawClient, control: Control) -> None:
    bids = [[str(49_999 - number), "1"] for number in range(30)]
    asks = [[str(50_001 + number), "2"] for number in range(30)]
    await control.do("book", symbol="BTCUSDT", bids=bids, asks=asks)
    path = "/v5/market/orderbook"
    default = (await client.get(path, category="linear", symbol="BTCUSDT")).result
    three = (await client.get(path, category="linear", symbol="BTCUSDT", limit=3)).result

    assert (len(default["b"]), len(default["a"])) == (25, 25)
    assert three["b"] == [["49999.00", "1.000"], ["49998.00", "1.000"], ["49997.00", "1.000"]]
    assert three["a"][0] == ["50001.00", "2.000"]


async def test_an_order_eats_into_the_book(client: RawClient, control: Control) -> None:
    await control.do(
        "book", symbol="BTCUSDT", bids=[["49999", "1"]], asks=[["50001", "0.1"], ["50002", "1"]]
    )
    order_id = (await client.place(qty="0.15")).result["orderId"]
    fills = (await client.get("/v5/execution/list", category="linear", orderId=order_id)).rows
    book = (await client.get("/v5/market/orderbook", category="linear", symbol="BTCUSDT")).result

    assert [(row["execPrice"], row["execQty"]) for row in fills] == [
        ("50002.00", "0.050"),
        ("50001.00", "0.100"),
    ]
    assert book["a"] == [["50002.00", "0.950"]]


async def test_the_band_is_the_venues_formula(client: RawClient) -> None:
    result = (await client.get("/v5/market/price-limit", symbol="BTCUSDT")).result

    # X = 1 %, Y = 2 %, mark = index = 50,000 and no premium.
    assert (result["buyLmt"], result["sellLmt"]) == ("50500.00", "49500.00")


async def test_risk_tiers_make_the_maintenance_margin_continuous(client: RawClient) -> None:
    rows = (await client.get("/v5/market/risk-limit", category="linear", symbol="BTCUSDT")).rows
    margins = [
        (
            Decimal(low["riskLimitValue"]) * Decimal(low["maintenanceMargin"])
            - Decimal(low["mmDeduction"]),
            Decimal(low["riskLimitValue"]) * Decimal(high["maintenanceMargin"])
            - Decimal(high["mmDeduction"]),
        )
        for low, high in zip(rows, rows[1:], strict=False)
    ]

    assert rows[0]["isLowestRisk"] == 1
    assert (rows[0]["riskLimitValue"], rows[0]["maintenanceMargin"]) == ("2000000", "0.005")
    assert all(below == above for below, above in margins)


async def test_funding_history_needs_an_end_for_a_start(client: RawClient) -> None:
    path = "/v5/market/funding/history"
    start_only = await client.get(path, category="linear", symbol="BTCUSDT", startTime=1)
    end_only = await client.get(path, category="linear", symbol="BTCUSDT", endTime=1)

    assert start_only.code == 10001
    assert end_only.rows == []


def past_minutes(minutes: int) -> SteadyPrices:
    """A past of one step at each quarter minute: 1, 2, 3 ... back from the start."""
    steps = [
        PriceStep(
            symbol="BTCUSDT",
            offset=timedelta(seconds=-15 * number),
            last=Decimal(50_000 - number % 20_000),
            mark=Decimal(40_000 - number % 20_000),
            index=Decimal(30_000 - number % 20_000),
            trade=Trade(
                price=Decimal(50_000 - number % 20_000), quantity=Decimal("0.5"), side="Buy"
            ),
        )
        for number in range(1, 4 * minutes + 1)
    ]
    return SteadyPrices(before={"BTCUSDT": steps})


async def test_candles_grow_and_close_by_the_clock(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    clock = ManualClock(NOON)
    simulator = await start_simulator(clock)
    client = RawClient(session, simulator.rest_url, clock=clock)
    control = Control(session, simulator.control_url)
    await control.price("BTCUSDT", "50200")
    await control.price("BTCUSDT", "49900")
    await control.do("trade", symbol="BTCUSDT", price="50100", quantity="0.4", side="Buy")
    await clock.advance(timedelta(minutes=2, seconds=30))
    await control.price("BTCUSDT", "50300")
    rows = (
        await client.get("/v5/market/kline", category="linear", symbol="BTCUSDT", interval="1")
    ).rows

    noon = milliseconds(NOON)
    assert rows == [
        [str(noon + 120_000), "50100.00", "50300.00", "50100.00", "50300.00", "0", "0"],
        [str(noon + 60_000), "50100.00", "50100.00", "50100.00", "50100.00", "0", "0"],
        [str(noon), "50000.00", "50200.00", "49900.00", "50100.00", "0.4", "20040"],
    ]


async def test_candles_reach_back_into_the_sources_past(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    clock = ManualClock(NOON)
    simulator = await start_simulator(clock, source=past_minutes(60))
    client = RawClient(session, simulator.rest_url, clock=clock)
    path = "/v5/market/kline"
    minutes = await client.get(path, category="linear", symbol="BTCUSDT", interval="1", limit=3)
    hours = await client.get(path, category="linear", symbol="BTCUSDT", interval="60", limit=2)

    noon = milliseconds(NOON)
    assert minutes.rows[1] == [
        str(noon - 60_000),
        "49996.00",
        "49999.00",
        "49996.00",
        "49999.00",
        "2",
        "99995",
    ]
    assert hours.rows[1][:5] == [
        str(noon - 3_600_000),
        "49760.00",
        "49999.00",
        "49760.00",
        "49999.00",
    ]


async def test_others_are_answered_while_a_long_past_is_read(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    simulator = await start_simulator(source=past_minutes(14 * 1440))
    client = RawClient(session, simulator.rest_url)
    long = asyncio.create_task(
        client.get(
            "/v5/market/kline", category="linear", symbol="BTCUSDT", interval="60", limit=1000
        )
    )
    await client.get("/v5/market/time")
    await client.get("/v5/market/time")

    assert not long.done()
    # Two weeks of hours are kept, and the running one.
    assert len((await long).rows) in (336, 337)


async def test_mark_and_index_have_candles_of_five_columns(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    clock = ManualClock(NOON)
    simulator = await start_simulator(clock, source=past_minutes(5))
    client = RawClient(session, simulator.rest_url, clock=clock)
    query = {"category": "linear", "symbol": "BTCUSDT", "interval": "1", "limit": 2}
    mark = (await client.get("/v5/market/mark-price-kline", **query)).rows
    index = (await client.get("/v5/market/index-price-kline", **query)).rows

    assert mark[1][1:] == ["39996.00", "39999.00", "39996.00", "39999.00"]
    assert index[1][1:] == ["29996.00", "29999.00", "29996.00", "29999.00"]


async def test_candles_can_be_asked_for_by_their_times(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    clock = ManualClock(NOON)
    simulator = await start_simulator(clock, source=past_minutes(60))
    client = RawClient(session, simulator.rest_url, clock=clock)
    noon = milliseconds(NOON)
    start, end = noon - 30 * 60_000, noon - 20 * 60_000
    rows = (
        await client.get(
            "/v5/market/kline",
            category="linear",
            symbol="BTCUSDT",
            interval="5",
            start=start,
            end=end,
        )
    ).rows

    assert [int(row[0]) for row in rows] == [end, end - 300_000, start]


@pytest.mark.parametrize("interval", ["1m", "2", "", "60m"])
async def test_an_interval_the_venue_does_not_have_is_refused(
    client: RawClient, interval: str
) -> None:
    answer = await client.get(
        "/v5/market/kline", category="linear", symbol="BTCUSDT", interval=interval
    )

    assert answer.code == 10001


async def test_prices_move_by_the_source_at_its_speed(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    clock = ManualClock(NOON)
    steps = [price_step("BTCUSDT", str(50_000 + 100 * number), number) for number in range(1, 5)]
    simulator = await start_simulator(
        clock, source=SteadyPrices(then=steps), stepping=False, speed=Decimal(2)
    )
    client = RawClient(session, simulator.rest_url, clock=clock)

    async def last() -> str:
        answer = await client.get("/v5/market/tickers", category="linear", symbol="BTCUSDT")
        price: str = answer.rows[0]["lastPrice"]
        return price

    at_first = await last()
    await clock.advance(timedelta(seconds=1))
    after_one = await last()
    await clock.advance(timedelta(seconds=5))
    at_last = await last()

    assert [at_first, after_one, at_last] == ["50000.00", "50200.00", "50400.00"]
