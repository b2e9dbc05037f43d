"""The public stream: topics, snapshots and deltas, acknowledgements, pings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from botrunner.service.clock import ManualClock
from botrunner.simulator.server import Simulator
from support.raw_bybit import Control, OpenStream, RawClient, RawStream, StartSimulator

BOOK = {
    "symbol": "BTCUSDT",
    "bids": [["49999", "1"], ["49998", "2"]],
    "asks": [["50001", "1"], ["50002", "2"]],
}


@pytest.fixture
async def stream(simulator: Simulator, open_stream: OpenStream) -> RawStream:
    return await open_stream(simulator.public_url)


async def test_an_acknowledgement_echoes_the_request_and_comes_before_the_data(
    stream: RawStream,
) -> None:
    await stream.send(op="subscribe", req_id="mine", args=["tickers.BTCUSDT", "kline.1.BTCUSDT"])
    frames = [await stream.next() for _ in range(3)]

    assert frames[0]["op"] == "subscribe"
    assert (frames[0]["success"], frames[0]["req_id"]) == (True, "mine")
    assert {frame["topic"] for frame in frames[1:]} == {"tickers.BTCUSDT", "kline.1.BTCUSDT"}


UNKNOWN_TOPICS = [
    "tickers.btcusdt",
    "tickers.ETHUSDT",
    "orderbook.25.BTCUSDT",
    "orderbook.500.BTCUSDT",
    "liquidation.BTCUSDT",
    "kline.1m.BTCUSDT",
    "order",
    "BTCUSDT",
]


@pytest.mark.parametrize("topic", UNKNOWN_TOPICS)
async def test_a_topic_that_is_not_served_is_refused_by_name(stream: RawStream, topic: str) -> None:
    refusal = await stream.subscribe(topic)

    assert refusal["success"] is False
    assert refusal["ret_msg"] == f"error:handler not found,topic:{topic}"
    assert refusal["req_id"] == "r1"


async def test_one_bad_topic_refuses_the_whole_request(stream: RawStream, control: Control) -> None:
    refusal = await stream.subscribe("tickers.BTCUSDT", "tickers.NOTHING")
    state = await control.read("state")

    assert refusal["success"] is False
    assert [line["topics"] for line in state["connections"]] == [[]]


async def test_a_topic_given_as_an_object_is_refused(stream: RawStream) -> None:
    await stream.send(op="subscribe", req_id="x", args=[{"channel": "tickers"}])
    refusal = await stream.next()

    assert refusal["success"] is False
    assert refusal["ret_msg"].startswith("error:handler not found,topic:")


async def test_a_second_subscription_to_the_same_topic_is_refused(stream: RawStream) -> None:
    await stream.subscribe("tickers.BTCUSDT")
    refusal = await stream.subscribe("tickers.BTCUSDT")

    assert refusal["ret_msg"] == "error:already subscribed,topic:tickers.BTCUSDT"


async def test_an_operation_that_is_unknown_is_refused(stream: RawStream) -> None:
    await stream.send(op="dance", req_id="x")

    assert (await stream.next())["ret_msg"] == "error:invalid op"


async def test_a_message_that_is_no_json_is_refused_and_the_connection_lives(
    stream: RawStream,
) -> None:
    await stream.socket.send_str("hello")
    refusal = await stream.next()
    await stream.send(op="ping")
    pong = await stream.next()

    assert refusal["success"] is False
    assert pong["ret_msg"] == "pong"


async def test_topics_of_one_connection_are_at_most_21000_characters(stream: RawStream) -> None:
    await stream.send(op="subscribe", req_id="x", args=["tickers.BTCUSDT"] * 1401)
    refusal = await stream.next()

    assert refusal["ret_msg"] == "error:args size >21000"


async def test_a_ping_is_answered_in_the_public_form(stream: RawStream) -> None:
    await stream.send(op="ping", req_id="p1")
    pong = await stream.next()

    assert (pong["success"], pong["ret_msg"], pong["op"], pong["req_id"]) == (
        True,
        "pong",
        "ping",
        "p1",
    )


async def test_a_protocol_ping_is_answered_with_its_own_words(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(simulator.public_url, autoping=False) as socket:
        await socket.ping(b"are you there")
        message = await socket.receive()

    assert (message.type, bytes(message.data)) == (aiohttp.WSMsgType.PONG, b"are you there")


async def test_a_client_that_waits_for_pongs_stays_connected(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    async with session.ws_connect(simulator.public_url, heartbeat=0.1) as socket:
        stream = RawStream(socket)
        await stream.subscribe("kline.1.BTCUSDT")
        # Three candles are two seconds: twenty heartbeats.
        for _ in range(3):
            await stream.until_topic("kline.1.BTCUSDT")

        assert not socket.closed


async def test_a_ticker_is_one_snapshot_and_then_only_what_changed(
    stream: RawStream, control: Control
) -> None:
    await stream.subscribe("tickers.BTCUSDT")
    snapshot = await stream.until_topic("tickers.BTCUSDT")
    await control.do("price", symbol="BTCUSDT", last="50100", mark="50000", index="50000")
    delta = await stream.until_topic("tickers.BTCUSDT")

    assert (snapshot["type"], delta["type"]) == ("snapshot", "delta")
    assert snapshot["data"]["lastPrice"] == "50000.00"
    assert delta["data"]["lastPrice"] == "50100.00"
    assert delta["data"]["symbol"] == "BTCUSDT"
    assert "markPrice" not in delta["data"]
    assert "fundingRate" not in delta["data"]
    assert delta["cs"] > snapshot["cs"]


async def test_a_ticker_says_nothing_while_nothing_changes(
    stream: RawStream, control: Control
) -> None:
    await stream.subscribe("tickers.BTCUSDT")
    await stream.until_topic("tickers.BTCUSDT")
    await control.price("BTCUSDT", "50000")
    await control.price("BTCUSDT", "50001")
    frame = await stream.until_topic("tickers.BTCUSDT")

    assert frame["data"]["lastPrice"] == "50001.00"


async def test_changes_within_a_tenth_of_a_second_come_as_one(
    stream: RawStream, control: Control
) -> None:
    await stream.subscribe("tickers.BTCUSDT")
    await stream.until_topic("tickers.BTCUSDT")
    for price in ("50001", "50002", "50003"):
        await control.price("BTCUSDT", price)
    frame = await stream.until(lambda frame: frame["data"].get("lastPrice") == "50003.00")
    told = [each for each in stream.frames if each.get("type") == "delta"]

    assert frame in told
    assert len(told) < 3


def applied(book: dict[str, str], changes: list[list[str]]) -> dict[str, str]:
    """A side of a book after a delta, by the venue's rule: size 0 deletes."""
    after = book | {price: size for price, size in changes}
    return {price: size for price, size in after.items() if size != "0"}


