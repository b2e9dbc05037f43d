"""Cards about the public connection itself: when there is one, and what bridges it (MD-4, MD-6)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal as D
from typing import Any

import pytest

from botrunner.domain.actions import ReadAccount
from botrunner.exchanges.market_data import Source
from botrunner.exchanges.port import MarksReported, PricesReported, StreamReported
from botrunner.exchanges.stream_effects import StreamState
from contract.exchanges.conftest import MakeDesk
from contract.exchanges.desk import SYMBOL, Desk


@pytest.fixture
async def desk(make_desk: MakeDesk) -> AsyncIterator[Desk]:
    """Running, with nothing watched."""
    made = make_desk()
    made.run()
    await made.until("PrivateStreamRestored")
    yield made


def states(desk: Desk) -> list[StreamState]:
    reports = [each for each in desk.reports if isinstance(each, StreamReported)]
    return [report.state for report in reports if report.stream == "public"]


async def test_while_nothing_is_watched_there_is_no_public_connection(desk: Desk) -> None:
    """XC-90: a runner whose prices come through a feed holds none."""
    before = states(desk)
    desk.exchange.watch([SYMBOL])
    await desk.until("QuoteChanged")
    desk.exchange.watch([])
    await desk.wait_for(
        lambda: states(desk)[-1] is StreamState.DISCONNECTED or None, "the connection is closed"
    )
    count = len(desk.events)
    desk.exchange.watch([SYMBOL])
    again = await desk.until("QuoteChanged", after=count)

    assert before == []
    assert StreamState.CONNECTED in states(desk)
    assert again.symbol == SYMBOL


@asynccontextmanager
async def no_streams(desk: Desk) -> AsyncIterator[None]:
    """The venue refuses every public connection."""
    body: dict[str, Any] = {"stream": "public", "count": None, "status": 403}
    await desk.command("refuse-handshake", **body)
    try:
        yield
    finally:
        await desk.command("clear")


async def test_a_symbol_without_a_quote_is_polled_at_once_where_connections_are_short(
    make_desk: MakeDesk,
) -> None:
    """XC-91: though a stream would have five seconds to fall silent."""
    desk = make_desk(stale_seconds=3600.0)
    async with no_streams(desk):
        desk.exchange.watch([SYMBOL])
        desk.run()
        quote = await desk.until("QuoteChanged")
    sources = [each.source for each in desk.reports if isinstance(each, PricesReported)]

    assert quote.symbol == SYMBOL
    assert sources[0] is Source.REST


async def test_a_read_of_positions_tells_their_mark_prices(make_desk: MakeDesk) -> None:
    """XC-92, MD-8: the exchange's own word, beside every stream."""
    desk = make_desk()
    await desk.prepare()
    await desk.place(desk.order(None))
    await desk.exchange.read_account(ReadAccount(token=1))
    marks = [each.marks for each in desk.reports if isinstance(each, MarksReported)]

    assert marks[-1] == {SYMBOL: D("0.5000")}


async def test_the_next_public_connection_waits_its_turn_and_polling_bridges_it(
    make_desk: MakeDesk,
) -> None:
    """XC-93, MD-9: the share of an address that many runners have."""
    desk = make_desk(connect_seconds=3600.0)
    desk.run()
    await desk.until("PrivateStreamRestored")
    desk.exchange.watch([SYMBOL])
    await desk.wait_for(lambda: StreamState.CONNECTED in states(desk) or None, "the first one")
    desk.exchange.watch([])
    await desk.wait_for(
        lambda: states(desk)[-1] is StreamState.DISCONNECTED or None, "the connection is closed"
    )
    count = len(desk.events)
    told = len(states(desk))
    desk.exchange.watch([SYMBOL])
    await desk.until("QuoteChanged", after=count)
    polled = [each.source for each in desk.reports if isinstance(each, PricesReported)]

    assert polled[-1] is Source.REST
    assert len(states(desk)) == told
