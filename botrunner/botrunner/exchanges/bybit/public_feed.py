"""Prices: the public stream while it speaks, REST once a second while it does not (MD-4).

A symbol's own silence is enough: its price is polled while the others keep streaming. When the
whole connection says nothing for that long it is cut, for a new one may. A symbol that has had no
quote yet is polled from the first beat on. While nothing is followed there is no connection.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from botrunner.domain.events import QuoteChanged
from botrunner.domain.market import Quote
from botrunner.exchanges import stream_effects
from botrunner.exchanges.bybit import fields, mapper_market, quotes, requests
from botrunner.exchanges.bybit.book import GapError, LocalBook
from botrunner.exchanges.bybit.deliver import always
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.bybit.quotes import QuoteKeeper
from botrunner.exchanges.bybit.rest import Rest
from botrunner.exchanges.bybit.stream import SocketStream
from botrunner.exchanges.dialect import Frame
from botrunner.exchanges.errors import ExchangeError, MessageError
from botrunner.exchanges.market_data import Source
from botrunner.exchanges.port import (
    Listeners,
    MessageRefused,
    PricesReported,
    PublicTopics,
    StreamReported,
    TopicsReported,
)
from botrunner.exchanges.session import StreamSession
from botrunner.exchanges.stream_effects import Effect, StreamState
from botrunner.service.clock import Clock

POLL_SECONDS = 1.0


class _Followed:
    """What is known of one symbol."""

    def __init__(self, symbol: str, topics: PublicTopics) -> None:
        self.topics = topics
        self.quotes = QuoteKeeper()
        self.books = {depth: LocalBook(symbol, depth) for depth in {1, topics.depth}}
        self.source = Source.STREAM
        self.heard_at: float | None = None
        """When the stream gave the last quote; None before the first."""
        self.polled_at = -math.inf
        self.pending: Quote | None = None

    def restart(self) -> None:
        """After a reconnect: everything starts from snapshots again."""
        self.quotes.reset()
        for book in self.books.values():
            book.reset()


class PublicFeed:
    """Follows symbols; hears the session's effects and polls what is silent.

    ``new_session`` begins a session with these groups, for each connection that something needs;
    a symbol is polled at most once in ``poll_seconds``. ``connect_pause`` gives the seconds from
    one such connection to the next; polling bridges them.
    """

    def __init__(
        self,
        *,
        new_session: Callable[[Mapping[str, tuple[str, ...]]], StreamSession],
        rest: Rest,
        listeners: Listeners,
        clock: Clock,
        stale_seconds: float,
        poll_seconds: float = POLL_SECONDS,
        connect_pause: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._stale_seconds, self._poll_seconds = stale_seconds, poll_seconds
        self._connect_pause, self._connect_at = connect_pause, clock.monotonic()
        self._new_session = new_session
        self._session = new_session({})
        self._rest = rest
        self._listeners = listeners
        self._clock = clock
        self._followed: dict[str, _Followed] = {}
        self._fresh: set[str] = set()
        self._heard_at = clock.monotonic()
        self._stream: SocketStream | None = None
        self._changed_watch = asyncio.Event()

    def watch(self, symbols: Iterable[str], topics: PublicTopics) -> None:
        """Follow exactly these symbols, with these topics each."""
        wanted = set(symbols)
        now = self._clock.monotonic()
        same = {key for key in wanted & set(self._followed) if self._followed[key].topics == topics}
        for symbol in set(self._followed) - same:
            left = groups(symbol, self._followed.pop(symbol).topics)
            self._carry_out(self._session.unsubscribe(now, list(left)))
        for symbol in sorted(wanted - same):
            self._followed[symbol] = _Followed(symbol, topics)
            self._carry_out(self._session.subscribe(now, groups(symbol, topics)))
        self._changed_watch.set()

    async def run(self, connect: Callable[[StreamSession], SocketStream]) -> None:
        """Keep a connection while something is followed; until cancelled."""
        while True:
            await self._until(lambda: bool(self._followed))
            await self._clock.sleep(self._connect_at - self._clock.monotonic())
            if not self._followed:
                continue
            self._session = self._new_session(self._groups())
            self._heard_at = self._clock.monotonic()
            self._connect_at = self._heard_at + self._connect_pause()
            self._stream = connect(self._session)
            running = asyncio.ensure_future(self._stream.run())
            idle = asyncio.ensure_future(self._until(lambda: not self._followed))
            try:
                await asyncio.wait((running, idle), return_when=asyncio.FIRST_COMPLETED)
                if running.done():
                    return running.result()
            finally:
                await self._end(running, idle)
            self._tell_state(StreamState.DISCONNECTED, "nothing is watched", 0)

    def hear(self, effect: Effect) -> None:
        """Take one effect of the session."""
        match effect:
            case stream_effects.Deliver():
                self._message(effect.frame)
            case stream_effects.Changed():
                self._changed(effect)
            case stream_effects.TopicsRefused():
                self._refused(effect)
            case _:
                return

    def refuse(self, message: str, problem: str) -> None:
        """A frame could not be believed; prices simply stay as old as they are."""
        self._listeners.report(
            MessageRefused(origin="public", message=message, problem=problem, at=self._clock.now())
        )

    def drained(self) -> None:
        """Nothing more waits to be read: the newest quote of each symbol goes out."""
        for symbol in self._fresh:
            followed = self._followed.get(symbol)
            if followed is not None and followed.pending is not None:
                self._quote(symbol, followed, followed.pending, Source.STREAM)
                followed.pending = None
        self._fresh.clear()

    async def poll(self) -> None:
        """Every second, read what the stream is silent about; until cancelled."""
        while True:
            await self._clock.sleep(POLL_SECONDS)
            now = self._clock.monotonic()
            stale = [key for key, one in self._followed.items() if self._is_stale(one, now)]
            if stale and now - self._heard_at >= self._stale_seconds:
                self._carry_out(self._session.cut(f"silent for {self._stale_seconds:g} s"))
            due = [key for key in stale if self._is_due(self._followed[key], now)]
            await asyncio.gather(*(self._poll_one(symbol) for symbol in due))

    async def _poll_one(self, symbol: str) -> None:
        try:
            reply = await self._rest.call(requests.ticker(symbol), always)
            rows = fields.rows(reply.result)
            quote = quotes.ticker_quote(rows[0] if rows else {}, reply.time_ms)
        except ExchangeError:
            return  # Asked again in a second; the quote's age says the rest.
        except MessageError as error:
            self.refuse("", f"ticker of {symbol}: {error}")
            return
        followed = self._followed.get(symbol)
        if followed is not None and self._is_stale(followed, self._clock.monotonic()):
            self._quote(symbol, followed, quote, Source.REST)

    def _is_stale(self, followed: _Followed, now: float) -> bool:
        return followed.heard_at is None or now - followed.heard_at >= self._stale_seconds

    def _is_due(self, followed: _Followed, now: float) -> bool:
        # A beat may come a moment early by the sum of many waits.
        is_due = now - followed.polled_at >= self._poll_seconds - POLL_SECONDS / 2
        if is_due:
            followed.polled_at = now
        return is_due

    def _refused(self, effect: stream_effects.TopicsRefused) -> None:
        symbol, _, depth = effect.group.partition("/")
        if not depth:
            # Not polled either: a venue that refuses the topics does not know the symbol.
            self._followed.pop(symbol, None)
        self._listeners.report(
            TopicsReported(
                symbol=symbol,
                topics=effect.topics,
                message=effect.message,
                at=self._clock.now(),
            )
        )

    def _message(self, frame: Frame) -> None:
        topic = str(frame.get("topic"))
        kind, _, rest = topic.partition(".")
        detail, _, symbol = rest.rpartition(".")
        followed = self._followed.get(symbol)
        self._heard_at = self._clock.monotonic()
        if followed is None:
            return  # Given up meanwhile.
        try:
            self._one(kind, detail, symbol, followed, frame)
        except GapError as error:
            self.refuse("", f"{topic}: {error}")
            self._carry_out(self._session.resubscribe(self._heard_at, _group(symbol, detail)))
        except MessageError as error:
            self.refuse(repr(dict(frame)), str(error))

    def _one(self, kind: str, detail: str, symbol: str, followed: _Followed, frame: Row) -> None:
        match kind:
            case "tickers":
                self._price(symbol, followed, followed.quotes.ticker(frame))
            case "orderbook":
                self._book(int(detail), symbol, followed, frame)
            case "publicTrade":
                for trade in mapper_market.trades(fields.rows(frame, "data")):
                    self._listeners.market(trade)
            case "kline":
                for candle in mapper_market.stream_candles(symbol, frame):
                    self._listeners.market(candle)
            case _:
                raise MessageError(f"topic: {kind!r} was not asked for")

    def _book(self, depth: int, symbol: str, followed: _Followed, frame: Row) -> None:
        book = followed.books[depth].apply(frame)
        if book is None:
            return
        if depth == 1:
            self._price(symbol, followed, followed.quotes.book(book))
        else:
            self._listeners.market(book)

    def _price(self, symbol: str, followed: _Followed, quote: Quote | None) -> None:
        if quote is not None:
            followed.pending = quote
            self._fresh.add(symbol)

    def _quote(self, symbol: str, followed: _Followed, quote: Quote, source: Source) -> None:
        if source is Source.STREAM:
            followed.heard_at = self._clock.monotonic()
        if followed.source is not source:
            followed.source = source
            at = self._clock.now()
            self._listeners.report(PricesReported(symbol=symbol, source=source, at=at))
        self._listeners.event(QuoteChanged(symbol=symbol, quote=quote))

    def _changed(self, effect: stream_effects.Changed) -> None:
        self._tell_state(effect.state, effect.reason, effect.attempt)
        if effect.state is StreamState.CONNECTED:
            # It has as long to speak as one that fell silent.
            self._heard_at = self._clock.monotonic()
        if effect.state is StreamState.RECONNECTING:
            for followed in self._followed.values():
                followed.restart()

    def _tell_state(self, state: StreamState, reason: str, attempt: int) -> None:
        at: datetime = self._clock.now()
        self._listeners.report(
            StreamReported(stream="public", state=state, reason=reason, attempt=attempt, at=at)
        )

    def _carry_out(self, effects: list[Effect]) -> None:
        if self._stream is not None:
            self._stream.carry_out(effects)

    def _groups(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for symbol, followed in self._followed.items():
            found |= groups(symbol, followed.topics)
        return found

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._changed_watch.clear()
            await self._changed_watch.wait()

    async def _end(self, *tasks: asyncio.Future[None]) -> None:
        self._stream = None
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def groups(symbol: str, topics: PublicTopics) -> Mapping[str, tuple[str, ...]]:
    """Topics of a symbol, by group. The deep book is a group of its own: a gap resubscribes it."""
    main = [f"tickers.{symbol}", f"orderbook.1.{symbol}"]
    if topics.trades:
        main.append(f"publicTrade.{symbol}")
    main += [f"kline.{interval}.{symbol}" for interval in topics.intervals]
    found = {_group(symbol, "1"): tuple(main)}
    if topics.depth > 1:
        depth = str(topics.depth)
        found[_group(symbol, depth)] = (f"orderbook.{depth}.{symbol}",)
    return found


def _group(symbol: str, depth: str) -> str:
    return symbol if depth == "1" else f"{symbol}/{depth}"