@pytest.mark.parametrize("depth", [50, 200, 1000])
async def test_a_book_is_a_snapshot_and_deltas_that_add_up(
    stream: RawStream, control: Control, depth: int
) -> None:
    topic = f"orderbook.{depth}.BTCUSDT"
    await control.do("book", **BOOK)
    await stream.subscribe(topic)
    snapshot = await stream.until_topic(topic, "snapshot")
    await control.do("book", **(BOOK | {"bids": [["49999", "3"], ["49997", "5"]]}))
    first = await stream.until_topic(topic, "delta")
    await control.do("book", **(BOOK | {"bids": [["49997", "5"]]}))
    second = await stream.until_topic(topic, "delta")

    start = dict(snapshot["data"]["b"])
    assert start == {"49999.00": "1.000", "49998.00": "2.000"}
    assert ["49998.00", "0"] in first["data"]["b"]
    assert first["data"]["a"] == []
    middle = applied(start, first["data"]["b"])
    assert middle == {"49999.00": "3.000", "49997.00": "5.000"}
    assert applied(middle, second["data"]["b"]) == {"49997.00": "5.000"}
    assert [first["data"]["u"], second["data"]["u"]] == [
        snapshot["data"]["u"] + 1,
        snapshot["data"]["u"] + 2,
    ]


async def test_depth_one_knows_snapshots_only_and_repeats_them_when_it_is_silent(
    stream: RawStream, control: Control
) -> None:
    await control.do("book", **BOOK)
    await stream.subscribe("orderbook.1.BTCUSDT")
    first = await stream.until_topic("orderbook.1.BTCUSDT")
    await control.do("book", **(BOOK | {"bids": [["49999.5", "1"]]}))
    changed = await stream.until_topic("orderbook.1.BTCUSDT")
    repeated = await stream.until_topic("orderbook.1.BTCUSDT")

    assert [first["type"], changed["type"], repeated["type"]] == ["snapshot"] * 3
    assert changed["data"]["b"] == [["49999.50", "1.000"]]
    assert changed["data"]["u"] == first["data"]["u"] + 1
    assert repeated["data"] == changed["data"]


