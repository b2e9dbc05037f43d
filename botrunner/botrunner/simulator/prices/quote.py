"""From one price to all the prices a venue publishes.

- last: the price itself, to the tick, half to even.
- bid and ask: one of them is ``last``, the other ``spread_ticks`` away. A price that rose was
  lifted from the ask, one that fell was hit on the bid; one that stands stays where it was.
- index: ``last * (1 - premium_ratio)``, to the tick. The premium is constant.
- mark: ``last``. The venue's mark is the median of the index with funding, the index plus the mean
  of (mid - index), and last (Bybit V5, mark price); under a constant premium the second is the mid
  and the median is ``last`` to within the spread.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.price_source import PriceStep, Trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How the published prices lie around the last one."""

    spread_ticks: int = 1
    """Distance of bid and ask, in ticks."""
    premium_ratio: Decimal = Decimal("0.0001")
    """How far the index lies below the last price, a fraction of it; may be negative."""


class Quoter:
    """Turns the prices of one symbol, in their order, into steps; remembers the last side."""

    def __init__(self, instrument: Instrument, spread: Spread) -> None:
        self._instrument = instrument
        self._spread = spread
        self._last: Decimal | None = None
        self._side: Literal["Buy", "Sell"] = "Buy"

    def step(self, offset: timedelta, price: Decimal, quantity: Decimal = Decimal(0)) -> PriceStep:
        """The step to ``price``, with a trade if ``quantity`` (base coin) is not zero."""
        last = nearest_price(self._instrument, price)
        if self._last is not None and last != self._last:
            self._side = "Buy" if last > self._last else "Sell"
        self._last = last
        bid, ask = self._around(last)
        return PriceStep(
            symbol=self._instrument.symbol,
            offset=offset,
            last=last,
            mark=last,
            index=index_below(self._instrument, last, self._spread),
            bid=bid,
            ask=ask,
            trade=Trade(price=last, quantity=quantity, side=self._side) if quantity else None,
        )

    def _around(self, last: Decimal) -> tuple[Decimal, Decimal]:
        width = self._spread.spread_ticks * self._instrument.tick_size
        bid = last - width if self._side == "Buy" else last
        bid = max(bid, self._instrument.min_price)
        return bid, bid + width


def nearest_price(instrument: Instrument, price: Decimal) -> Decimal:
    """The nearest multiple of the tick, half to even; at least the least price."""
    tick = instrument.tick_size
    nearest = ((price / tick).to_integral_value() * tick).quantize(tick)
    return max(nearest, instrument.min_price)


def index_below(instrument: Instrument, last: Decimal, spread: Spread) -> Decimal:
    """The index price that gives ``last`` its premium."""
    return nearest_price(instrument, last * (1 - spread.premium_ratio))
