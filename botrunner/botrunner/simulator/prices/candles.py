"""Candles, and the files they are recorded in.

A file is CSV with the header ``start,open,high,low,close,volume`` and, where known, ``turnover``.
``start`` is in milliseconds since the epoch (UTC), volume in the base coin, turnover in the quote
coin.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from botrunner.simulator.prices.errors import PriceFileError

COLUMNS = ("start", "open", "high", "low", "close", "volume")
_LEAST_INTERVAL_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One bar; ``low <= open, close <= high``."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    """Base coin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeries:
    """Candles in time order, each ``interval`` long; never empty."""

    interval: timedelta
    candles: tuple[Candle, ...]

    def joined(self, count: int) -> "CandleSeries":
        """Each ``count`` candles as one; the last one may be made of fewer."""
        groups = [self.candles[i : i + count] for i in range(0, len(self.candles), count)]
        return CandleSeries(
            interval=self.interval * count, candles=tuple(_join(group) for group in groups)
        )


def _join(candles: tuple[Candle, ...]) -> Candle:
    return Candle(
        open=candles[0].open,
        high=max(candle.high for candle in candles),
        low=min(candle.low for candle in candles),
        close=candles[-1].close,
        volume=sum((candle.volume for candle in candles), Decimal(0)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in which file the reader is."""

    name: str
    line: int

    def error(self, field: str, problem: str) -> PriceFileError:
        return PriceFileError(self.name, problem, line=self.line, field=field)


def read_candles(name: str, lines: Iterable[str]) -> CandleSeries:
    """Read a candle file.

    Rows follow each other by one interval, the difference of the first two starts; a single row is
    taken as one minute long. Raises PriceFileError naming ``name``, line and field.
    """
    rows = csv.reader(lines)
    _check_header(_Place(name=name, line=1), next(rows, []))
    starts: list[int] = []
    candles: list[Candle] = []
    for row in rows:
        place = _Place(name=name, line=rows.line_num)
        start, candle = _read_row(place, row)
        _check_start(place, starts, start)
        starts.append(start)
        candles.append(candle)
    if not candles:
        raise PriceFileError(name, "the file holds no candle; add at least one row", line=2)
    interval_ms = starts[1] - starts[0] if len(starts) > 1 else 60_000
    return CandleSeries(interval=timedelta(milliseconds=interval_ms), candles=tuple(candles))


def _check_header(place: _Place, header: list[str]) -> None:
    if tuple(header[:6]) != COLUMNS or header[6:] not in ([], ["turnover"]):
        wanted, found = ",".join(COLUMNS), ",".join(header) or "nothing"
        raise place.error(
            "header", f"must be {wanted} and, if known, turnover as a seventh column; is {found}"
        )


def _check_start(place: _Place, starts: list[int], start: int) -> None:
    if not starts:
        return
    if start < starts[-1] + _LEAST_INTERVAL_MS:
        raise place.error(
            "start", f"must be a second or more after the row before ({starts[-1]}), is {start}"
        )
    interval = starts[1] - starts[0] if len(starts) > 1 else start - starts[0]
    if start != starts[-1] + interval:
        raise place.error(
            "start",
            f"must be {starts[-1] + interval}, one interval after the row before, is {start}; "
            "fill the gap or cut the file there",
        )


def _read_row(place: _Place, row: list[str]) -> tuple[int, Candle]:
    if len(row) not in (6, 7):
        raise place.error("row", f"has {len(row)} columns, not 6 or 7; the file may be cut off")
    start = _read_start(place, row[0])
    numbers = {
        field: _read_number(place, field, text)
        for field, text in zip((*COLUMNS[1:], "turnover"), row[1:], strict=False)
    }
    candle = Candle(**{field: numbers[field] for field in COLUMNS[1:]})
    _check_range(place, candle)
    return start, candle


def _read_start(place: _Place, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise place.error("start", f"must be whole milliseconds since the epoch, is {text!r}")
    return int(text)


def _read_number(place: _Place, field: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise place.error(field, f"must be a number, is {text!r}") from None
    amount = field in ("volume", "turnover")
    if not number.is_finite() or number < 0 or (number == 0 and not amount):
        least = "0 or more" if amount else "greater than 0"
        raise place.error(field, f"must be {least}, is {text}")
    return number


def _check_range(place: _Place, candle: Candle) -> None:
    for field, price in _within(candle):
        if price > candle.high:
            raise place.error("high", f"must be at least {field} ({price}), is {candle.high}")
        if price < candle.low:
            raise place.error("low", f"must be at most {field} ({price}), is {candle.low}")


def _within(candle: Candle) -> Iterator[tuple[str, Decimal]]:
    yield "open", candle.open
    yield "close", candle.close
    yield "low", candle.low
