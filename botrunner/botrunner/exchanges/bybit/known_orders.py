"""What is remembered of orders so that executions, which carry no position side, can be placed.

Bounded: the oldest final order is forgotten first. Pure state, no IO.
"""

from dataclasses import dataclass

from botrunner.domain.side import Side

_CAPACITY = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOrder:
    """One order, by the id the engine knows."""

    order_id: str
    symbol: str
    side: Side
    reduces: bool
    is_open: bool


class KnownOrders:
    """Orders by the venue's id."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._open: dict[str, KnownOrder] = {}
        self._final: dict[str, KnownOrder] = {}

    def learn(self, venue_id: str, order: KnownOrder) -> None:
        """Remember what a row said; a final order stays final, whatever arrives late."""
        if venue_id in self._final:
            return
        if order.is_open:
            self._open[venue_id] = order
            return
        self._open.pop(venue_id, None)
        self._final[venue_id] = order
        if len(self._final) > self._capacity:
            del self._final[next(iter(self._final))]

    def forget(self, venue_id: str) -> None:
        """Forget an order that rested by the last word heard and is nowhere."""
        self._open.pop(venue_id, None)

    def by_venue_id(self, venue_id: str) -> KnownOrder | None:
        """The order, if it was seen."""
        return self._open.get(venue_id) or self._final.get(venue_id)

    def open_orders(self) -> dict[str, KnownOrder]:
        """What rested by the last word heard, by the venue's id."""
        return dict(self._open)
