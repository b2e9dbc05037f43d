"""The private stream: sign-in, topics, and what is told in which order."""

from typing import Any

import pytest

from botrunner.simulator.bybit.auth import uid_of
from botrunner.simulator.server import Simulator
from support.raw_bybit import Control, OpenStream, RawClient, RawStream


@pytest.fixture
async def stranger(simulator: Simulator, open_stream: OpenStream) -> RawStream:
    """A private connection that has not signed in."""
    return await open_stream(simulator.private_url)


async def test_a_sign_in_opens_the_account(stranger: RawStream, control: Control) -> None:
    reply = await stranger.sign_in("carol")
    state = await control.read("state")

    assert (reply["success"], reply["ret_msg"], reply["op"]) == (True, "", "auth")
    assert state["accounts"] == {"carol": uid_of("carol")}
    assert state["connections"][0]["account"] == "carol"


async def test_an_expiry_in_the_past_is_params_error(stranger: RawStream) -> None:
    reply = await stranger.sign_in(expires_in_ms=-1)

    assert (reply["success"], reply["ret_msg"]) == (False, "Params Error")


SIGN_INS: list[tuple[list[Any], str]] = [
    (["production-key", 99999999999999, "0" * 64], "Invalid apikey"),
    (["sim-alice", 99999999999999, "0" * 64], "Error sign, please check your signature"),
    (["sim-alice"], "Params Error"),
    (["sim-alice", "tomorrow", "0" * 64], "Params Error"),
]


@pytest.mark.parametrize(("arguments", "text"), SIGN_INS)
async def test_a_bad_sign_in_is_refused(
    stranger: RawStream, arguments: list[Any], text: str
) -> None:
    await stranger.send(op="auth", args=arguments)
    reply = await stranger.next()

    assert (reply["success"], reply["ret_msg"]) == (False, text)


async def test_nothing_can_be_heard_before_the_sign_in(stranger: RawStream) -> None:
    refusal = await stranger.subscribe("order")

    assert refusal["success"] is False


@pytest.mark.parametrize(
    "topic", ["position.linear.BTCUSDT", "order.BTCUSDT", "wallet.linear", "tickers.BTCUSDT"]
)
async def test_no_topic_of_one_symbol_exists(stranger: RawStream, topic: str) -> None:
    await stranger.sign_in()
    refusal = await stranger.subscribe("order", topic)

    assert refusal["ret_msg"] == f"error:handler not found,topic:{topic}"


async def test_a_ping_is_answered_in_the_private_form(stranger: RawStream) -> None:
    await stranger.send(op="ping", req_id="p")
    pong = await stranger.next()

    assert (pong["op"], pong["req_id"]) == ("pong", "p")
    assert int(pong["args"][0]) > 1_700_000_000_000


async def test_nothing_is_sent_to_begin_with(
    client: RawClient, simulator: Simulator, open_stream: OpenStream, control: Control
) -> None:
    await client.place()
    stream = await open_stream(simulator.private_url)
    await stream.sign_in()
    await stream.subscribe("position", "wallet")
    await control.price("BTCUSDT", "50100")
    await stream.send(op="ping")
    await stream.until(lambda frame: frame.get("op") == "pong")

    assert [frame for frame in stream.frames if "topic" in frame] == []


