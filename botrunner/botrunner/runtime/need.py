"""What a grid would take at the venue, in numbers, before it trades (GR-60). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates
from botrunner.domain.parameters import GridParameters
from botrunner.domain.precision import ONE
from botrunner.domain.side import SIDES, Side
from botrunner.risk.limits import tier_limit
from botrunner.risk.margin import order_cost
from botrunner.strategies.grid.quantities import level_quantity, reference_quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelNeed:
    """One level of both sides."""

    level: int
    quantity: Decimal
    """Of each side, base coin."""
    value: Decimal
    """Of the larger side, quote coin."""
    cost: Decimal
    """Margin and fees of both sides, USDT."""
    total: Decimal
    """Of this level and all below it, USDT."""
    refused: str
    """Why the venue would not take it; empty when it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridNeed:
    """A whole grid, opened at ``price``."""

    price: Decimal
    leverage: Decimal
    """In force: the wanted one, down to the venue's maximum and step."""
    levels: tuple[LevelNeed, ...]

    @property
    def last_placeable(self) -> int:
        """The highest level that the venue takes, all below it included; -1 when none."""
        refused = [each.level for each in self.levels if each.refused]
        return refused[0] - 1 if refused else self.levels[-1].level

    @property
    def margin(self) -> Decimal:
        """What all levels on both sides need, USDT."""
        return self.levels[-1].total

    def deepest_within(self, money: Decimal) -> int:
        """The highest level that this much money pays for on both sides; -1 when none."""
        return max((each.level for each in self.levels if each.total <= money), default=-1)


def grid_need(
    grid: GridParameters, instrument: Instrument, fees: FeeRates, price: Decimal
) -> GridNeed:
    """Every level 0..maxLevelsPerSide of both sides, each filled at its own price."""
    applied = grid.wanted.within(instrument)
    levels = tuple(_levels(grid, instrument, fees, price))
    return GridNeed(price=price, leverage=applied.leverage, levels=levels)


def _levels(
    grid: GridParameters, instrument: Instrument, fees: FeeRates, price: Decimal
) -> Iterator[LevelNeed]:
    applied = grid.wanted.within(instrument)
    reference = reference_quantity(applied, price, instrument)
    total, held = Decimal(0), Decimal(0)
    for level in range(grid.max_levels_per_side + 1):
        quantity = level_quantity(reference, applied.averaging_multiplier, level, instrument)
        values = {side: quantity * _price(price, grid.step_ratio, side, level) for side in SIDES}
        cost = sum(
            (order_cost(side, values[side], applied.leverage, fees.maker) for side in SIDES),
            Decimal(0),
        )
        total, largest = total + cost, max(values.values())
        held += largest
        yield LevelNeed(
            level=level,
            quantity=quantity,
            value=largest,
            cost=cost,
            total=total,
            refused=_refused(instrument, quantity, min(values.values()), held, applied.leverage),
        )


def _price(price: Decimal, step: Decimal, side: Side, level: int) -> Decimal:
    return price * (ONE - side.sign * step) ** level


def _refused(
    instrument: Instrument, quantity: Decimal, least: Decimal, held: Decimal, leverage: Decimal
) -> str:
    if least < instrument.min_notional:
        return f"its value {least:.2f} is below the minimum of {instrument.min_notional} USDT"
    if quantity > instrument.max_quantity:
        return f"its quantity {quantity} is above the maximum of {instrument.max_quantity}"
    limit = tier_limit(instrument, leverage)
    if held > limit:
        return f"the side's value {held:.0f} would be above {limit:.0f}, the most at {leverage}x"
    return ""
