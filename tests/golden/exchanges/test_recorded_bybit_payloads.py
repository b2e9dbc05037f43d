"""Recorded answers and frames of the venue in, domain values out (EX-1, EX-10).

The payloads are real ones, see tests/payloads/README.md; what they mean was worked out by hand.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from botrunner.domain.account import Wallet
from botrunner.domain.events import (
    FillKind,
    OrderCancelled,
    OrderCompleted,
    OrderFilled,
    OrderOpened,
    PositionChanged,
    WalletChanged,
)
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.exchanges.bybit import fields, mapper_account, mapper_market, mapper_orders, quotes
from botrunner.exchanges.bybit.book import LocalBook
from botrunner.exchanges.bybit.dialect import BybitDialect
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.private_messages import events_of
from botrunner.exchanges.dialect import Data, SignInAnswer, SubscribeAnswer
from botrunner.exchanges.key_check import key_refusal
from botrunner.exchanges.market_data import BookChanged, CandleChanged, TradePrinted

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads" / "bybit"


def payload(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return loaded


def result(name: str) -> dict[str, Any]:
    found: dict[str, Any] = payload(name)["result"]
    return found


def at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def test_a_cancelled_order_on_the_stream() -> None:
    assert events_of(payload("ws_account_order"), KnownOrders()) == (
        OrderCancelled(order_id="abcdef123456", at=at(1700000005000), filled=D(0)),
    )


def test_a_filled_order_on_the_stream() -> None:
    assert events_of(payload("ws_account_order_filled"), KnownOrders()) == (
        OrderCompleted(
            order_id="5cf98598-39a7-459e-97bf-76ca765ee020",
            at=at(1672364262457),
            filled=D("0.100"),
        ),
    )


def test_a_stop_that_waits_for_its_trigger_rests() -> None:
    (event,) = events_of(payload("ws_account_order_stop_loss"), KnownOrders())

    assert isinstance(event, OrderOpened)
    assert event.symbol == "BTCUSDT"


def test_an_execution_that_closes_a_long() -> None:
    assert events_of(payload("ws_account_execution"), KnownOrders()) == (
        OrderFilled(
            order_id="9aac161b-8ed6-450d-9cab-c5cc67c21784",
            execution_id="0ab1bdf7-4219-438b-b30a-32ec863018f7",
            symbol="BTCUSDT",
            side=Side.LONG,
            reduces=True,
            quantity=D("0.5"),
            price=D("95900.1"),
            fee=D("26.3725275"),
            at=at(1746270400353),
        ),
    )


def test_a_deleveraging_is_told_apart() -> None:
    """RI-1: cause ``venue``."""
    (event,) = events_of(payload("ws_account_execution_adl"), KnownOrders())

    assert isinstance(event, OrderFilled)
    assert (event.kind, event.side, event.reduces) == (FillKind.DELEVERAGING, Side.LONG, True)


def test_a_short_in_one_way_mode_leaves_the_long_flat() -> None:
    short = Position(
        symbol="ETHUSDT",
        side=Side.SHORT,
        quantity=D("0.01"),
        average_price=D("3641.075"),
        leverage=D(30),
    )
    flat = Position(
        symbol="ETHUSDT", side=Side.LONG, quantity=D(0), average_price=D(0), leverage=D(30)
    )
    moment = at(1762199125472)

    assert events_of(payload("ws_account_position"), KnownOrders()) == (
        PositionChanged(position=flat, at=moment),
        PositionChanged(position=short, at=moment),
    )


def test_a_wallet_on_the_stream_with_the_older_spelling_of_the_profit() -> None:
    wallet = Wallet(
        equity=D("10262.91335023"),
        margin_balance=D("9684.46297164"),
        available=D("9556.6056555"),
        initial_margin=D("127.8573161"),
        maintenance_margin=D("12.78573161"),
        maintenance_margin_rate=D(0),
        unrealised_pnl=D(0),
        at=at(1700034722104),
    )

    assert events_of(payload("ws_account_wallet"), KnownOrders()) == (WalletChanged(wallet=wallet),)


def test_a_wallet_by_rest() -> None:
    (row,) = fields.rows(result("http_get_wallet_balance"))

    assert mapper_account.wallet(row, at(1)).available == D("3.00326056")


def test_open_orders_by_rest_with_null_where_nothing_was_filled() -> None:
    rows = fields.rows(result("http_get_orders_realtime"))
    orders = [mapper_orders.read_order(row) for row in rows]

    assert [(order.order_id, order.side, order.reduces) for order in orders] == [
        ("open-order-1", Side.LONG, False),
        ("open-order-2", Side.SHORT, False),
    ]
    assert orders[0].price == D("3930.41")
    assert orders[0].created_at == at(1761355905606)
    assert all(order.is_open for order in orders)


def test_the_order_history_by_rest() -> None:
    rows = fields.rows(result("http_get_orders_history"))

    assert [mapper_orders.read_order(row).is_open for row in rows] == [False] * len(rows)
    assert len(rows) > 0


def test_stops_of_a_position_by_rest_are_orders_like_others() -> None:
    rows = fields.rows(result("http_get_orders_realtime_tp_sl"))

    assert all(mapper_orders.read_order(row).order_id for row in rows)


def test_executions_by_rest_oldest_first() -> None:
    fills = mapper_orders.execution_events(
        fields.rows(result("http_get_executions")), KnownOrders()
    )

    assert [(fill.symbol, fill.side) for fill in fills] == [
        ("BTCUSDT", Side.LONG),
        ("ETHUSDT", Side.SHORT),
    ]


def test_positions_by_rest() -> None:
    rows = fields.rows(result("http_get_positions"))
    held = {
        (position.symbol, position.side): position.quantity
        for row in rows
        for position in mapper_account.positions(row)
        if position.quantity
    }

    assert held == {("BTCUSDT", Side.LONG): D("0.5"), ("ETHUSDT", Side.SHORT): D("5.0")}


def test_a_read_only_key_is_refused_for_that_reason() -> None:
    """PR-2."""
    key = mapper_account.key_information(result("http_get_user_query_api"))

    assert key.uid == "1448939"
    assert (key.is_read_only, key.may_place_orders, key.may_withdraw) == (True, True, False)
    assert "read-only" in (key_refusal(key, allow_withdraw=False, now=at(1)) or "")


def test_a_ticker_gives_a_quote() -> None:
    assert quotes.QuoteKeeper().ticker(payload("ws_ticker_linear")) == Quote(
        bid=D("17215.50"),
        ask=D("17216.00"),
        last=D("17216.00"),
        mark=D("17217.33"),
        at=at(1673272861686),
    )


def test_an_order_book_of_a_snapshot_and_a_delta() -> None:
    book = LocalBook("BTCUSDT", 50)
    book.apply(payload("ws_orderbook_snapshot"))

    assert book.apply(payload("ws_orderbook_delta")) == BookChanged(
        symbol="BTCUSDT",
        depth=50,
        bids=((D("27450.00"), D("0.400")), (D("27449.50"), D("1.000"))),
        asks=((D("27451.50"), D("0.900")),),
        update=123456790,
        at=at(1709891679500),
    )


def test_a_public_trade() -> None:
    assert mapper_market.trades(fields.rows(payload("ws_public_trade"), "data")) == (
        TradePrinted(
            symbol="BTCUSDT",
            trade_id="9dc75fca-4bdd-4773-9f78-6f5d7ab2a110",
            price=D("27451.00"),
            quantity=D("0.010"),
            taker_buys=True,
            at=at(1709891679000),
        ),
    )


def test_a_running_candle() -> None:
    assert mapper_market.stream_candles("BTCUSDT", payload("ws_kline")) == (
        CandleChanged(
            symbol="BTCUSDT",
            interval="5",
            start=at(1672324800000),
            open=D("16649.5"),
            high=D("16677"),
            low=D("16608"),
            close=D("16677"),
            volume=D("2.081"),
            turnover=D("34666.4005"),
            is_closed=False,
            at=at(1672324988882),
        ),
    )


def test_a_candle_is_as_old_as_its_frame_and_not_as_its_last_trade() -> None:
    """MD-3."""
    (candle,) = mapper_market.stream_candles("BTCUSDT", payload("ws_kline") | {"ts": 1672324999999})

    assert candle.at == at(1672324999999)


@pytest.mark.parametrize(("minutes", "closed"), [(4, False), (5, True)])
def test_a_candle_by_rest_is_closed_when_its_span_is_over(minutes: int, closed: bool) -> None:
    columns = fields.items(result("http_get_klines_linear"), "list")
    now = at(1709891679000) + timedelta(minutes=minutes)
    (candle,) = mapper_market.rest_candles("BTCUSDT", "5", columns, now)

    assert candle.is_closed is closed
    assert candle.close == D("27455")
    assert candle.at == now


def test_fee_rates_of_a_symbol() -> None:
    rows = fields.rows(result("http_get_fee_rate"))

    assert mapper_market.fee_rates(rows[2]) == FeeRates(maker=D("0.00025"), taker=D("0.00075"))


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        (
            "ws_auth_success",
            SignInAnswer(accepted=True, is_final=True, code=None, message=""),
        ),
        (
            "ws_auth_failure",
            SignInAnswer(accepted=False, is_final=True, code=10003, message="Invalid apikey"),
        ),
        (
            "ws_subscription_ack",
            SubscribeAnswer(request_id="sub-orderbook-1", accepted=True, message=""),
        ),
        (
            "ws_subscription_failure",
            SubscribeAnswer(
                request_id="", accepted=False, message="Invalid topic: invalid.topic.BTCUSDT"
            ),
        ),
        ("ws_kline", Data()),
    ],
)
def test_control_frames_mean_what_they_say(name: str, meaning: object) -> None:
    assert BybitDialect().meaning(payload(name)) == meaning
