"""The public streams: which topics are listened to, and what moves them."""

from collections.abc import Callable
from datetime import datetime

from botrunner.simulator.bybit.candle import Bar
from botrunner.simulator.bybit.market import ticker_push, trade_push
from botrunner.simulator.bybit.topics import PublicTopic, public_topic
from botrunner.simulator.bybit.wire import Row, milliseconds
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.streams.outbox import Outbox
from botrunner.simulator.streams.public_topics import (
    BookSender,
    KlineSender,
    PublicSender,
    TickerSender,
    TradeSender,
)
from botrunner.venue.events import Outcome, PublicTrade


class PublicFeed:
    """Everybody's market data; a topic is at work only while somebody listens."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._senders: dict[str, PublicSender] = {}
        self._by_symbol: dict[str, list[PublicSender]] = {}
        self._ticker_number = 0
        exchange.listen(self._hear)
        exchange.listen_to_prices(self._touch)

    def serves(self, name: str) -> bool:
        """Whether there is such a topic; names are case-sensitive."""
        topic = public_topic(name)
        return topic is not None and topic.symbol in self._exchange.instruments

    def join(self, name: str, outbox: Outbox) -> None:
        """Listen to a topic that is served, snapshot first."""
        sender = self._senders.get(name)
        if sender is None:
            topic = public_topic(name)
            if topic is None:
                raise ValueError(f"no topic is called {name}")
            sender = self._open(topic)
            self._senders[name] = sender
            self._by_symbol.setdefault(topic.symbol, []).append(sender)
        sender.audience.join(outbox, sender.snapshot())

    def leave(self, name: str, outbox: Outbox) -> None:
        """Listen no more."""
        sender = self._senders.get(name)
        if sender is None:
            return
        sender.audience.leave(outbox)
        if not len(sender.audience):
            sender.stop()
            del self._senders[name]
            for senders in self._by_symbol.values():
                if sender in senders:
                    senders.remove(sender)

    def stop(self) -> None:
        """Stop every topic."""
        for sender in self._senders.values():
            sender.stop()
        self._senders.clear()
        self._by_symbol.clear()

    def _open(self, topic: PublicTopic) -> PublicSender:
        exchange, symbol = self._exchange, topic.symbol
        instrument = exchange.instruments[symbol]
        match topic.kind:
            case "tickers":
                return TickerSender(
                    topic.name,
                    lambda: ticker_push(instrument, exchange.ticker(symbol)),
                    self._next_number,
                    exchange.now_ms,
                )
            case "orderbook":
                depth = int(topic.detail)
                return BookSender(
                    topic.name,
                    depth,
                    instrument,
                    lambda: exchange.book(symbol, depth),
                    exchange.now_ms,
                )
            case "kline":
                return KlineSender(
                    topic.name,
                    topic.detail,
                    instrument,
                    self._bar_reader(symbol, topic.detail),
                    exchange.now_ms,
                )
            case _:
                return TradeSender(topic.name)

    def _bar_reader(self, symbol: str, interval: str) -> Callable[[int | None], Bar | None]:
        series = self._exchange.markets[symbol].last

        def bar(start_ms: int | None) -> Bar | None:
            now = self._exchange.now_ms()
            if start_ms is None:
                return series.running(interval, now)
            return next(series.newest_first(interval, start_ms, start_ms, now), None)

        return bar

    def _next_number(self) -> int:
        self._ticker_number += 1
        return self._ticker_number

    def _touch(self, symbol: str) -> None:
        for sender in self._by_symbol.get(symbol, ()):
            sender.touch()

    def _hear(self, outcome: Outcome, at: datetime) -> None:
        trades: dict[str, list[Row]] = {}
        for event in outcome.events:
            if isinstance(event, PublicTrade) and f"publicTrade.{event.symbol}" in self._senders:
                market = self._exchange.markets[event.symbol]
                row = trade_push(event, market.instrument, market.rising)
                trades.setdefault(event.symbol, []).append(row)
        for symbol, rows in trades.items():
            sender = self._senders[f"publicTrade.{symbol}"]
            if isinstance(sender, TradeSender):
                sender.tell(rows, milliseconds(at))
