"""Every answer and every kind of frame, held against what clients recorded of the venue.

``more`` names keys that the venue's documents have and the recordings leave out.
"""

from typing import Any

import pytest

from botrunner.simulator.server import Simulator
from support.payload_shape import recorded, same_shape
from support.raw_bybit import Control, OpenStream, RawClient, RawStream

ORDER_MORE = {
    "category",
    "createType",
    "cumFeeDetail",
    "marketUnit",
    "parentOrderLinkId",
}
# The envelope's retExtInfo, and the category of a list, are missing in some recordings.
ENVELOPE_MORE = {"retExtInfo", "category", "nextPageCursor", "time"}
ORDER_PUSH_MORE = {"closedPnl", "cumFeeDetail", "isLeverage", "marketUnit", "parentOrderLinkId"}
EXECUTION_PUSH_MORE = {"createType", "execPnl", "extraFees", "feeCurrency"}
POSITION_MORE = {
    "breakEvenPrice",
    "openTime",
    "positionIMByMp",
    "positionMMByMp",
    "sessionAvgPrice",
}
INSTRUMENT_MORE = {
    "category",
    "copyTrading",
    "displayName",
    "isPreListing",
    "lowerFundingRate",
    "preListingInfo",
    "riskParameters",
    "symbolId",
    "symbolType",
    "upperFundingRate",
}
WALLET_MORE = {
    "accountIMRateByMp",
    "accountMMRateByMp",
    "colRes",
    "spotHedgingQty",
    "totalInitialMarginByMp",
    "totalMaintenanceMarginByMp",
}
# The recorded wallet frame is an older one: fewer fields, and one spelled otherwise.
WALLET_PUSH_MORE = WALLET_MORE | {
    "accountType",
    "bonus",
    "collateralSwitch",
    "cumRealisedPnl",
    "locked",
    "marginCollateral",
    "totalPerpUPL",
    "unrealisedPnl",
    "usdValue",
}

TICKER_MORE = {"fundingCap"}

PUBLIC = [
    ("http_get_instruments_linear", "/v5/market/instruments-info", {}, INSTRUMENT_MORE),
    (
        "http_get_instruments_linear_symbol_type",
        "/v5/market/instruments-info",
        {"symbol": "BTCUSDT"},
        INSTRUMENT_MORE | {"maxMktOrderQty"},
    ),
    (
        "http_get_klines_linear",
        "/v5/market/kline",
        {"symbol": "BTCUSDT", "interval": "1"},
        set[str](),
    ),
    ("http_get_orderbook", "/v5/market/orderbook", {"symbol": "BTCUSDT"}, ENVELOPE_MORE),
    (
        "http_get_trades_recent",
        "/v5/market/recent-trade",
        {"symbol": "BTCUSDT"},
        ENVELOPE_MORE | {"isRPITrade", "seq"},
    ),
    (
        "http_get_funding_history",
        "/v5/market/funding/history",
        {"symbol": "BTCUSDT"},
        ENVELOPE_MORE,
    ),
]
PRIVATE = [
    ("http_get_account_info", "/v5/account/info", {}, ENVELOPE_MORE),
    ("http_get_fee_rate", "/v5/account/fee-rate", {}, set[str]()),
    ("http_get_user_query_api", "/v5/user/query-api", {}, set[str]()),
    (
        "http_get_wallet_balance",
        "/v5/account/wallet-balance",
        {"accountType": "UNIFIED"},
        WALLET_MORE,
    ),
    (
        "http_get_wallet_balance_spot_short",
        "/v5/account/wallet-balance",
        {"accountType": "UNIFIED"},
        WALLET_MORE | {"totalOrderIM", "totalPositionIM", "totalPositionMM"},
    ),
    ("http_get_orders_realtime", "/v5/order/realtime", {"symbol": "BTCUSDT"}, ORDER_MORE),
    ("http_get_orders_realtime_tp_sl", "/v5/order/realtime", {"symbol": "BTCUSDT"}, ORDER_MORE),
    ("http_get_orders_history", "/v5/order/history", {}, ORDER_MORE),
    ("http_get_executions", "/v5/execution/list", {}, {"extraFees"}),
    ("http_get_positions", "/v5/position/list", {"symbol": "BTCUSDT"}, POSITION_MORE),
    (
        "http_get_positions_with_open_time",
        "/v5/position/list",
        {"settleCoin": "USDT"},
        POSITION_MORE | {"isReduceOnly", "leverageSysUpdatedTime", "mmrSysUpdatedTime", "seq"},
    ),
]


@pytest.fixture
async def traded(client: RawClient, control: Control) -> RawClient:
    """An account with everything a list can show: a position with stops, orders, fills, funding."""
    await client.place()
    await client.place_limit("49900")
    await client.post(
        "/v5/position/trading-stop",
        category="linear",
        symbol="BTCUSDT",
        tpslMode="Full",
        positionIdx=0,
        takeProfit="55000",
        stopLoss="48000",
    )
    await client.place(side="Sell", qty="0.001", reduceOnly=True)
    await client.post(
        "/v5/order/cancel",
        category="linear",
        symbol="BTCUSDT",
        orderId=await client.place_limit("49000"),
    )
    await control.do("funding", symbol="BTCUSDT")
    return client


@pytest.mark.parametrize(("name", "path", "query", "more"), PUBLIC)
async def test_a_public_answer_has_the_shape_of_the_recorded_one(
    traded: RawClient, name: str, path: str, query: dict[str, str], more: set[str]
) -> None:
    answer = await traded.get(path, category="linear", **query)

    assert answer.code == 0
    assert answer.result.get("list", answer.result), "an empty list proves nothing"
    assert same_shape(recorded(name), answer.body, more=more) == []


