"""Orders over REST: accepted, refused with the venue's own codes and texts, read back."""

from typing import Any

import pytest

from support.raw_bybit import Control, RawClient

REALTIME = "/v5/order/realtime"


async def open_orders(client: RawClient, **query: object) -> list[Any]:
    answer = await client.get(REALTIME, category="linear", symbol="BTCUSDT", **query)
    return answer.rows


async def test_an_acknowledgement_holds_both_ids_and_nothing_else(client: RawClient) -> None:
    answer = await client.place(orderLinkId="mine-1")

    assert set(answer.result) == {"orderId", "orderLinkId"}
    assert answer.result["orderLinkId"] == "mine-1"


async def test_a_resting_order_can_be_read_amended_and_cancelled(client: RawClient) -> None:
    order_id = await client.place_limit("49900", orderLinkId="mine-1")
    before = (await open_orders(client))[0]
    amended = await client.post(
        "/v5/order/amend",
        category="linear",
        symbol="BTCUSDT",
        orderLinkId="mine-1",
        price="49800.5",
        qty="0.02",
    )
    after = (await open_orders(client))[0]
    cancelled = await client.post(
        "/v5/order/cancel", category="linear", symbol="BTCUSDT", orderId=order_id
    )

    assert (before["price"], before["qty"], before["orderStatus"]) == ("49900.00", "0.010", "New")
    assert amended.result == {"orderId": order_id, "orderLinkId": "mine-1"}
    assert (after["price"], after["qty"], after["orderId"]) == ("49800.50", "0.020", order_id)
    assert cancelled.result["orderId"] == order_id
    assert await open_orders(client) == []


async def test_a_resting_order_prints_the_venues_empty_values(client: RawClient) -> None:
    await client.place_limit("49900")
    row = (await open_orders(client))[0]

    assert row["avgPrice"] == ""
    assert row["cumFeeDetail"] == {}
    assert (row["takeProfit"], row["stopLoss"], row["triggerPrice"]) == ("0", "0", "0")
    assert (row["cancelType"], row["rejectReason"]) == ("UNKNOWN", "EC_NoError")
    assert (row["positionIdx"], row["triggerDirection"], row["smpGroup"]) == (0, 0, 0)
    assert row["leavesValue"] == "499"


async def test_a_market_order_is_filled_at_once_and_lands_in_history(client: RawClient) -> None:
    order_id = (await client.place()).result["orderId"]
    rows = (await client.get("/v5/order/history", category="linear", orderId=order_id)).rows

    assert rows[0]["orderStatus"] == "Filled"
    assert rows[0]["avgPrice"] == "50000"
    assert rows[0]["cumExecFee"] == "0.275"
    assert rows[0]["cumFeeDetail"] == {"USDT": "0.275"}
    assert rows[0]["timeInForce"] == "IOC"


async def test_a_post_only_order_that_would_take_is_accepted_and_cancelled(
    client: RawClient,
) -> None:
    await client.place_limit("50100", timeInForce="PostOnly")
    row = (await client.get("/v5/order/history", category="linear")).rows[0]

    assert row["orderStatus"] == "Cancelled"
    assert row["rejectReason"] == "EC_PostOnlyWillTakeLiquidity"
    assert row["cumExecQty"] == "0"


