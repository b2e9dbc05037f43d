"""Which accounts get their prices through feeds, and that this is decided once a process."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.port import Exchange, Listeners, MakeAdapter
from botrunner.marketdata.delegate import DelegatedExchange
from botrunner.runtime.dry_run import DryRunExchange
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.service.clock import SystemClock
from support.memory_door import account_of, keys_of

NOBODY = Listeners(event=lambda _: None, market=lambda _: None, report=lambda _: None)
NOWHERE = Endpoints(
    rest="http://127.0.0.1:9", public_stream="ws://127.0.0.1:9", private_stream="ws://127.0.0.1:9"
)
_ADDRESSES = {"rest": "http://localhost:1", "publicStream": "ws://localhost:1"}
DRY = {"mode": "dryRun"}
OWN = {"endpoints": _ADDRESSES | {"privateStream": "ws://localhost:1"}}


class Feeds:
    """Stands before an adapter as shared feeds do, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(
        self, spec: TradingAccountSpec, make: MakeAdapter, listeners: Listeners
    ) -> Exchange:
        self.count += 1
        return DelegatedExchange(make(listeners))


async def made(feeds: Feeds, *changes: dict[str, Any]) -> list[type[Exchange]]:
    """The adapters of one process, one for each specification in turn."""
    kinds = []
    async with AsyncExitStack() as stack:
        make = VenueMaker(NOWHERE, SystemClock(), stack, feeds=feeds)
        for change in changes:
            exchange = make(account_of(**change).spec, keys_of(), NOBODY)
            await exchange.close()
            kinds.append(type(exchange))
    return kinds


@pytest.mark.parametrize(
    ("change", "kind", "count"),
    [({}, DelegatedExchange, 1), (DRY, DryRunExchange, 1), (OWN, BybitExchange, 0)],
    ids=["live", "dry run", "addresses of its own"],
)
async def test_an_account_at_the_environments_addresses_goes_through_feeds(
    change: dict[str, Any], kind: type[Exchange], count: int
) -> None:
    """KU-12: a dry run too; of it, the prices alone."""
    feeds = Feeds()

    assert await made(feeds, change) == [kind]
    assert feeds.count == count


@pytest.mark.parametrize(
    ("first", "second", "kind", "count"),
    [
        (DRY, {}, DryRunExchange, 2),
        ({}, DRY, DelegatedExchange, 2),
        ({}, OWN, DelegatedExchange, 2),
        (OWN, {}, BybitExchange, 0),
    ],
)
async def test_an_edit_of_mode_or_addresses_acts_from_the_next_process_on(
    first: dict[str, Any], second: dict[str, Any], kind: type[Exchange], count: int
) -> None:
    feeds = Feeds()

    assert (await made(feeds, first, second))[1] is kind
    assert feeds.count == count
