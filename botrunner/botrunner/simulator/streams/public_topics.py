"""What a public topic sends: a snapshot to who comes, then what has changed, at its cadence.

Everybody on a topic hears the same frames: it is encoded once.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from botrunner.domain.instrument import Instrument
from botrunner.simulator.bybit.candle import Bar, end_of
from botrunner.simulator.bybit.market import kline_push, levels
from botrunner.simulator.bybit.wire import Json, Row
from botrunner.simulator.encode import encoded
from botrunner.simulator.streams.outbox import Outbox
from botrunner.venue.views import BookView

TICKER_SECONDS = 0.1
KLINE_SECONDS = 1.0
BOOK_SECONDS = {1: 0.01, 50: 0.02, 200: 0.1, 1000: 0.2}
LEVEL_ONE_REPEAT_SECONDS = 3.0


class Cadence:
    """Runs ``flush`` at most once every so many seconds, and only when asked for."""

    def __init__(self, seconds: float, flush: Callable[[], None]) -> None:
        self._seconds = seconds
        self._flush = flush
        self._timer: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """Flush once the cadence allows; asking again before that changes nothing."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._run)

    def stop(self) -> None:
        """Forget what was asked for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        self._flush()


class Audience:
    """Who listens to one topic."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._listeners: dict[Outbox, None] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    def join(self, outbox: Outbox, first: Row | None) -> None:
        """Listen from now on; ``first`` is the snapshot the newcomer alone gets."""
        self._listeners[outbox] = None
        if first is not None:
            outbox.put(self.topic, encoded(first))

    def leave(self, outbox: Outbox) -> None:
        """Listen no more."""
        self._listeners.pop(outbox, None)

    def tell(self, frame: Row) -> None:
        """Send a frame to everybody."""
        payload = encoded(frame)
        for outbox in self._listeners:
            outbox.put(self.topic, payload)


class PublicSender(Protocol):
    """A public topic at work."""

    audience: Audience

    def snapshot(self) -> Row | None:
        """What a newcomer gets first."""
        ...

    def touch(self) -> None:
        """Something on the symbol may have changed."""
        ...

    def stop(self) -> None:
        """Send nothing more."""
        ...


class TickerSender:
    """``tickers``: one snapshot, then deltas in which an absent field is unchanged."""

    def __init__(
        self, topic: str, read: Callable[[], Row], number: Callable[[], int], now: Callable[[], int]
    ) -> None:
        self.audience = Audience(topic)
        self._read = read
        self._number = number
        self._now = now
        self._sent = read()
        self._cadence = Cadence(TICKER_SECONDS, self._flush)

    def snapshot(self) -> Row:
        """The fields as last sent, so that the next delta fits."""
        return self._frame("snapshot", self._sent)

    def touch(self) -> None:
        """Send a delta at the next beat."""
        self._cadence.ask()

    def stop(self) -> None:
        """Send nothing more."""
        self._cadence.stop()

    def _flush(self) -> None:
        now = self._read()
        changed = {name: value for name, value in now.items() if value != self._sent[name]}
        if changed:
            self._sent = now
            self.audience.tell(self._frame("delta", {"symbol": now["symbol"]} | changed))

    def _frame(self, kind: str, data: Row) -> Row:
        return {
            "topic": self.audience.topic,
            "type": kind,
            "data": data,
            "cs": self._number(),
            "ts": self._now(),
        }


