"""Endless from finite: a recording runs to its end, back to its start, and so on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from botrunner.simulator.price_source import PriceStep, Trade


def bounce(count: int) -> Iterator[tuple[int, bool]]:
    """Positions ``0 .. count-1``, then ``count-1 .. 0``, without an end; True on the way up."""
    while True:
        yield from ((position, True) for position in range(count))
        yield from ((position, False) for position in reversed(range(count)))


def back_and_forth(
    moments: Sequence[timedelta], length: timedelta
) -> Iterator[tuple[timedelta, int]]:
    """When which state begins, for states that begin at ``moments`` and last until the next one.

    ``moments`` start at zero; the last state lasts until ``length``. The way back is the exact
    mirror image: a state that lasted five seconds lasts five seconds again.
    """
    base = timedelta(0)
    while True:
        yield from ((base + moment, state) for state, moment in enumerate(moments))
        base += 2 * length
        yield from ((base - moments[state], state - 1) for state in range(len(moments) - 1, 0, -1))


def mirror_past(steps: Iterable[PriceStep]) -> Iterator[PriceStep]:
    """The steps before zero, newest first, as the mirror image of those after it.

    A price that held from one step to the next after zero holds as long before it.
    """
    for step, following in pairwise(steps):
        if following.offset:
            yield replace(step, offset=-following.offset, trade=_turn(step.trade))


def _turn(trade: Trade | None) -> Trade | None:
    if trade is None:
        return None
    return replace(trade, side="Sell" if trade.side == "Buy" else "Buy")