async def test_a_fill_is_told_as_one_match_and_then_what_it_did(
    client: RawClient, private: RawStream
) -> None:
    order_id = (await client.place(orderLinkId="mine")).result["orderId"]
    position = await private.until_topic("position")
    wallet = await private.until_topic("wallet")
    execution, order = by_topic(private, "execution"), by_topic(private, "order")

    match = f"{uid_of('alice')}_BTCUSDT_{execution['data'][0]['seq']}"
    assert (execution["id"], order["id"]) == (match, match)
    assert execution["creationTime"] == order["creationTime"]
    assert position["creationTime"] == wallet["creationTime"] == order["creationTime"] + 1
    assert position["id"] == f"{uid_of('alice')}_position_{position['creationTime']}"
    assert wallet["id"] == f"{uid_of('alice')}_wallet_{wallet['creationTime']}"
    fill = execution["data"][0]
    assert (fill["orderId"], fill["orderLinkId"], fill["execFee"]) == (order_id, "mine", "0.275")
    assert (fill["category"], fill["isMaker"], fill["closedSize"]) == ("linear", False, "0.000")
    assert "positionIdx" not in fill
    assert order["data"][0]["orderStatus"] == "Filled"
    assert (position["data"][0]["size"], position["data"][0]["entryPrice"]) == ("0.010", "50000")
    assert wallet["data"][0]["coin"][0]["walletBalance"] == "9999.725"


def by_topic(stream: RawStream, topic: str) -> Any:
    """The one frame of a topic that has come."""
    found = [frame for frame in stream.frames if frame.get("topic") == topic]
    assert len(found) == 1, found
    return found[0]


async def test_a_resting_order_is_told_then_position_and_wallet_even_unchanged(
    client: RawClient, private: RawStream
) -> None:
    await client.place_limit("49900", orderLinkId="resting")
    frames = [await private.next() for _ in range(3)]

    assert [frame["topic"] for frame in frames] == ["order", "position", "wallet"]
    assert frames[0]["data"][0]["orderStatus"] == "New"
    assert frames[1]["data"][0]["size"] == "0"
    assert frames[2]["data"][0]["coin"][0]["totalOrderIM"] != "0"


async def test_a_cancellation_is_told_with_its_reason(
    client: RawClient, private: RawStream
) -> None:
    order_id = await client.place_limit("49900")
    await private.until_topic("wallet")
    await client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderId=order_id)
    frames = [await private.next() for _ in range(3)]

    assert [frame["topic"] for frame in frames] == ["order", "position", "wallet"]
    row = frames[0]["data"][0]
    assert (row["orderStatus"], row["cancelType"]) == ("Cancelled", "CancelByUser")
    assert row["rejectReason"] == "EC_PerCancelRequest"


