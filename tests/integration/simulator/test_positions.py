"""Positions, leverage, modes and stops over REST."""

from typing import Any

import pytest

from support.raw_bybit import Answer, Control, RawClient

LIST = "/v5/position/list"


async def set_leverage(client: RawClient, buy: str, sell: str) -> Answer:
    return await client.post(
        "/v5/position/set-leverage",
        category="linear",
        symbol="BTCUSDT",
        buyLeverage=buy,
        sellLeverage=sell,
    )


async def switch_mode(client: RawClient, mode: int, **scope: str) -> Answer:
    named = scope or {"symbol": "BTCUSDT"}
    return await client.post("/v5/position/switch-mode", category="linear", mode=mode, **named)


async def set_stop(client: RawClient, **changes: object) -> Answer:
    body: dict[str, object] = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "tpslMode": "Full",
        "positionIdx": 0,
    }
    return await client.post("/v5/position/trading-stop", **(body | changes))


async def rows(client: RawClient, **query: str) -> list[Any]:
    return (await client.get(LIST, category="linear", **query)).rows


async def test_a_flat_position_is_listed_by_symbol_and_not_by_coin(client: RawClient) -> None:
    by_symbol = await rows(client, symbol="BTCUSDT")
    by_coin = await rows(client, settleCoin="USDT")

    assert [(row["side"], row["size"], row["positionIdx"]) for row in by_symbol] == [("", "0", 0)]
    assert (by_symbol[0]["liqPrice"], by_symbol[0]["bustPrice"]) == ("", "")
    assert (by_symbol[0]["takeProfit"], by_symbol[0]["stopLoss"]) == ("0.00", "0.00")
    assert by_coin == []


async def test_positions_of_nothing_in_particular_are_refused(client: RawClient) -> None:
    answer = await client.get(LIST, category="linear")

    assert answer.code == 10001


async def test_a_long_shows_what_it_is_worth_and_what_it_locks(
    client: RawClient, control: Control
) -> None:
    await set_leverage(client, "20", "20")
    await client.place(qty="0.1")
    await control.price("BTCUSDT", "50500")
    row = (await rows(client, settleCoin="USDT"))[0]

    # Worked by hand: F = 0.1 * 50000 * (1 - 1/20) * 0.00055 = 2.6125;
    # IM = 0.1 * 50500 / 20 + F = 255.1125; MM = 0.1 * 50500 * 0.005 + F = 27.8625.
    assert (row["side"], row["size"], row["avgPrice"]) == ("Buy", "0.100", "50000")
    assert (row["positionValue"], row["unrealisedPnl"]) == ("5000", "50")
    assert (row["positionIM"], row["positionMM"]) == ("255.1125", "27.8625")
    assert row["leverage"] == "20"
    assert row["curRealisedPnl"] == "-2.75"


async def test_leverage_that_is_set_already_is_110043(client: RawClient) -> None:
    first = await set_leverage(client, "20", "20")
    second = await set_leverage(client, "20", "20")

    assert first.code == 0
    assert (second.code, second.body["retMsg"]) == (110043, "leverage not modified")


async def test_leverage_above_the_contracts_is_110013_in_hundredths(client: RawClient) -> None:
    answer = await set_leverage(client, "101", "101")

    assert answer.code == 110013
    assert (
        answer.body["retMsg"] == "cannot set leverage [10100] gt maxLeverage [10000] by risk limit"
    )


@pytest.mark.parametrize(("buy", "sell"), [("20", "10"), ("0.5", "0.5"), ("20.005", "20.005")])
async def test_leverage_that_differs_or_is_off_its_range_is_10001(
    client: RawClient, buy: str, sell: str
) -> None:
    answer = await set_leverage(client, buy, sell)

    assert answer.code == 10001


async def test_hedge_mode_has_two_rows_and_takes_orders_by_index(client: RawClient) -> None:
    switched = await switch_mode(client, 3)
    again = await switch_mode(client, 3)
    unnamed = await client.place()
    await client.place(positionIdx=1)
    await client.place(side="Sell", positionIdx=2, qty="0.02")
    found = await rows(client, symbol="BTCUSDT")

    assert switched.code == 0
    assert (again.code, again.body["retMsg"]) == (110025, "Position mode is not modified")
    assert unnamed.code == 10001
    assert [(row["positionIdx"], row["side"], row["size"]) for row in found] == [
        (1, "Buy", "0.010"),
        (2, "Sell", "0.020"),
    ]


async def test_the_mode_cannot_change_with_orders_or_a_position(client: RawClient) -> None:
    order_id = await client.place_limit("49900")
    with_order = await switch_mode(client, 3)
    await client.post("/v5/order/cancel", category="linear", symbol="BTCUSDT", orderId=order_id)
    await client.place()
    with_position = await switch_mode(client, 3)

    assert with_order.code == 110028
    assert with_position.code == 110024


async def test_the_mode_can_change_by_coin(client: RawClient) -> None:
    answer = await switch_mode(client, 3, coin="USDT")
    found = await rows(client, symbol="XRPUSDT")

    assert answer.code == 0
    assert [row["positionIdx"] for row in found] == [1, 2]


async def test_switch_isolated_is_forbidden_on_a_unified_account(client: RawClient) -> None:
    answer = await client.post("/v5/position/switch-isolated", category="linear")

    assert answer.code == 100028


