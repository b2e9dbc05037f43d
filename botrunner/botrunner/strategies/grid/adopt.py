"""Prices taken over from orders that rest already, so that recovery keeps what is right (GR-41)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates
from botrunner.domain.parameters import GridParameters
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.strategies.grid.prices import take_profit_price
from botrunner.strategies.grid.quantities import level_quantity, reference_quantity
from botrunner.strategies.grid.state import GridSide, GridState, Quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An open order of the strategy, as recovery found it."""

    side: Side
    purpose: Purpose
    level: int
    price: Decimal
    quantity: Decimal
    created_at: datetime


def adopt(
    state: GridState,
    found: Iterable[Found],
    parameters: GridParameters,
    fees: FeeRates,
    instrument: Instrument,
) -> GridState:
    """The state with the quotes and exit prices of orders that could rest in it as they are."""
    orders = tuple(found)
    if state.is_flat:
        state = _with_start(state, orders, instrument)
    for side in SIDES:
        mine = tuple(order for order in orders if order.side is side)
        changed = _with_quote(state, state.side(side), mine, instrument)
        changed = _with_exit(changed, mine, parameters, fees, instrument)
        state = state.with_side(changed)
    return state


def _with_start(state: GridState, orders: tuple[Found, ...], instrument: Instrument) -> GridState:
    """A start whose first order still rests unfilled keeps its reference."""
    for order in orders:
        first = order.side is Side.LONG and order.purpose is Purpose.ENTRY and order.level == 0
        if first:
            reference = reference_quantity(state.applied, order.price, instrument)
            if reference == order.quantity:
                return replace(state, reference=reference)
    return state


def _with_quote(
    state: GridState, side: GridSide, orders: tuple[Found, ...], instrument: Instrument
) -> GridSide:
    if state.reference is None:
        return side
    for order in orders:
        opening = order.purpose is Purpose.ENTRY and order.level <= side.opening
        if side.since is not None and order.created_at <= side.since:
            continue
        wanted = level_quantity(
            state.reference, state.applied.averaging_multiplier, order.level, instrument
        )
        if opening and order.quantity == wanted:
            return replace(side, quoted=Quoted(price=order.price, at=order.created_at))
    return side


def _with_exit(
    side: GridSide,
    orders: tuple[Found, ...],
    parameters: GridParameters,
    fees: FeeRates,
    instrument: Instrument,
) -> GridSide:
    if side.holding.is_flat:
        return side
    possible = {
        take_profit_price(side.side, side.holding, parameters.take_profit_ratio, fee, instrument)
        for fee in (fees.maker, fees.taker)
    }
    for order in orders:
        if order.purpose is Purpose.TAKE_PROFIT and order.price in possible:
            return replace(side, exit_price=order.price)
    return side