async def test_a_triggered_stop_is_told_with_its_sibling_in_the_same_message(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await client.place(takeProfit="55000", stopLoss="49000")
    await private.until_topic("wallet")
    await control.price("BTCUSDT", "49000")
    order = await private.until_topic("order")

    assert [(row["stopOrderType"], row["orderStatus"]) for row in order["data"]] == [
        ("StopLoss", "Triggered"),
        ("StopLoss", "Filled"),
        ("TakeProfit", "Deactivated"),
    ]
    assert order["data"][2]["cancelType"] == "CancelByTpSlTsClear"
    assert order["data"][1]["createType"] == "CreateByStopLoss"
    # Worked by hand: -0.01 * 1000 - 0.01 * 50000 * 0.00055 - 0.01 * 49000 * 0.00055.
    assert order["data"][1]["closedPnl"] == "-10.5445"


async def test_the_result_in_an_execution_is_gross_of_fees(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await client.place()
    await control.price("BTCUSDT", "51000")
    await client.place(side="Sell", reduceOnly=True)
    await private.until_topic("execution")
    execution = await private.until_topic("execution")

    assert execution["data"][0]["execPnl"] == "10"
    assert execution["data"][0]["closedSize"] == "0.010"


async def test_the_fast_topic_has_trades_only_and_names_a_makers_order_by_its_id_alone(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await client.place_limit("49900", orderLinkId="maker")
    await control.price("BTCUSDT", "49900")
    fast = await private.until_topic("execution.fast")
    await control.do("funding", symbol="BTCUSDT")
    await private.until(lambda frame: _is_funding(frame))

    assert "id" not in fast
    assert (fast["data"][0]["isMaker"], fast["data"][0]["orderLinkId"]) == (True, "")
    assert len([frame for frame in private.frames if frame.get("topic") == "execution.fast"]) == 1


def _is_funding(frame: Any) -> bool:
    is_execution = str(frame.get("topic")) == "execution"
    return is_execution and str(frame["data"][0]["execType"]) == "Funding"


async def test_funding_is_told_as_an_execution_and_a_wallet(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await client.place(qty="0.1")
    await private.until_topic("wallet")
    await control.do("funding", symbol="BTCUSDT", rate="-0.0001")
    execution = (await private.until_topic("execution"))["data"][0]
    wallet = (await private.until_topic("wallet"))["data"][0]

    assert (execution["execType"], execution["orderType"]) == ("Funding", "UNKNOWN")
    assert execution["execFee"] == "-0.5"
    assert wallet["coin"][0]["walletBalance"] == "9997.75"


async def test_a_move_of_the_price_alone_is_told_to_nobody(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await client.place()
    await private.until_topic("wallet")
    before = len(private.frames)
    await control.price("BTCUSDT", "50100")
    await private.send(op="ping")
    await private.until(lambda frame: frame.get("op") == "pong")

    assert len(private.frames) == before + 1


async def test_an_account_hears_nothing_of_others(
    client: RawClient, simulator: Simulator, open_stream: OpenStream
) -> None:
    stream = await open_stream(simulator.private_url)
    await stream.sign_in("bob")
    await stream.subscribe("order", "wallet")
    await client.place()
    await stream.send(op="ping")
    await stream.until(lambda frame: frame.get("op") == "pong")

    assert [frame for frame in stream.frames if "topic" in frame] == []


async def test_the_form_with_a_category_says_the_same(
    client: RawClient, stranger: RawStream
) -> None:
    await stranger.sign_in()
    accepted = await stranger.subscribe("order.linear", "position.linear")
    await client.place()
    order = await stranger.until_topic("order.linear")

    assert accepted["success"] is True
    assert order["data"][0]["orderStatus"] == "Filled"


async def test_every_connection_of_an_account_hears_everything(
    client: RawClient, private: RawStream, simulator: Simulator, open_stream: OpenStream
) -> None:
    second = await open_stream(simulator.private_url)
    await second.sign_in()
    await second.subscribe("order")
    await client.place()

    assert await second.until_topic("order") == await private.until_topic("order")


async def test_an_order_that_crosses_several_levels_is_one_message_of_several_fills(
    client: RawClient, private: RawStream, control: Control
) -> None:
    asks = [["50001", "0.01"], ["50002", "0.01"], ["50003", "1"]]
    await control.do("book", symbol="BTCUSDT", bids=[["49999", "1"]], asks=asks)
    await client.place(qty="0.03")
    execution = await private.until_topic("execution")

    assert [row["execPrice"] for row in execution["data"]] == ["50001.00", "50002.00", "50003.00"]
    assert [row["leavesQty"] for row in execution["data"]] == ["0.020", "0.010", "0.000"]
    assert len({row["seq"] for row in execution["data"]}) == 1


async def test_a_liquidation_is_told_like_any_other_trade(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await client.post(
        "/v5/position/set-leverage",
        category="linear",
        symbol="BTCUSDT",
        buyLeverage="100",
        sellLeverage="100",
    )
    await client.place(qty="15")
    await private.until_topic("execution")
    await control.price("BTCUSDT", "49500")
    execution = await private.until_topic("execution")
    wallet = await private.until(_has_lost)

    created = {row["createType"] for row in execution["data"]}
    assert created <= {"CreateByLiq", "CreateByTakeOver_PassThrough"}
    assert execution["data"][0]["closedSize"] != "0.000"
    assert execution["creationTime"] <= wallet["creationTime"]


def _has_lost(frame: Any) -> bool:
    is_wallet = str(frame.get("topic")) == "wallet"
    return is_wallet and float(frame["data"][0]["coin"][0]["walletBalance"]) < 9_000
