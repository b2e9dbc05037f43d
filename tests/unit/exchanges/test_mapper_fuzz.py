"""Whatever a venue sends, mappers give values or MessageError, nothing else (EX-10)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botrunner.exchanges.bybit import (
    clock_offset,
    fields,
    mapper_account,
    mapper_market,
    mapper_orders,
    quotes,
)
from botrunner.exchanges.bybit.book import LocalBook
from botrunner.exchanges.bybit.dialect import BybitDialect
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.private_messages import events_of
from botrunner.exchanges.errors import MessageError

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads" / "bybit"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ODD: list[Any] = [
    None, "", "0", "-1", "NaN", "Infinity", "1e999999", "9" * 40, "x", "Buy", 0, -1, 3,
    10**30, 1.5, True, [], {}, [[]], [{}], [None], ["1", "2"], {"list": [{}]}, {"data": {}},
]  # fmt: skip
Mapper = Callable[[dict[str, Any]], object]


def _rows(frame: Row, key: str = "data") -> list[Any]:
    return list(fields.rows(frame, key))


MAPPERS: dict[str, Mapper] = {
    "ws_account_order": lambda frame: events_of(frame, KnownOrders()),
    "ws_account_order_filled": lambda frame: events_of(frame, KnownOrders()),
    "ws_account_execution": lambda frame: events_of(frame, KnownOrders()),
    "ws_account_execution_adl": lambda frame: events_of(frame, KnownOrders()),
    "ws_account_position": lambda frame: events_of(frame, KnownOrders()),
    "ws_account_wallet": lambda frame: events_of(frame, KnownOrders()),
    "ws_ticker_linear": lambda frame: quotes.QuoteKeeper().ticker(frame),
    "ws_orderbook_snapshot": lambda frame: LocalBook("BTCUSDT", 50).apply(frame),
    "ws_public_trade": lambda frame: mapper_market.trades(_rows(frame)),
    "ws_kline": lambda frame: mapper_market.stream_candles("BTCUSDT", frame),
    "ws_auth_failure": lambda frame: BybitDialect().meaning(frame),
    "ws_subscription_ack": lambda frame: BybitDialect().meaning(frame),
    "http_get_orders_realtime": lambda frame: [
        mapper_orders.read_order(row) for row in _rows(fields.part(frame, "result"), "list")
    ],
    "http_get_executions": lambda frame: mapper_orders.execution_events(
        _rows(fields.part(frame, "result"), "list"), KnownOrders()
    ),
    "http_get_positions": lambda frame: [
        mapper_account.positions(row) for row in _rows(fields.part(frame, "result"), "list")
    ],
    "http_get_wallet_balance": lambda frame: [
        mapper_account.wallet(row, NOW) for row in _rows(fields.part(frame, "result"), "list")
    ],
    "http_get_user_query_api": lambda frame: mapper_account.key_information(
        fields.part(frame, "result")
    ),
    "http_get_fee_rate": lambda frame: [
        mapper_market.fee_rates(row) for row in _rows(fields.part(frame, "result"), "list")
    ],
    "http_get_instruments_linear": lambda frame: [
        mapper_market.instrument(row, []) for row in _rows(fields.part(frame, "result"), "list")
    ],
    "http_get_klines_linear": lambda frame: mapper_market.rest_candles(
        "BTCUSDT", "5", fields.items(fields.part(frame, "result"), "list"), NOW
    ),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place within a payload, the whole left out."""
    found = [path] if path else []
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            found += places(value[key], (*path, key))
    return found


def spoiled(value: Any, path: tuple[Any, ...], odd: Any, remove: bool) -> Any:
    copy = json.loads(json.dumps(value))
    parent = copy
    for key in path[:-1]:
        parent = parent[key]
    if remove:
        del parent[path[-1]]
    else:
        parent[path[-1]] = odd
    return copy


@pytest.mark.parametrize("name", list(MAPPERS))
@given(data=st.data())
def test_a_spoiled_payload_gives_values_or_the_typed_error(name: str, data: st.DataObject) -> None:
    payload = json.loads((PAYLOADS / f"{name}.json").read_text())
    path = data.draw(st.sampled_from(places(payload)))
    odd, remove = data.draw(st.sampled_from(ODD)), data.draw(st.booleans())
    try:
        MAPPERS[name](spoiled(payload, path, odd, remove))
    except MessageError as error:
        assert str(error)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["1", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(
    name=st.sampled_from(list(MAPPERS)),
    frame=st.dictionaries(st.sampled_from(["topic", "data", "op", "ts", "result"]), ANYTHING),
)
def test_anything_at_all_gives_values_or_the_typed_error(name: str, frame: dict[str, Any]) -> None:
    try:
        MAPPERS[name](frame)
    except MessageError as error:
        assert str(error)


@given(nanoseconds=st.one_of(st.integers(), st.text(max_size=40)))
def test_a_server_time_that_cannot_be_is_the_typed_error(nanoseconds: object) -> None:
    try:
        clock_offset.venue_time({"timeNano": nanoseconds})
    except MessageError as error:
        assert "timeNano" in str(error)