REFUSED = [
    ({"side": "buy"}, 10001, "params error: side invalid"),
    ({"side": None}, 10001, "params error: side invalid"),
    ({"category": "spot"}, 10001, "params error: category invalid, only linear is simulated"),
    ({"symbol": "btcusdt"}, 10001, "params error: symbol invalid"),
    ({"symbol": "ETHUSDT"}, 10001, "params error: symbol invalid"),
    ({"orderType": "Stop"}, 10001, "params error: orderType invalid"),
    ({"qty": "1e-05"}, 10001, "Qty invalid"),
    ({"qty": 0.01}, 10001, "Qty invalid"),
    ({"qty": ""}, 10001, "Qty invalid"),
    ({"qty": "-0.01"}, 10001, "Qty invalid"),
    ({"qty": "0.0105"}, 10001, "Qty invalid"),
    ({"qty": "0"}, 10001, None),
    ({"qty": "501"}, 10001, "The number of contracts exceeds maximum limit allowed"),
    ({"positionIdx": 1}, 10001, "position idx not match position mode"),
    ({"positionIdx": 3}, 10001, "params error: positionIdx invalid"),
    ({"orderLinkId": "a" * 37}, 10001, "params error: orderLinkId invalid"),
    ({"orderLinkId": "with space"}, 10001, "params error: orderLinkId invalid"),
    ({"timeInForce": "RPI"}, 10001, "params error: timeInForce invalid"),
    ({"tpslMode": "Partial"}, 10001, "params error: tpslMode invalid, only Full is simulated"),
    ({"smpType": "CancelMaker"}, 10001, "params error: smpType invalid, only None is simulated"),
    ({"orderType": "Limit", "price": "50000.05"}, 10001, "params error: price invalid"),
    ({"orderType": "Limit", "price": ""}, 10001, "params error: price invalid"),
    ({"orderType": "Limit", "price": "49000", "qty": "10"}, 110007, "ab not enough for new order"),
    (
        {"orderType": "Limit", "price": "3000", "qty": "0.001", "symbol": "BTCUSDT"},
        110094,
        "Order does not meet minimum order value 5USDT",
    ),
    (
        {"reduceOnly": True, "side": "Sell"},
        110017,
        "current position is zero, cannot fix reduce-only order qty",
    ),
    (
        {"triggerPrice": "49000", "triggerDirection": 1},
        110092,
        "expect Rising, but trigger_price[490000000] <= current[500000000]",
    ),
    (
        {"triggerPrice": "51000", "triggerDirection": 2},
        110093,
        "expect Falling, but trigger_price[510000000] >= current[500000000]",
    ),
    ({"triggerPrice": "51000"}, 10001, "TriggerPrice or TriggerDirection invalid"),
    ({"triggerPrice": "51000", "triggerDirection": 3}, 10001, None),
]


@pytest.mark.parametrize(("changes", "code", "text"), REFUSED)
async def test_a_bad_order_is_refused_with_the_venues_code_and_text(
    client: RawClient, changes: dict[str, object], code: int, text: str | None
) -> None:
    answer = await client.place(**changes)

    assert answer.status == 200
    assert answer.code == code
    assert text is None or answer.body["retMsg"] == text
    assert answer.body["result"] == {}


async def test_a_second_order_of_the_same_link_id_is_110072(client: RawClient) -> None:
    await client.place_limit("49900", orderLinkId="mine-1")
    answer = await client.place(orderLinkId="mine-1")

    assert answer.code == 110072
    assert answer.body["retMsg"] == "OrderLinkedID is duplicate"


@pytest.mark.parametrize("which", [{"orderId": "nothing"}, {"orderLinkId": "nothing"}])
@pytest.mark.parametrize("verb", ["cancel", "amend"])
async def test_an_order_that_is_not_open_is_110001(
    client: RawClient, which: dict[str, str], verb: str
) -> None:
    answer = await client.post(
        f"/v5/order/{verb}", category="linear", symbol="BTCUSDT", price="49000", **which
    )

    assert answer.code == 110001
    assert answer.body["retMsg"] == "order not exists or too late to cancel"


async def test_an_amendment_that_changes_nothing_is_10001(client: RawClient) -> None:
    order_id = await client.place_limit("49900")
    answer = await client.post(
        "/v5/order/amend", category="linear", symbol="BTCUSDT", orderId=order_id, price="49900"
    )

    assert answer.code == 10001
    assert answer.body["retMsg"] == "order not modified"


async def test_an_amendment_without_an_id_is_refused(client: RawClient) -> None:
    answer = await client.post(
        "/v5/order/amend", category="linear", symbol="BTCUSDT", price="49900"
    )

    assert answer.code == 10001


async def test_cancel_all_needs_to_know_of_what(client: RawClient) -> None:
    answer = await client.post("/v5/order/cancel-all", category="linear")

    assert answer.code == 10001


@pytest.mark.parametrize(
    "scope", [{"symbol": "BTCUSDT"}, {"settleCoin": "USDT"}, {"baseCoin": "BTC"}]
)
async def test_cancel_all_names_what_it_cancelled(client: RawClient, scope: dict[str, str]) -> None:
    first = await client.place_limit("49900", orderLinkId="one")
    second = await client.place_limit("49800", orderLinkId="two")
    answer = await client.post("/v5/order/cancel-all", category="linear", **scope)

    assert answer.result["success"] == "1"
    assert sorted(row["orderId"] for row in answer.rows) == sorted([first, second])
    assert await open_orders(client) == []


