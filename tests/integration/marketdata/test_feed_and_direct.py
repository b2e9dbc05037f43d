"""A runner's prices through its feed, without it, and back again (MD-4, MD-6, MD-10)."""

import asyncio
import itertools
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from botrunner.domain.events import QuoteChanged
from botrunner.exchanges.market_data import BookChanged, CandleChanged, Source, TradePrinted
from botrunner.exchanges.port import Exchange, Listeners, PublicTopics, StreamReported
from botrunner.exchanges.stream_effects import StreamState
from botrunner.marketdata import heard, wire
from botrunner.marketdata.hub import Hub
from support.feeds import (
    QUEUED,
    QUICK,
    REPLACED,
    SYMBOL,
    Desk,
    desk_at,
    feed_process,
    move,
    running_feed,
    serving,
    until,
)
from support.relay import Relay
from support.said import quote_now, trade_said
from support.silent_exchange import SilentExchange
from support.simulator import RunningSimulator, running_simulator
from support.steady_prices import SteadyPrices

PRICES = [f"0.{price}" for price in range(5010, 5040)]


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """XRPUSDT at 0.5, standing still; more connections than a venue takes are allowed."""
    with running_simulator(source=SteadyPrices(), stepping=True, rate_limits=False) as running:
        yield running


@pytest.fixture
async def direct(simulator: RunningSimulator) -> AsyncIterator[Desk]:
    """A runner that finds no feed, and so asks the exchange itself."""
    with _free_port() as port:
        async with desk_at(simulator, lambda: port) as desk:
            yield desk


def _free_port() -> "_Closed":
    return _Closed()