async def test_a_newcomer_gets_a_snapshot_that_the_next_delta_fits(
    stream: RawStream, simulator: Simulator, open_stream: OpenStream, control: Control
) -> None:
    topic = "orderbook.50.BTCUSDT"
    await control.do("book", **BOOK)
    await stream.subscribe(topic)
    await stream.until_topic(topic, "snapshot")
    await control.do("book", **(BOOK | {"bids": [["49999", "3"]]}))
    await stream.until_topic(topic, "delta")
    newcomer = await open_stream(simulator.public_url)
    await newcomer.subscribe(topic)
    snapshot = await newcomer.until_topic(topic)
    await control.do("book", **(BOOK | {"bids": [["49999", "4"]]}))
    delta = await newcomer.until_topic(topic)
    others = await stream.until_topic(topic)

    assert snapshot["type"] == "snapshot"
    assert snapshot["data"]["b"] == [["49999.00", "3.000"]]
    assert delta["data"]["u"] == snapshot["data"]["u"] + 1
    assert others == delta


async def test_trades_are_told_with_the_takers_side_and_the_way_of_the_price(
    stream: RawStream, control: Control, client: RawClient
) -> None:
    await stream.subscribe("publicTrade.BTCUSDT")
    await control.do("trade", symbol="BTCUSDT", price="50001", quantity="0.5", side="Buy")
    up = (await stream.until_topic("publicTrade.BTCUSDT"))["data"][0]
    await control.do("trade", symbol="BTCUSDT", price="50000", quantity="0.5", side="Sell")
    down = (await stream.until_topic("publicTrade.BTCUSDT"))["data"][0]
    await client.place(qty="0.2")
    own = (await stream.until_topic("publicTrade.BTCUSDT"))["data"][0]

    assert (up["S"], up["L"], up["p"], up["v"]) == ("Buy", "PlusTick", "50001.00", "0.500")
    assert (down["S"], down["L"]) == ("Sell", "MinusTick")
    assert (own["S"], own["v"]) == ("Buy", "0.200")


async def test_a_candle_is_sent_running_and_once_confirmed(
    start_simulator: StartSimulator, session: aiohttp.ClientSession, open_stream: OpenStream
) -> None:
    clock = ManualClock(datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC))
    simulator = await start_simulator(clock)
    control = Control(session, simulator.control_url)
    stream = await open_stream(simulator.public_url)
    await stream.subscribe("kline.1.BTCUSDT")
    await control.price("BTCUSDT", "50200")
    running = await stream.until(lambda frame: _kline(frame).get("high") == "50200.00")
    await clock.advance(timedelta(minutes=1))
    await control.price("BTCUSDT", "50300")
    closed = await stream.until(lambda frame: bool(_kline(frame).get("confirm")))
    following = await stream.until_topic("kline.1.BTCUSDT")

    assert _kline(running)["confirm"] is False
    assert (_kline(closed)["start"], _kline(closed)["close"]) == (
        _kline(running)["start"],
        "50200.00",
    )
    assert _kline(closed)["end"] == _kline(closed)["start"] + 59_999
    assert _kline(following)["start"] == _kline(closed)["start"] + 60_000
    assert _kline(following)["close"] == "50300.00"


def _kline(frame: Any) -> Any:
    return frame["data"][0] if str(frame.get("topic", "")).startswith("kline") else {}


async def test_after_the_end_of_a_subscription_nothing_more_comes(
    stream: RawStream, control: Control
) -> None:
    await stream.subscribe("tickers.BTCUSDT", "publicTrade.BTCUSDT")
    await stream.until_topic("tickers.BTCUSDT")
    await stream.send(op="unsubscribe", req_id="u", args=["tickers.BTCUSDT"])
    ended = await stream.until(lambda frame: frame.get("op") == "unsubscribe")
    await control.price("BTCUSDT", "50100")
    await control.do("trade", symbol="BTCUSDT", price="50100", quantity="1", side="Buy")
    await stream.until_topic("publicTrade.BTCUSDT")
    again = await stream.subscribe("tickers.BTCUSDT")

    assert ended["success"] is True
    assert [frame["type"] for frame in stream.frames if _is_ticker(frame)] == ["snapshot"]
    assert again["success"] is True


def _is_ticker(frame: Any) -> bool:
    return str(frame.get("topic")) == "tickers.BTCUSDT"


async def test_a_stream_address_asked_by_http_says_what_it_speaks(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    async with session.get(simulator.rest_url + "/v5/public/linear") as response:
        text = await response.text()

    assert response.status == 400
    assert "WebSocket" in text
