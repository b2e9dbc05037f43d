"""Prices of one symbol from recorded order-book frames.

- bid, ask and the whole book: as recorded.
- last: stays where it is until the book moves over it, then it is the bid or ask that did; such a
  move is published as a trade of what stood at the best level that was taken away. Recorded frames
  hold no trades: these are the least that the moves imply.
- mark: the mid, to the tick; index: the mid less the premium (see ``quote``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count, takewhile
from typing import Literal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.price_source import Level, PriceStep, Trade
from botrunner.simulator.prices.frames import Frame, FrameSeries, Side, set_level
from botrunner.simulator.prices.mirror import back_and_forth, mirror_past
from botrunner.simulator.prices.quote import Spread, index_below, nearest_price


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePrices:
    """Replays frames to their end, undoes them to the start, and so on."""

    instrument: Instrument
    series: FrameSeries
    past_interval: timedelta = timedelta(seconds=1)
    """Least source time between two steps of the past."""
    spread: Spread = Spread()

    @property
    def symbol(self) -> str:
        """The contract these are the prices of."""
        return self.instrument.symbol

    def steps(self) -> Iterator[PriceStep]:
        """One step a frame, without an end; the last frame lasts as long as the one before it."""
        frames = self.series.frames
        book = _Book(frames[0])
        tape = _Tape(self.instrument)
        for offset, position in back_and_forth([frame.at for frame in frames], self._length):
            book.go_to(position, frames)
            yield self._step(offset, book, tape)

    def past(self) -> Iterator[PriceStep]:
        """The mirror image of ``steps``, with fewer of them: days of it must come quickly."""
        return mirror_past(self._sparse_steps())

    @property
    def _length(self) -> timedelta:
        frames = self.series.frames
        pause = frames[-1].at - frames[-2].at if len(frames) > 1 else timedelta(0)
        return frames[-1].at + max(pause, timedelta(milliseconds=1))

    def _sparse_steps(self) -> Iterator[PriceStep]:
        kept: list[PriceStep] = []
        for step in takewhile(lambda step: step.offset < 2 * self._length, self.steps()):
            if not kept or step.offset >= kept[-1].offset + self.past_interval:
                kept.append(step)
        # A round that is shorter than the interval counts for several.
        rounds = max(self.past_interval // (2 * self._length), 1)
        for lap in count():
            base = lap * rounds * 2 * self._length
            yield from (replace(step, offset=base + step.offset) for step in kept)

    def _step(self, offset: timedelta, book: "_Book", tape: "_Tape") -> PriceStep:
        bids, asks = book.levels()
        mark = nearest_price(self.instrument, (bids[0][0] + asks[0][0]) / 2)
        trade = tape.follow(bids[0], asks[0])
        return PriceStep(
            symbol=self.symbol,
            offset=offset,
            last=tape.last,
            mark=mark,
            index=index_below(self.instrument, mark, self.spread),
            bid=bids[0][0],
            ask=asks[0][0],
            bids=bids,
            asks=asks,
            trade=trade,
        )


class _Book:
    """The book after one of the frames; moves to a neighbouring frame by its changes."""

    def __init__(self, first: Frame) -> None:
        self._bids: Side = {}
        self._asks: Side = {}
        self._position = 0
        self._do(first)

    def go_to(self, position: int, frames: tuple[Frame, ...]) -> None:
        while self._position < position:
            self._position += 1
            self._do(frames[self._position])
        while self._position > position:
            self._undo(frames[self._position])
            self._position -= 1

    def levels(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        return tuple(sorted(self._bids.items(), reverse=True)), tuple(sorted(self._asks.items()))

    def _do(self, frame: Frame) -> None:
        for change in frame.changes:
            set_level(self._side(change.is_bid), change.price, change.after)

    def _undo(self, frame: Frame) -> None:
        for change in frame.changes:
            set_level(self._side(change.is_bid), change.price, change.before)

    def _side(self, is_bid: bool) -> Side:
        return self._bids if is_bid else self._asks


class _Tape:
    """The last price, and the trades that the moves of the best levels imply."""

    def __init__(self, instrument: Instrument) -> None:
        self.last = Decimal(0)
        self._instrument = instrument
        self._bid: Level = (Decimal(0), Decimal(0))
        self._ask: Level = (Decimal(0), Decimal(0))

    def follow(self, bid: Level, ask: Level) -> Trade | None:
        before = self.last
        taken_bid, taken_ask = self._bid, self._ask
        self._bid, self._ask = bid, ask
        if not before:
            self.last = bid[0]
            return None
        self.last = min(max(before, bid[0]), ask[0])
        if self.last == before:
            return None
        rose = self.last > before
        return self._trade("Buy" if rose else "Sell", taken_ask if rose else taken_bid)

    def _trade(self, side: Literal["Buy", "Sell"], taken: Level) -> Trade | None:
        quantity = self._instrument.floor_quantity(taken[1])
        return Trade(price=self.last, quantity=quantity, side=side) if quantity else None