async def test_stops_are_orders_of_the_exchange_that_show_on_the_position(
    client: RawClient,
) -> None:
    await client.place()
    answer = await set_stop(client, takeProfit="55000", stopLoss="48000")
    position = (await rows(client, symbol="BTCUSDT"))[0]
    orders = (await client.get("/v5/order/realtime", category="linear", symbol="BTCUSDT")).rows

    assert answer.code == 0
    assert (position["takeProfit"], position["stopLoss"]) == ("55000.00", "48000.00")
    stop = next(row for row in orders if row["stopOrderType"] == "StopLoss")
    assert (stop["triggerPrice"], stop["price"], stop["orderLinkId"]) == ("48000.00", "0", "")
    assert (stop["reduceOnly"], stop["closeOnTrigger"], stop["tpslMode"]) == (True, True, "Full")
    assert (stop["orderStatus"], stop["timeInForce"]) == ("Untriggered", "IOC")


async def test_a_zero_removes_a_stop(client: RawClient) -> None:
    await client.place()
    await set_stop(client, takeProfit="55000", stopLoss="48000")
    await set_stop(client, takeProfit="0")
    position = (await rows(client, symbol="BTCUSDT"))[0]

    assert (position["takeProfit"], position["stopLoss"]) == ("0.00", "48000.00")


@pytest.mark.parametrize("changes", [{"stopLoss": "48000"}, {}])
async def test_stops_that_change_nothing_are_34040(
    client: RawClient, changes: dict[str, str]
) -> None:
    await client.place(stopLoss="48000")
    answer = await set_stop(client, **changes)

    assert (answer.code, answer.body["retMsg"]) == (34040, "not modified")


WRONG_STOPS = [
    (
        {"stopLoss": "50500"},
        "StopLoss:505000000 set for Buy position should lower than base_price:500000000??LastPrice",
    ),
    (
        {"takeProfit": "49500"},
        "TakeProfit:495000000 set for Buy position should higher than "
        "base_price:500000000??LastPrice",
    ),
    ({"tpslMode": ""}, "params error: tpslMode invalid"),
    ({"tpslMode": "Partial"}, "params error: tpslMode invalid, only Full is simulated"),
    ({"positionIdx": None}, "params error: positionIdx invalid"),
    ({"stopLoss": "4,8"}, "params error: stopLoss invalid"),
    ({"slOrderType": "Limit", "stopLoss": "48000"}, None),
]


@pytest.mark.parametrize(("changes", "text"), WRONG_STOPS)
async def test_a_wrong_stop_is_10001_with_the_venues_text(
    client: RawClient, changes: dict[str, object], text: str | None
) -> None:
    await client.place()
    answer = await set_stop(client, **changes)

    assert answer.code == 10001
    assert text is None or answer.body["retMsg"] == text


async def test_a_stop_on_no_position_is_10001(client: RawClient) -> None:
    answer = await set_stop(client, stopLoss="48000")

    assert answer.code == 10001
    assert answer.body["retMsg"] == "can not set tp/sl/ts for zero position"


async def test_a_triggered_stop_closes_the_position_and_its_result_is_net_of_fees(
    client: RawClient, control: Control
) -> None:
    await client.place(qty="0.1", stopLoss="49000")
    await control.price("BTCUSDT", "49000")
    record = (await client.get("/v5/position/closed-pnl", category="linear")).rows[0]

    # Worked by hand: -0.1 * 1000 - 0.1 * 50000 * 0.00055 - 0.1 * 49000 * 0.00055.
    assert record["closedPnl"] == "-105.445"
    assert (record["openFee"], record["closeFee"]) == ("2.75", "2.695")
    assert (record["side"], record["closedSize"]) == ("Sell", "0.100")
    assert (record["avgEntryPrice"], record["avgExitPrice"]) == ("50000", "49000")
    assert await rows(client, settleCoin="USDT") == []


async def test_a_trailing_stop_follows_the_price(client: RawClient, control: Control) -> None:
    await client.place()
    await set_stop(client, trailingStop="500")
    await control.price("BTCUSDT", "51000")
    orders = (await client.get("/v5/order/realtime", category="linear", symbol="BTCUSDT")).rows
    position = (await rows(client, symbol="BTCUSDT"))[0]

    assert position["trailingStop"] == "500.00"
    assert [(row["stopOrderType"], row["triggerPrice"]) for row in orders] == [
        ("TrailingStop", "50500.00")
    ]


async def test_an_account_at_its_maintenance_margin_is_liquidated(
    client: RawClient, control: Control
) -> None:
    await set_leverage(client, "100", "100")
    await client.place(qty="15")
    await client.place_limit("49600", qty="0.01")
    await control.price("BTCUSDT", "49500")
    executions = (await client.get("/v5/execution/list", category="linear")).rows
    orders = (await client.get("/v5/order/realtime", category="linear", symbol="BTCUSDT")).rows

    assert executions[0]["createType"] in ("CreateByLiq", "CreateByTakeOver_PassThrough")
    assert (executions[0]["side"], executions[-1]["side"]) == ("Sell", "Buy")
    assert orders == []
    assert (await control.read("conservation"))["difference"] == "0"
