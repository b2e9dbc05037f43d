"""The take-profit of one side: always the whole side, in as few orders as the venue allows."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from botrunner.domain.desired import DesiredOrder
from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.parameters import GridParameters
from botrunner.domain.side import Purpose
from botrunner.strategies.grid.prices import placed_exit_price
from botrunner.strategies.grid.state import GridSide, Quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitPlan:
    """A side with its exit price fixed, the orders that close it, and when to look again."""

    side: GridSide
    orders: tuple[DesiredOrder, ...]
    wake_at: datetime | None


def plan_exit(
    side: GridSide,
    parameters: GridParameters,
    fees: FeeRates,
    quote: Quote | None,
    instrument: Instrument,
    reference: Decimal,
    now: datetime,
) -> ExitPlan:
    """What closes the side. The price stays as it is until an entry, funding or an edit."""
    if side.holding.is_flat:
        return ExitPlan(side=side, orders=(), wake_at=None)
    price = side.exit_price or placed_exit_price(
        side.side, side.holding, parameters.take_profit_ratio, fees, quote, instrument
    )
    side, wake_at = _closing(replace(side, exit_price=price), parameters, quote, reference, now)
    price = side.closing.price if side.closing else price
    orders = tuple(
        DesiredOrder(
            side=side.side, purpose=Purpose.TAKE_PROFIT, level=part, quantity=size, price=price
        )
        for part, size in enumerate(split_exit(side.holding.quantity, instrument))
    )
    return ExitPlan(side=side, orders=orders, wake_at=wake_at)


def split_exit(quantity: Decimal, instrument: Instrument) -> tuple[Decimal, ...]:
    """Full orders first; a rest below the minimum borrows from the one before (GR-4)."""
    full, rest = divmod(quantity, instrument.max_quantity)
    sizes = [instrument.max_quantity] * int(full)
    if rest == 0:
        return tuple(sizes)
    if sizes and rest < instrument.min_quantity:
        sizes[-1] -= instrument.min_quantity - rest
        rest = instrument.min_quantity
    return (*sizes, rest)


def _closing(
    side: GridSide,
    parameters: GridParameters,
    quote: Quote | None,
    reference: Decimal,
    now: datetime,
) -> tuple[GridSide, datetime | None]:
    """GR-33: a small remainder that has rested for the timeout is closed at the market's price."""
    if side.exit_filled_at is None or side.holding.quantity >= reference:
        return side, None
    due = (side.closing.at if side.closing else side.exit_filled_at) + parameters.entry_timeout
    if now < due or quote is None:
        return side, due
    closing = Quoted(price=quote.taker_exit(side.side), at=now)
    return replace(side, closing=closing), now + parameters.entry_timeout
