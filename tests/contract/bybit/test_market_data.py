"""Public market data as pybit reads it, without keys."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pybit.unified_trading import HTTP

from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.prices.candles import read_candles
from botrunner.simulator.prices.frames import read_frames
from botrunner.simulator.prices.load import load_recording
from contract.bybit.clients import http
from contract.bybit.shapes import checked
from contract.bybit.test_orders import XRP
from support.simulator import RunningSimulator, running_simulator

RECORDED = """
step: true
prices:
- {symbol: XRPUSDT, recording: builtin:XRPUSDT-5m, premiumRatio: 0}
"""
BOOK = """
step: true
prices:
- {symbol: XRPUSDT, recording: builtin:XRPUSDT-book}
"""
FIVE_MINUTES_MS = 300_000


@pytest.fixture
def recorded() -> Iterator[RunningSimulator]:
    with running_simulator(RECORDED) as simulator:
        yield simulator


def test_the_time_is_the_real_time(alice: HTTP) -> None:
    """BW-01."""
    answer = alice.get_server_time()
    result = answer["result"]

    assert set(result) == {"timeSecond", "timeNano"}
    assert abs(int(result["timeSecond"]) - time.time_ns() // 10**9) <= 2
    assert result["timeNano"][:10] == result["timeSecond"]
    assert isinstance(answer["time"], int)


def test_contracts_are_described_as_they_are_enforced(alice: HTTP) -> None:
    """BW-02."""
    answer = alice.get_instruments_info(**XRP)
    (row,) = checked("http_get_instruments_linear", answer)["list"]
    xrp = DEFAULT_INSTRUMENTS["XRPUSDT"]

    assert (row["symbol"], row["status"], row["contractType"]) == (
        "XRPUSDT",
        "Trading",
        "LinearPerpetual",
    )
    assert row["priceFilter"]["tickSize"] == str(xrp.tick_size)
    assert row["lotSizeFilter"]["qtyStep"] == str(xrp.quantity_step)
    assert row["lotSizeFilter"]["minNotionalValue"] == "5"
    assert (row["fundingInterval"], row["priceScale"]) == (480, "4")


def test_contracts_come_in_pages() -> None:
    """BW-03."""
    with running_simulator("step: true") as simulator:
        session = http(simulator, "alice")
        first = session.get_instruments_info(category="linear", limit=3)["result"]
        second = session.get_instruments_info(
            category="linear", limit=3, cursor=first["nextPageCursor"]
        )["result"]
    symbols = [row["symbol"] for page in (first, second) for row in page["list"]]

    assert (len(first["list"]), len(second["list"])) == (3, 2)
    assert sorted(symbols) == sorted(DEFAULT_INSTRUMENTS)
    assert second["nextPageCursor"] == ""


def test_a_ticker_has_the_prices_of_the_moment(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-04."""
    simulator.command(
        "price",
        {
            **{"symbol": "XRPUSDT", "last": "2.05", "mark": "2.04", "index": "2.03"},
            **{"bid": "2.0499", "ask": "2.05"},
        },
    )
    (row,) = alice.get_tickers(**XRP)["result"]["list"]

    assert (row["lastPrice"], row["markPrice"], row["indexPrice"]) == ("2.0500", "2.0400", "2.0300")
    assert (row["bid1Price"], row["ask1Price"]) == ("2.0499", "2.0500")
    assert (row["fundingRate"], row["fundingIntervalHour"]) == ("0.0001", "8")
    assert int(row["nextFundingTime"]) % 28_800_000 == 0


def test_candles_of_the_past_are_the_recorded_ones(recorded: RunningSimulator) -> None:
    """BW-05: the past is the mirror image of what comes, so a five-minute candle is turned round.

    The start lies anywhere in a five-minute candle of the clock; one-minute candles are added up
    over the same five minutes before it.
    """
    answer = http(recorded, "alice").get_kline(**XRP, interval="1", limit=1000)
    rows = checked("http_get_klines_linear", answer)["list"]
    starts = [int(row[0]) for row in rows]

    assert len(rows) == 1000
    assert starts == [starts[0] - 60_000 * age for age in range(1000)]
    recording = load_recording("builtin:XRPUSDT-5m")
    candles = read_candles(recording.name, recording.lines).candles
    highest = max(Decimal(row[2]) for row in rows[1:])
    lowest = min(Decimal(row[3]) for row in rows[1:])
    assert highest == max(candle.high for candle in candles[:200])
    assert lowest == min(candle.low for candle in candles[:200])
    assert all(Decimal(row[3]) <= Decimal(row[1]) <= Decimal(row[2]) for row in rows)


