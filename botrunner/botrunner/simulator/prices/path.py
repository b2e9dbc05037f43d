"""The way a price takes inside a candle.

A candle says where the price was at its ends and how far it went, not in which order. The line is:
open, the extreme nearer to the open, the other extreme, close. With both equally near, a candle
that rises goes to its low first, one that falls to its high. The price moves along this line at
one speed: a leg takes its share of the candle's interval in proportion to its length.

The line is sampled at its four corners and every ``resolution`` between them. The last corner is
reached one millisecond before the interval is over, so that all of the line lies within it: a
candle built from the points has the open, high, low, close and volume of the recorded one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from botrunner.simulator.prices.candles import Candle

Line = tuple[Decimal, ...]
"""Prices of the corners, in the order they are visited."""

_MICROSECOND = timedelta(microseconds=1)
_BEFORE_THE_NEXT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where the price is at one moment of a candle; prices are not rounded yet."""

    at: timedelta
    """Since the candle's start."""
    price: Decimal
    traded: Decimal
    """Base coin traded in the candle up to now."""


def line_through(candle: Candle) -> Line:
    """Open, the two extremes in the order they are visited, close."""
    down, up = candle.open - candle.low, candle.high - candle.open
    low_first = down < up or (down == up and candle.close >= candle.open)
    extremes = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    return (candle.open, *extremes, candle.close)


def walk_line(
    line: Line, volume: Decimal, *, interval: timedelta, resolution: timedelta
) -> Iterator[Point]:
    """The points of one candle in time order, the first at zero, the last just before ``interval``.

    ``volume`` is traded evenly over the time. Corners may share a moment.
    """
    span = interval - _BEFORE_THE_NEXT
    for at, price in _sample(line, _turns(line, span), resolution):
        yield Point(at=at, price=price, traded=volume * _ratio(at, span))


def _turns(line: Line, span: timedelta) -> list[timedelta]:
    legs = [abs(end - start) for start, end in pairwise(line)]
    length = sum(legs, Decimal(0))
    if not length:
        return [timedelta(0)] * len(legs) + [span]
    walked = [sum(legs[:count], Decimal(0)) for count in range(len(legs) + 1)]
    return [_part(span, distance / length) for distance in walked]


def _sample(
    line: Line, turns: list[timedelta], resolution: timedelta
) -> Iterator[tuple[timedelta, Decimal]]:
    yield turns[0], line[0]
    for (begin, start), (finish, end) in pairwise(zip(turns, line, strict=True)):
        at = (begin // resolution + 1) * resolution
        while at < finish:
            yield at, start + (end - start) * _ratio(at - begin, finish - begin)
            at += resolution
        if (finish, end) != (begin, start):
            yield finish, end


def _part(span: timedelta, share: Decimal) -> timedelta:
    microseconds = Decimal(span // _MICROSECOND) * share
    return int(microseconds.to_integral_value(rounding=ROUND_FLOOR)) * _MICROSECOND


def _ratio(part: timedelta, whole: timedelta) -> Decimal:
    return Decimal(part // _MICROSECOND) / Decimal(whole // _MICROSECOND)