@pytest.mark.parametrize(("name", "path", "query", "more"), PRIVATE)
async def test_a_private_answer_has_the_shape_of_the_recorded_one(
    traded: RawClient, name: str, path: str, query: dict[str, str], more: set[str]
) -> None:
    answer = await traded.get(path, category="linear", **query)

    assert answer.code == 0
    assert answer.result.get("list", answer.result), "an empty list proves nothing"
    assert same_shape(recorded(name), answer.body, more=more) == []


async def test_a_funding_payment_is_an_execution_of_the_recorded_shape(traded: RawClient) -> None:
    answer = await traded.get("/v5/execution/list", category="linear", execType="Funding")

    assert len(answer.rows) == 1
    assert same_shape(recorded("http_get_executions"), answer.body, more={"extraFees"}) == []


PRIVATE_FRAMES = [
    ("ws_account_order_filled", "order", ORDER_PUSH_MORE),
    ("ws_account_order", "order", ORDER_PUSH_MORE),
    ("ws_account_order_stop_loss", "order", ORDER_PUSH_MORE),
    ("ws_account_execution", "execution", EXECUTION_PUSH_MORE),
    ("ws_account_execution_adl", "execution", EXECUTION_PUSH_MORE),
    ("ws_account_execution_fast", "execution.fast", set[str]()),
    ("ws_account_position", "position", POSITION_MORE),
    ("ws_account_wallet", "wallet", WALLET_PUSH_MORE),
]


@pytest.mark.parametrize(("name", "topic", "more"), PRIVATE_FRAMES)
async def test_a_private_frame_has_the_shape_of_the_recorded_one(
    client: RawClient, private: RawStream, name: str, topic: str, more: set[str]
) -> None:
    await client.place(takeProfit="55000", stopLoss="48000")
    frame = await private.until_topic(topic)

    # The older spelling of the recording.
    fewer = {"totalPerpUpl"}
    assert same_shape(recorded(name), frame, more=more, fewer=fewer) == []


async def test_funding_and_cancellation_frames_have_the_recorded_shape(
    traded: RawClient, control: Control, private: RawStream
) -> None:
    await control.do("funding", symbol="BTCUSDT")
    execution = await private.until_topic("execution")
    await traded.post("/v5/order/cancel-all", category="linear", symbol="BTCUSDT")
    order = await private.until_topic("order")

    assert execution["data"][0]["execType"] == "Funding"
    assert same_shape(recorded("ws_account_execution"), execution, more=EXECUTION_PUSH_MORE) == []
    assert order["data"][0]["orderStatus"] == "Cancelled"
    assert same_shape(recorded("ws_account_order"), order, more=ORDER_PUSH_MORE) == []


PUBLIC_FRAMES = [
    ("ws_ticker_linear", "tickers.BTCUSDT", "snapshot", TICKER_MORE),
    ("ws_kline", "kline.5.BTCUSDT", "snapshot", set[str]()),
    ("ws_orderbook_snapshot", "orderbook.1.BTCUSDT", "snapshot", {"cts"}),
    ("ws_orderbook_snapshot", "orderbook.50.BTCUSDT", "snapshot", {"cts"}),
    ("ws_orderbook_delta", "orderbook.50.BTCUSDT", "delta", {"cts"}),
    ("ws_public_trade", "publicTrade.BTCUSDT", "snapshot", {"L", "RPI", "seq"}),
]


@pytest.mark.parametrize(("name", "topic", "kind", "more"), PUBLIC_FRAMES)
async def test_a_public_frame_has_the_shape_of_the_recorded_one(
    simulator: Simulator,
    client: RawClient,
    control: Control,
    open_stream: OpenStream,
    name: str,
    topic: str,
    kind: str,
    more: set[str],
) -> None:
    stream = await open_stream(simulator.public_url)
    await stream.subscribe(topic)
    await control.price("BTCUSDT", "50100")
    await client.place()
    frame = await stream.until_topic(topic, kind)

    assert same_shape(recorded(name), frame, more=more) == []


async def test_acknowledgements_have_the_shape_of_the_recorded_ones(
    simulator: Simulator, open_stream: OpenStream
) -> None:
    stream = await open_stream(simulator.public_url)
    accepted = await stream.subscribe("tickers.BTCUSDT")
    refused = await stream.subscribe("invalid.topic.BTCUSDT")

    assert same_shape(recorded("ws_subscription_ack"), accepted) == []
    # The recorded refusal answers a request without an id.
    assert same_shape(recorded("ws_subscription_failure"), refused, more={"req_id"}) == []


@pytest.mark.parametrize(
    ("name", "expires_in_ms"), [("ws_auth_success", 10_000), ("ws_auth_failure", -1)]
)
async def test_a_sign_in_is_answered_as_the_venue_documents_it_for_private_streams(
    simulator: Simulator, open_stream: OpenStream, name: str, expires_in_ms: int
) -> None:
    stream = await open_stream(simulator.private_url)
    reply = await stream.sign_in(expires_in_ms=expires_in_ms)

    # The recorded replies are the trade channel's, with code and camelCase; the private stream
    # answers like a subscription.
    named_otherwise = {"retCode", "retMsg", "connId"}
    documented: Any = {"ret_msg", "conn_id"}
    assert same_shape(recorded(name), reply, more=documented, fewer=named_otherwise) == []
