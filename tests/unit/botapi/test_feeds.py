"""Names and addresses of feeds (KU-12)."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botapi.feeds import feed_address, feed_name, uses_feeds
from botapi.v1alpha1.account import TradingAccountSpec

WORDS = st.from_regex(r"[a-z]{1,12}", fullmatch=True)
SYMBOLS = st.from_regex(r"[A-Z0-9]{1,80}", fullmatch=True)


def test_an_address_is_a_function_of_what_is_served() -> None:
    address = feed_address("tradefleet", "bybit", "demo", "futures", "XRPUSDT")

    assert address == "ws://feed-bybit-demo-futures-xrpusdt.tradefleet.svc:8490/"


@given(WORDS, WORDS, SYMBOLS)
def test_every_name_is_one_that_a_service_may_have(
    exchange: str, environment: str, symbol: str
) -> None:
    name = feed_name(exchange, environment, "futures", symbol)

    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name) and len(name) <= 63


@given(SYMBOLS, SYMBOLS)
def test_two_symbols_never_share_a_feed(one: str, other: str) -> None:
    names = {feed_name("bybit", "demo", "futures", symbol) for symbol in (one, other)}

    assert len(names) == len({one, other})


def test_the_environment_keeps_feeds_apart() -> None:
    environments = ("demo", "testnet", "mainnet", "simulated")

    assert len({feed_name("bybit", each, "futures", "SOLUSDT") for each in environments}) == 4


@pytest.mark.parametrize(
    ("change", "uses"),
    [
        ({}, True),
        ({"mode": "dryRun"}, True),
        ({"endpoints": {"rest": "http://localhost:1"}}, False),
        ({"endpoints": {"publicStream": "ws://localhost:1"}}, False),
    ],
)
def test_an_account_at_the_environments_own_addresses_uses_feeds(
    change: dict[str, Any], uses: bool
) -> None:
    spec = {
        "exchange": "bybit",
        "credentials": {"secretName": "keys"},
        "strategies": [
            {"name": "xrp", "symbol": "XRPUSDT", "grid": {"leverage": 5, "initialMargin": 1}}
        ],
    }

    assert uses_feeds(TradingAccountSpec.model_validate(spec | change)) is uses
