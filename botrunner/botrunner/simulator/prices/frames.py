"""Recorded order-book frames, as Bybit V5 sends them (topic ``orderbook.<depth>.<symbol>``).

A file holds one JSON document a line: a snapshot, then deltas whose ``u`` counts up by one; a later
snapshot replaces the book. A level of size "0" is gone. Each frame is kept as the levels it changed
and what stood there before, so that the book can be walked backwards as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from botrunner.simulator.prices.errors import PriceFileError

Side = dict[Decimal, Decimal]
"""Size (base coin) by price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One level of a book, before and after a frame; size zero: no such level."""

    is_bid: bool
    price: Decimal
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What one message did to the book."""

    at: timedelta
    """Since the first frame."""
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeries:
    """Frames in time order; the first one builds the book from nothing. Never empty."""

    symbol: str
    frames: tuple[Frame, ...]


class _Message(msgspec.Struct, frozen=True):
    topic: str
    type: str
    ts: int
    data: "_Data"


class _Data(msgspec.Struct, frozen=True):
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]
    u: int


def read_frames(name: str, lines: Iterable[str]) -> FrameSeries:
    """Read a file of order-book frames.

    Raises PriceFileError naming ``name``, line and field: JSON that does not parse, a delta that
    does not follow its predecessor, time that runs back, a book that is crossed or has lost a side.
    """
    reader = _Reader(name)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            reader.read(number, line)
    return reader.finish()


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._line = 0
        self._previous: _Message | None = None
        self._start_ms = 0
        self._bids: Side = {}
        self._asks: Side = {}
        self._frames: list[Frame] = []

    def read(self, line: int, text: str) -> None:
        self._line = line
        message = self._decode(text)
        self._check_order(message)
        bids, asks = self._levels("data.b", message.data.b), self._levels("data.a", message.data.a)
        if message.type == "snapshot":
            bids, asks = _replacing(self._bids, bids), _replacing(self._asks, asks)
        changes = (*_apply(self._bids, bids, True), *_apply(self._asks, asks, False))
        self._check_book()
        at = timedelta(milliseconds=message.ts - self._start_ms)
        self._frames.append(Frame(at=at, changes=changes))
        self._previous = message

    def finish(self) -> FrameSeries:
        if self._previous is None:
            raise PriceFileError(self._name, "the file holds no frame; record at least a snapshot")
        symbol = self._previous.topic.rpartition(".")[2]
        return FrameSeries(symbol=symbol, frames=tuple(self._frames))

    def _error(self, field: str, problem: str) -> PriceFileError:
        return PriceFileError(self._name, problem, line=self._line, field=field)

    def _decode(self, text: str) -> _Message:
        try:
            message = msgspec.json.decode(text, type=_Message)
        except msgspec.MsgspecError as error:
            raise self._error("frame", f"is no order-book message: {error}") from None
        if not message.topic.startswith("orderbook."):
            raise self._error("topic", f"must be orderbook.<depth>.<symbol>, is {message.topic}")
        if message.type not in ("snapshot", "delta"):
            raise self._error("type", f"must be snapshot or delta, is {message.type}")
        return message

    def _check_order(self, message: _Message) -> None:
        previous = self._previous
        if previous is None:
            if message.type != "snapshot":
                raise self._error("type", "the first frame must be a snapshot, is a delta")
            self._start_ms = message.ts
            return
        if message.topic != previous.topic:
            raise self._error("topic", f"must be {previous.topic} throughout, is {message.topic}")
        if message.ts < previous.ts:
            raise self._error("ts", f"must not be before {previous.ts}, is {message.ts}")
        if message.type == "delta" and message.data.u != previous.data.u + 1:
            raise self._error(
                "data.u",
                f"must be {previous.data.u + 1}, is {message.data.u}; a frame is missing, cut the "
                "file there",
            )

    def _levels(self, field: str, rows: list[tuple[str, str]]) -> Side:
        levels: Side = {}
        for position, (price, size) in enumerate(rows):
            place = f"{field}[{position}]"
            levels[self._number(place, price, least=1)] = self._number(place, size, least=0)
        return levels

    def _number(self, field: str, text: str, *, least: int) -> Decimal:
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise self._error(field, f"must hold numbers, holds {text!r}") from None
        if not number.is_finite() or number < 0 or (least and number == 0):
            wanted = "a price greater than 0" if least else "a size of 0 or more"
            raise self._error(field, f"must hold {wanted}, holds {text}")
        return number

    def _check_book(self) -> None:
        for field, side in (("data.b", self._bids), ("data.a", self._asks)):
            if not side:
                raise self._error(field, "leaves no level on this side of the book")
        bid, ask = max(self._bids), min(self._asks)
        if bid >= ask:
            raise self._error("data", f"crosses the book: bid {bid} is not below ask {ask}")


def _replacing(side: Side, levels: Side) -> Side:
    return {**dict.fromkeys(side, Decimal(0)), **levels}


def _apply(side: Side, levels: Side, is_bid: bool) -> Iterable[Change]:
    for price, after in levels.items():
        before = side.get(price, Decimal(0))
        set_level(side, price, after)
        if before != after:
            yield Change(is_bid=is_bid, price=price, before=before, after=after)


def set_level(side: Side, price: Decimal, size: Decimal) -> None:
    """Put a level into ``side``, or take it out if ``size`` is zero."""
    if size:
        side[price] = size
    else:
        side.pop(price, None)