async def test_cancel_all_of_stop_orders_can_spare_the_stops_of_a_position(
    client: RawClient,
) -> None:
    await client.place(stopLoss="48000")
    await client.place_limit("49900")
    await client.place(triggerPrice="51000", triggerDirection=1, orderLinkId="conditional")
    answer = await client.post(
        "/v5/order/cancel-all",
        category="linear",
        symbol="BTCUSDT",
        orderFilter="StopOrder",
        stopOrderType="Stop",
    )
    left = await open_orders(client)

    assert [row["orderLinkId"] for row in answer.rows] == ["conditional"]
    assert sorted(row["stopOrderType"] for row in left) == ["", "StopLoss"]


async def test_open_orders_come_newest_first_and_only_those_asked_for(client: RawClient) -> None:
    first = await client.place_limit("49900", orderLinkId="one")
    second = await client.place_limit("49800", orderLinkId="two")
    await client.place_limit("0.4900", symbol="XRPUSDT", qty="100", orderLinkId="three")
    by_id = await open_orders(client, orderId=first, orderLinkId="two")
    by_link = await open_orders(client, orderLinkId="two")
    of_symbol = await open_orders(client)
    of_coin = await client.get(REALTIME, category="linear", settleCoin="USDT")
    of_base = await client.get(REALTIME, category="linear", baseCoin="XRP")

    assert [row["orderId"] for row in by_id] == [first]
    assert [row["orderId"] for row in by_link] == [second]
    assert [row["orderId"] for row in of_symbol] == [second, first]
    assert [row["orderLinkId"] for row in of_coin.rows] == ["three", "two", "one"]
    assert [row["orderLinkId"] for row in of_base.rows] == ["three"]


async def test_open_orders_of_nothing_in_particular_are_refused(client: RawClient) -> None:
    answer = await client.get(REALTIME, category="linear")

    assert answer.code == 10001


async def test_closed_orders_are_in_realtime_only_when_asked_for(client: RawClient) -> None:
    await client.place(orderLinkId="filled")

    assert await open_orders(client) == []
    assert [row["orderLinkId"] for row in await open_orders(client, openOnly=1)] == ["filled"]


async def test_a_conditional_order_waits_and_fills_after_its_trigger(
    client: RawClient, control: Control
) -> None:
    await client.place(triggerPrice="51000", triggerDirection=1, orderLinkId="conditional")
    waiting = (await open_orders(client))[0]
    await control.price("BTCUSDT", "51000")
    done = (await client.get("/v5/order/history", category="linear")).rows[0]

    assert waiting["orderStatus"] == "Untriggered"
    assert waiting["triggerPrice"] == "51000.00"
    assert (waiting["triggerDirection"], waiting["triggerBy"]) == (1, "LastPrice")
    assert waiting["stopOrderType"] == "Stop"
    assert done["orderLinkId"] == "conditional"
    assert (done["orderStatus"], done["createType"]) == ("Filled", "CreateByStopOrder")


async def test_a_limit_price_beyond_the_band_is_moved_to_it_or_refused_if_so_set(
    client: RawClient,
) -> None:
    await client.place_limit("48000", side="Sell", orderLinkId="moved")
    moved = (await client.get("/v5/order/history", category="linear")).rows[0]
    await client.post("/v5/account/set-limit-px-action", category="linear", modifyEnable=False)
    low = await client.place(side="Sell", orderType="Limit", price="48000")
    high = await client.place(side="Buy", orderType="Limit", price="52000")

    assert moved["price"] == "49500.00"
    assert low.code == 110120
    assert high.code == 110121


async def test_what_the_ledger_says_is_what_the_lists_say(
    client: RawClient, control: Control
) -> None:
    await client.place()
    await client.place_limit("49900", orderLinkId="resting")
    ledger = await control.ledger()
    wallet = (await client.get("/v5/account/wallet-balance", accountType="UNIFIED")).rows[0]
    position = (await client.get("/v5/position/list", category="linear", symbol="BTCUSDT")).rows[0]
    execution = (await client.get("/v5/execution/list", category="linear")).rows[0]

    assert wallet["coin"][0]["walletBalance"] == ledger["wallet"]["walletBalance"]
    assert wallet["totalAvailableBalance"] == ledger["wallet"]["totalAvailableUsd"]
    assert position["size"] == "0.010"
    assert ledger["positions"][0]["size"] == "0.01"
    assert execution["execId"] == ledger["executions"][0]["executionId"]
    assert [order["linkId"] for order in ledger["openOrders"]] == ["resting"]
    assert (await control.read("conservation"))["difference"] == "0"
