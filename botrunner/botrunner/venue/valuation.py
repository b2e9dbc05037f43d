"""What an account is worth and what it needs, at the present mark prices."""

from decimal import Decimal
from typing import NamedTuple

from botrunner.domain.instrument import Instrument, RiskTier
from botrunner.venue.account import Account, Figures, Holding
from botrunner.venue.floor import Floor
from botrunner.venue.margin import (
    fee_reserve,
    initial_margin,
    maintenance_margin,
    order_cost_rate,
)
from botrunner.venue.money import ZERO
from botrunner.venue.position import Position
from botrunner.venue.vocabulary import MarginMode, PositionIdx, Side


class PositionFigures(NamedTuple):
    """One position valued at the mark."""

    unrealised: Decimal
    initial: Decimal
    maintenance: Decimal
    reserve: Decimal
    """The part of both margins that is the fee of closing."""


def position_figures(
    position: Position, holding: Holding, account: Account, contract: Instrument, mark: Decimal
) -> PositionFigures:
    """Of one open position."""
    size, sign = abs(position.size), position.sign
    leverage = holding.buy_leverage if sign > 0 else holding.sell_leverage
    value = size * mark
    reserve = fee_reserve(
        entry_value=position.entry_value, leverage=leverage, sign=sign, taker=account.fees.taker
    )
    charged = value if account.margin_mode is MarginMode.CROSS else position.entry_value
    return PositionFigures(
        unrealised=sign * (value - position.entry_value),
        initial=initial_margin(value=charged, leverage=leverage, reserve=reserve),
        maintenance=maintenance_margin(value=value, tier=contract.tier_for(value), reserve=reserve),
        reserve=reserve,
    )


def tier_of(contract: Instrument, value: Decimal) -> tuple[int, RiskTier]:
    """The tier of a position value and its number, 1 for the lowest."""
    tier = contract.tier_for(value)
    return contract.tiers.index(tier) + 1, tier


class Extra(NamedTuple):
    """A change of the open orders of one side that is not made yet."""

    side: Side
    quantity: Decimal
    value: Decimal
    """quantity * price."""


def order_margin(holding: Holding, account: Account, extra: Extra | None = None) -> Decimal:
    """Margin of the holding's open orders, as they are or as they would be.

    In one-way mode orders against the position cost only for the part that exceeds it.
    """
    total = ZERO
    net = holding.all_positions.get(PositionIdx.NET)
    for side, sign, quantity, value in (
        (Side.BUY, 1, holding.buy_quantity, holding.buy_value),
        (Side.SELL, -1, holding.sell_quantity, holding.sell_value),
    ):
        if extra is not None and extra.side is side:
            quantity += extra.quantity
            value += extra.value
        if not quantity:
            continue
        if net is not None and net.size * sign < ZERO:
            value = value * max(ZERO, quantity - abs(net.size)) / quantity
        leverage = holding.leverage(side)
        total += value * order_cost_rate(leverage=leverage, sign=sign, taker=account.fees.taker)
    return total


def figures_of(floor: Floor, account: Account, holding: Holding) -> Figures:
    """Of one holding; cached until its mark price, orders or positions change."""
    market = floor.markets[holding.symbol]
    mark = market.prices.mark if market.prices else ZERO
    known = holding.figures
    if known is not None and holding.figures_mark == mark:
        return known
    each = [
        position_figures(position, holding, account, market.instrument, mark)
        for position in holding.open_positions()
    ]
    initial, maintenance = _charged(each, hedge_offset=floor.settings.hedge_offset)
    holding.figures = Figures(
        unrealised=sum((f.unrealised for f in each), ZERO),
        position_initial=initial,
        position_maintenance=maintenance,
        # The margin of open orders does not depend on the mark.
        order_initial=known.order_initial if known else order_margin(holding, account),
    )
    holding.figures_mark = mark
    return holding.figures


def totals_of(floor: Floor, account: Account) -> Figures:
    """Of all holdings."""
    unrealised = initial = maintenance = orders = ZERO
    for holding in account.holdings.values():
        figures = figures_of(floor, account, holding)
        unrealised += figures.unrealised
        initial += figures.position_initial
        maintenance += figures.position_maintenance
        orders += figures.order_initial
    return Figures(unrealised, initial, maintenance, orders)


def available_margin(account: Account, totals: Figures) -> Decimal:
    """Margin for new exposure; below 0 when more is locked than there is.

    With isolated margin unrealised results stay with their positions.
    """
    free = account.balance - totals.position_initial - totals.order_initial
    return free + totals.unrealised if account.margin_mode is MarginMode.CROSS else free


def _charged(each: list[PositionFigures], *, hedge_offset: bool) -> tuple[Decimal, Decimal]:
    if not hedge_offset or len(each) < 2:
        return sum((f.initial for f in each), ZERO), sum((f.maintenance for f in each), ZERO)
    reserves = sum((f.reserve for f in each), ZERO)
    initial = max(f.initial - f.reserve for f in each)
    maintenance = max(f.maintenance - f.reserve for f in each)
    return initial + reserves, maintenance + reserves