class _Closed:
    """A port that nobody listens on: bound, so that nobody else gets it."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))

    def __enter__(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._socket.close()


async def test_through_the_feed_come_the_same_quotes_in_the_same_sequence_as_directly(
    simulator: RunningSimulator, direct: Desk
) -> None:
    """MD-3: prices are stepped one by one, so no step is conflated."""
    async with running_feed(simulator) as feed, desk_at(simulator, lambda: feed.server.port) as one:
        for price in ("0.5000", *PRICES):
            await move(simulator, price, price)
            await until(lambda: _stands_at(one, price) and _stands_at(direct, price), price)

        assert direct.is_direct and not one.is_direct
        assert one.bids() == direct.bids() == ["0.5000", *PRICES]
        assert _settled(one) == _settled(direct) == [Decimal(p) for p in ("0.5000", *PRICES)]


def _stands_at(desk: Desk, price: str) -> bool:
    return bool(desk.quotes) and _prices(desk.quotes[-1]) == {Decimal(price)}


def _settled(desk: Desk) -> list[Decimal]:
    """The prices that the whole quote had, each once.

    The best prices and the last come by two topics of the exchange, each at a time of its own, so
    there may be a quote between two steps that has some of both.
    """
    settled = [_prices(quote).pop() for quote in desk.quotes if len(_prices(quote)) == 1]
    return [price for price, _ in itertools.groupby(settled)]


def _prices(event: QuoteChanged) -> set[Decimal]:
    quote = event.quote
    return {quote.bid, quote.ask, quote.last, quote.mark}


async def test_a_killed_feed_is_replaced_by_the_exchange_and_used_again_when_it_is_back(
    simulator: RunningSimulator,
) -> None:
    """MD-6."""
    with feed_process(simulator) as (process, ready):
        async with desk_at(simulator, lambda: ready["port"]) as desk:
            await until(lambda: desk.has_bid("0.5000"), "a first quote")
            was_direct = desk.is_direct
            process.kill()
            await until(lambda: desk.is_direct, "it goes direct")
            await move(simulator, "0.5010", "0.5011")
            await until(lambda: desk.has_bid("0.5010"), "a quote of the exchange")
            with feed_process(simulator, port=ready["port"]):
                await until(lambda: not desk.is_direct, "it comes back")
                await move(simulator, "0.5020", "0.5021")
                await until(lambda: desk.has_bid("0.5020"), "a quote of the feed")

            assert not was_direct
            _check_the_bids(desk, "0.5000", "0.5010", "0.5020")


async def test_a_frozen_feed_is_noticed_though_its_connection_stands(
    simulator: RunningSimulator,
) -> None:
    """MD-6: SIGSTOP."""
    with feed_process(simulator) as (process, ready):
        async with desk_at(simulator, lambda: ready["port"]) as desk:
            await until(lambda: desk.has_bid("0.5000"), "a first quote")
            process.send_signal(signal.SIGSTOP)
            await until(lambda: desk.is_direct, "it goes direct")
            await move(simulator, "0.5010", "0.5011")
            await until(lambda: desk.has_bid("0.5010"), "a quote of the exchange")
            process.send_signal(signal.SIGCONT)
            await until(lambda: not desk.is_direct, "it comes back")
            await move(simulator, "0.5020", "0.5021")
            await until(lambda: desk.has_bid("0.5020"), "a quote of the feed")

        _check_the_bids(desk, "0.5000", "0.5010", "0.5020")


def _check_the_bids(desk: Desk, *bids: str) -> None:
    """None invented, none missed. REST may be a tenth of a second ahead of the first snapshot."""
    found = desk.bids()
    assert (found[0], found[-1], set(found)) == (bids[0], bids[-1], set(bids))


async def test_a_line_that_is_cut_without_a_word_is_noticed_and_replaced(
    simulator: RunningSimulator,
) -> None:
    """MD-6: the feed lives and the connection seems to stand, but nothing comes."""
    async with running_feed(simulator) as feed, Relay(feed.server.port) as relay:
        async with desk_at(simulator, lambda: relay.port) as desk:
            await until(lambda: desk.has_bid("0.5000"), "a first quote")
            relay.cut()
            await until(lambda: desk.is_direct, "it goes direct")
            await move(simulator, "0.5010", "0.5011")
            await until(lambda: desk.has_bid("0.5010"), "a quote of the exchange")
            await until(lambda: not desk.is_direct, "it comes back by a new line")

            assert relay.count == 2
            _check_the_bids(desk, "0.5000", "0.5010")


async def test_a_feed_whose_stream_is_silent_polls_and_says_so_everywhere(
    simulator: RunningSimulator,
) -> None:
    """MD-3, MD-4."""
    async with (
        running_feed(simulator, stale_seconds=1.0) as feed,
        desk_at(simulator, lambda: feed.server.port) as desk,
    ):
        await until(lambda: desk.has_bid("0.5000"), "a first quote")
        body = {"stream": "public", "count": None, "status": 503}
        await asyncio.to_thread(simulator.command, "refuse-handshake", body)
        await asyncio.to_thread(simulator.command, "cut", {"stream": "public", "how": "abort"})
        await move(simulator, "0.5010", "0.5011")
        await until(lambda: desk.has_bid("0.5010"), "a polled quote")
        source, metrics = feed.state.source.value, feed.meters.exposition().decode()
        await asyncio.to_thread(simulator.command, "clear", {})
        await until(lambda: desk.sources()[-1] == "stream", "the stream is back")

        assert source == "rest"
        assert "tradefleet_feed_upstream_connected_state 0.0" in metrics
        assert "tradefleet_feed_reconnects_total" in metrics
        assert desk.sources()[:2] == ["stream", "rest"]
        assert not desk.is_direct


async def test_a_stream_that_follows_a_feed_that_polled_is_told_as_a_stream(
    simulator: RunningSimulator,
) -> None:
    """MD-4, MD-6: an adapter says where its prices come from only once that changes."""
    hub, made = Hub(QUEUED, REPLACED), list[SilentExchange]()

    def make(listeners: Listeners) -> Exchange:
        made.append(SilentExchange(listeners))
        return made[-1]

    async with serving(hub) as server, desk_at(simulator, lambda: server.port, make=make) as desk:
        polled = msgspec.structs.replace(quote_now("0.5000"), source=Source.REST)
        server.broadcast(hub.publish(polled))
        await until(lambda: desk.has_bid("0.5000"), "a quote that the feed polled")
        await server.stop()
        await until(lambda: desk.is_direct, "it goes direct")
        streamed = heard.quote_changed(SYMBOL, quote_now("0.5010"))
        made[0].told.event(streamed)

        assert desk.quotes[-1] == streamed
        assert desk.sources() == ["rest", "stream"]


async def test_trades_that_came_while_the_line_was_down_are_told_as_missed(
    simulator: RunningSimulator,
) -> None:
    """MD-3: the line is up again before the runner goes direct, and nobody else would tell."""
    hub, topics = Hub(QUEUED, REPLACED), PublicTopics(trades=True)
    patient = replace(QUICK, direct_after=600.0)
    async with serving(hub) as server:
        async with desk_at(simulator, lambda: server.port, timing=patient, topics=topics) as desk:
            await until(lambda: len(hub) == 1, "it is subscribed")
            server.broadcast(hub.publish(trade_said(1)))
            await until(lambda: desk.market, "the first trade")
            garbage = replace(hub.publish(quote_now("0.5000")), frame=wire.text_frame(b"{}"))
            server.broadcast(garbage)  # Ends the connection; the runner comes again.
            await until(lambda: len(hub) == 0, "the line is down")
            for count in (2, 3, 4):
                server.broadcast(hub.publish(trade_said(count)))
            await until(lambda: len(hub) == 1, "the line is up again")
            server.broadcast(hub.publish(trade_said(5)))
            await until(lambda: len(desk.market) == 2, "the next trade")

        problems = [getattr(report, "problem", "") for report in desk.reports]
        assert f"{SYMBOL}: missed 3 messages of trades, not connected" in problems


async def test_trades_candles_and_the_book_come_through_the_feed(
    simulator: RunningSimulator,
) -> None:
    """MD-1: to the depth and the intervals that are asked for."""
    topics = PublicTopics(depth=50, trades=True, intervals=("1",))
    async with running_feed(simulator) as feed:
        async with desk_at(simulator, lambda: feed.server.port, topics=topics) as desk:
            await until(lambda: feed.hub.topics and len(feed.hub) == 1, "it is welcome")
            body = {"symbol": SYMBOL, "price": "0.5", "quantity": "7", "side": "Buy"}
            await until(lambda: _has(desk, BookChanged) and _has(desk, CandleChanged), "both")
            await asyncio.to_thread(simulator.command, "trade", body)
            await until(lambda: _has(desk, TradePrinted), "the trade")
            trade = next(data for data in desk.market if isinstance(data, TradePrinted))
            book = next(data for data in desk.market if isinstance(data, BookChanged))

            assert (trade.price, trade.quantity) == (Decimal("0.5"), Decimal(7))
            assert trade.taker_buys
            assert book.depth == 50 and book.bids[0][0] <= book.asks[0][0]


async def test_a_new_symbol_or_a_deeper_book_needs_no_new_runner(
    simulator: RunningSimulator,
) -> None:
    """MD-10."""
    async with running_feed(simulator) as feed:
        async with desk_at(simulator, lambda: feed.server.port) as desk:
            await until(lambda: desk.has_bid("0.5000"), "a first quote")
            before = _has(desk, BookChanged)
            desk.exchange.watch([SYMBOL], PublicTopics(depth=50))
            await until(lambda: _has(desk, BookChanged), "the deeper book")
            desk.exchange.watch([])
            await until(lambda: len(feed.hub) == 0, "the subscription ends")
            desk.exchange.watch([SYMBOL])
            await until(lambda: len(feed.hub) == 1, "and begins anew")

            assert not before


async def test_a_feed_that_lacks_what_is_asked_for_is_not_used(
    simulator: RunningSimulator,
) -> None:
    """MD-10: it serves 50 levels."""
    async with running_feed(simulator) as feed:
        topics = PublicTopics(depth=200)
        async with desk_at(simulator, lambda: feed.server.port, topics=topics) as desk:
            await until(lambda: desk.is_direct, "it goes direct")
            await until(lambda: _has(desk, BookChanged), "the book of the exchange")
            refused = [getattr(report, "problem", "") for report in desk.reports]

            assert any("it serves 50 levels, 200 are needed" in problem for problem in refused)


async def test_the_state_of_the_public_stream_is_told_whichever_it_is(
    simulator: RunningSimulator,
) -> None:
    with feed_process(simulator) as (process, ready):
        async with desk_at(simulator, lambda: ready["port"]) as desk:
            await until(lambda: StreamState.CONNECTED in _public(desk), "the feed is connected")
            through = next(r for r in desk.reports if isinstance(r, StreamReported))
            process.kill()
            await until(lambda: desk.is_direct, "it goes direct")
            await until(lambda: _public(desk)[-1] is StreamState.CONNECTED, "connected directly")

            assert through.reason.startswith("feed: ")


def _public(desk: Desk) -> list[StreamState]:
    return [
        report.state
        for report in desk.reports
        if isinstance(report, StreamReported) and report.stream == "public"
    ]


def _has(desk: Desk, kind: type[object]) -> bool:
    return any(isinstance(data, kind) for data in desk.market)