class BookSender:
    """``orderbook``: a snapshot, then deltas whose ``u`` grows by one; size 0 deletes a level.

    Depth 1 knows snapshots only, repeated with the same ``u`` after three silent seconds.
    """

    def __init__(
        self,
        topic: str,
        depth: int,
        instrument: Instrument,
        read: Callable[[], BookView],
        now: Callable[[], int],
    ) -> None:
        self.audience = Audience(topic)
        self._depth = depth
        self._instrument = instrument
        self._read = read
        self._now = now
        self._view = read()
        self._bids, self._asks = self._sides(self._view)
        self._number = self._view.update_id + 1
        self._cadence = Cadence(BOOK_SECONDS[depth], self._flush)
        self._repeat = Cadence(LEVEL_ONE_REPEAT_SECONDS, self._say_again)
        if depth == 1:
            self._repeat.ask()

    def snapshot(self) -> Row:
        """The book as last sent, so that the next delta fits."""
        return self._frame("snapshot", list(self._bids.items()), list(self._asks.items()))

    def touch(self) -> None:
        """Send what has changed at the next beat."""
        self._cadence.ask()

    def stop(self) -> None:
        """Send nothing more."""
        self._cadence.stop()
        self._repeat.stop()

    def _flush(self) -> None:
        self._view = self._read()
        bids, asks = self._sides(self._view)
        changed_bids, changed_asks = _changes(self._bids, bids), _changes(self._asks, asks)
        if not changed_bids and not changed_asks:
            return
        self._bids, self._asks = bids, asks
        self._number += 1
        if self._depth > 1:
            self.audience.tell(self._frame("delta", changed_bids, changed_asks))
            return
        self.audience.tell(self.snapshot())
        self._repeat.stop()
        self._repeat.ask()

    def _say_again(self) -> None:
        self.audience.tell(self.snapshot())
        self._repeat.ask()

    def _sides(self, view: BookView) -> tuple[dict[str, str], dict[str, str]]:
        depth = self._depth
        return (
            dict(levels(view.bids[:depth], self._instrument)),
            dict(levels(view.asks[:depth], self._instrument)),
        )

    def _frame(
        self, kind: str, bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]
    ) -> Row:
        pairs_b: list[Json] = [list(level) for level in bids]
        pairs_a: list[Json] = [list(level) for level in asks]
        return {
            "topic": self.audience.topic,
            "type": kind,
            "ts": self._now(),
            "data": {
                "s": self._view.symbol,
                "b": pairs_b,
                "a": pairs_a,
                "u": self._number,
                "seq": self._view.update_id,
            },
            "cts": self._now(),
        }


def _changes(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    changed = [(price, size) for price, size in after.items() if before.get(price) != size]
    return changed + [(price, "0") for price in before if price not in after]


class KlineSender:
    """``kline``: the running candle each second, and the closed one once, confirmed."""

    def __init__(
        self,
        topic: str,
        interval: str,
        instrument: Instrument,
        bar: Callable[[int | None], Bar | None],
        now: Callable[[], int],
    ) -> None:
        """``bar`` gives the running candle for None, else the one that starts then."""
        self.audience = Audience(topic)
        self._interval = interval
        self._instrument = instrument
        self._bar = bar
        self._now = now
        self._start: int | None = None
        self._cadence = Cadence(KLINE_SECONDS, self._flush)
        self._cadence.ask()

    def snapshot(self) -> Row | None:
        """The running candle; None before the first price."""
        bar = self._bar(None)
        if bar is None:
            return None
        self._start = bar.start_ms
        return self._frame(bar)

    def touch(self) -> None:
        """Nothing: candles go out by the clock."""

    def stop(self) -> None:
        """Send nothing more."""
        self._cadence.stop()

    def _flush(self) -> None:
        running = self._bar(None)
        if running is not None:
            closed = self._bar(self._start) if self._start is not None else None
            if closed is not None and closed.start_ms != running.start_ms:
                self.audience.tell(self._frame(closed))
            self._start = running.start_ms
            self.audience.tell(self._frame(running))
        self._cadence.ask()

    def _frame(self, bar: Bar) -> Row:
        now = self._now()
        end = end_of(self._interval, bar.start_ms)
        row = kline_push(bar, self._interval, end, self._instrument, now)
        return {"topic": self.audience.topic, "data": [row], "ts": now, "type": "snapshot"}


class TradeSender:
    """``publicTrade``: trades as they happen; nothing to begin with."""

    def __init__(self, topic: str) -> None:
        self.audience = Audience(topic)

    def snapshot(self) -> None:
        """A newcomer gets nothing: only what happens from now on."""
        return None

    def touch(self) -> None:
        """Nothing: trades are told one by one."""

    def stop(self) -> None:
        """Nothing to stop."""

    def tell(self, trades: Sequence[Row], now_ms: int) -> None:
        """Send trades, at most 1,024 in a frame."""
        for first in range(0, len(trades), 1024):
            data: list[Json] = [*trades[first : first + 1024]]
            self.audience.tell(
                {"topic": self.audience.topic, "type": "snapshot", "ts": now_ms, "data": data}
            )