def test_candles_come_in_windows(recorded: RunningSimulator) -> None:
    """BW-06."""
    session = http(recorded, "alice")
    newest = session.get_kline(**XRP, interval="5", limit=3)["result"]["list"]
    before = int(newest[-1][0]) - 1
    older = session.get_kline(**XRP, interval="5", limit=2, end=before)["result"]["list"]

    assert [int(row[0]) for row in older] == [
        int(newest[-1][0]) - FIVE_MINUTES_MS,
        int(newest[-1][0]) - 2 * FIVE_MINUTES_MS,
    ]
    span = session.get_kline(**XRP, interval="5", start=int(older[-1][0]), end=before)
    assert span["result"]["list"] == older


def test_mark_and_index_candles_have_no_volume(recorded: RunningSimulator) -> None:
    """BW-07."""
    session = http(recorded, "alice")
    mark = session.get_mark_price_kline(**XRP, interval="1", limit=2)["result"]["list"]
    index = session.get_index_price_kline(**XRP, interval="1", limit=2)["result"]["list"]

    assert [len(row) for row in mark + index] == [5] * 4


def test_the_book_is_the_recorded_one() -> None:
    """BW-08."""
    recording = load_recording("builtin:XRPUSDT-book")
    frames = read_frames(recording.name, recording.lines).frames
    expected = {side: _levels(frames[0].changes, side) for side in (True, False)}
    with running_simulator(BOOK) as simulator:
        answer = http(simulator, "alice").get_orderbook(**XRP, limit=50)
        result = checked("http_get_orderbook", answer)

    assert [(Decimal(p), Decimal(q)) for p, q in result["b"]] == expected[True][::-1][:50]
    assert [(Decimal(p), Decimal(q)) for p, q in result["a"]] == expected[False][:50]


def _levels(changes: Any, is_bid: bool) -> list[tuple[Decimal, Decimal]]:
    return sorted((each.price, each.after) for each in changes if each.is_bid is is_bid)


def test_trades_of_the_outside_are_listed_newest_first(recorded: RunningSimulator) -> None:
    """BW-09."""
    recorded.command("step", {"count": 4})
    session = http(recorded, "alice")
    rows = checked("http_get_trades_recent", session.get_public_trade_history(**XRP))["list"]

    assert len(rows) >= 3
    times = [int(row["time"]) for row in rows]
    assert times == sorted(times, reverse=True)
    assert {row["side"] for row in rows} <= {"Buy", "Sell"}


def test_risk_limits_are_the_contracts_tiers(alice: HTTP) -> None:
    """BW-57."""
    rows = alice.get_risk_limit(**XRP)["result"]["list"]
    tiers = DEFAULT_INSTRUMENTS["XRPUSDT"].tiers

    assert [Decimal(row["riskLimitValue"]) for row in rows] == [tier.limit for tier in tiers]
    assert [Decimal(row["maintenanceMargin"]) for row in rows] == [
        tier.maintenance_margin_rate for tier in tiers
    ]
    assert [row["isLowestRisk"] for row in rows] == [1] + [0] * (len(tiers) - 1)


def test_the_price_band_is_published(alice: HTTP) -> None:
    """BW-58: with mark and index at 2: 1 % either way."""
    band = alice.get_price_limit(**XRP)["result"]

    assert (band["buyLmt"], band["sellLmt"]) == ("2.0200", "1.9800")


def test_settled_funding_is_history(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-59."""
    simulator.command("funding", {"symbol": "XRPUSDT", "rate": "0.0005"})
    answer = alice.get_funding_rate_history(**XRP)
    (row,) = checked("http_get_funding_history", answer)["list"]

    assert (row["symbol"], row["fundingRate"]) == ("XRPUSDT", "0.0005")
