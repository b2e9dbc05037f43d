"""A local order book kept by snapshots and deltas. Pure.

Bybit V5: a delta's ``u`` is the one before plus 1; a snapshot, or u = 1, starts anew; level 1
comes as snapshots only; quantity 0 deletes.
"""

from datetime import datetime
from decimal import Decimal

from botrunner.exchanges.bybit import fields
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.errors import MessageError
from botrunner.exchanges.market_data import BookChanged, Level


class GapError(MessageError):
    """The book missed a message: it needs a new snapshot."""


class LocalBook:
    """One symbol's book at one depth."""

    def __init__(self, symbol: str, depth: int) -> None:
        self._symbol = symbol
        self._depth = depth
        self._bids: dict[Decimal, Decimal] = {}
        self._asks: dict[Decimal, Decimal] = {}
        self._update: int | None = None

    def apply(self, frame: Row) -> BookChanged | None:
        """The book after a frame; None for a delta while a snapshot is awaited.

        Raises GapError when a message is missing or the result is crossed; the book is empty then
        and waits for a snapshot. Raises MessageError for a frame that cannot be believed.
        """
        data = fields.part(frame, "data")
        update = fields.integer(data, "u")
        bids = [fields.level(value, "b") for value in fields.items(data, "b")]
        asks = [fields.level(value, "a") for value in fields.items(data, "a")]
        at = fields.moment(frame, "ts")
        if frame.get("type") == "snapshot" or update == 1:
            self.reset()
        elif self._update is None:
            return None
        elif update != self._update + 1:
            known = self._update
            self.reset()
            raise GapError(f"u: {update} does not follow {known}")
        self._update = update
        _merge(self._bids, bids)
        _merge(self._asks, asks)
        return self._checked(update, at)

    def reset(self) -> None:
        """Forget everything; the next frame must be a snapshot."""
        self._bids.clear()
        self._asks.clear()
        self._update = None

    def _checked(self, update: int, at: datetime) -> BookChanged:
        bids = _best(self._bids, self._depth, highest=True)
        asks = _best(self._asks, self._depth, highest=False)
        if bids and asks and bids[0][0] > asks[0][0]:
            self.reset()
            raise GapError(f"b: the best bid {bids[0][0]} is above the ask {asks[0][0]}")
        return BookChanged(
            symbol=self._symbol, depth=self._depth, bids=bids, asks=asks, update=update, at=at
        )


def _merge(side: dict[Decimal, Decimal], levels: list[Level]) -> None:
    for price, quantity in levels:
        if quantity == 0:
            side.pop(price, None)
        else:
            side[price] = quantity


def _best(side: dict[Decimal, Decimal], depth: int, *, highest: bool) -> tuple[Level, ...]:
    return tuple(sorted(side.items(), reverse=highest)[:depth])
