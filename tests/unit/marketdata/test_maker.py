"""Which accounts get their prices through feeds, and how the feed of a symbol is found."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.maker import FeedMaker, FeedPlace
from botrunner.marketdata.meters import ClientMeters
from botrunner.service.clock import SystemClock

KEYS = Credentials(api_key="sim-alice", api_secret="sim-alice-secret")
NOBODY = Listeners(event=lambda _: None, market=lambda _: None, report=lambda _: None)
NOWHERE = Endpoints(
    rest="http://127.0.0.1:9", public_stream="ws://127.0.0.1:9", private_stream="ws://127.0.0.1:9"
)


def spec(**changes: Any) -> TradingAccountSpec:
    grid = {"leverage": 5, "initialMargin": 1}
    return TradingAccountSpec.model_validate(
        {
            "exchange": "bybit",
            "environment": "simulated",
            "credentials": {"secretName": "keys"},
            "strategies": [{"name": "xrp", "symbol": "XRPUSDT", "grid": grid}],
        }
        | changes
    )


def own(spec: TradingAccountSpec, keys: Credentials, listeners: Listeners) -> Exchange:
    return BybitExchange(
        endpoints=NOWHERE, credentials=keys, listeners=listeners, clock=SystemClock()
    )


def maker(token_file: Path) -> FeedMaker:
    place = FeedPlace(namespace="tradefleet", token_file=token_file)
    meters = ClientMeters(CollectorRegistry())
    return FeedMaker(own, place, "account-001", SystemClock(), meters)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, FeedExchange),
        ({"mode": "dryRun"}, BybitExchange),
        ({"endpoints": {"publicStream": "ws://localhost:1"}}, BybitExchange),
    ],
)
async def test_a_live_account_at_the_environments_addresses_goes_through_feeds(
    tmp_path: Path, change: dict[str, Any], kind: type[Exchange]
) -> None:
    made = maker(tmp_path / "token")(spec(**change), KEYS, NOBODY)
    await made.close()

    assert type(made) is kind


async def test_an_edit_of_the_mode_acts_from_the_next_process_on(tmp_path: Path) -> None:
    make = maker(tmp_path / "token")
    first = make(spec(mode="dryRun"), KEYS, NOBODY)
    second = make(spec(), KEYS, NOBODY)
    await first.close()
    await second.close()

    assert type(second) is BybitExchange


async def test_the_feeds_address_and_the_token_are_those_of_the_moment(tmp_path: Path) -> None:
    """MD-8: the kubelet replaces the token."""
    token = tmp_path / "token"
    made = maker(token)(spec(), KEYS, NOBODY)
    assert isinstance(made, FeedExchange)
    access = made.access
    token.write_text("first\n")
    first = access.token()
    token.write_text("second")
    second = access.token()
    token.unlink()
    await made.close()

    assert access.address_of("XRPUSDT") == (
        "ws://feed-bybit-simulated-futures-xrpusdt.tradefleet.svc:8490/"
    )
    assert (first, second) == ("first", "second")
    with pytest.raises(OSError, match="No such file"):
        access.token()
