"""GR-3 and GR-20 as a list of what is broken, judged by the venue's orders and fills."""

from decimal import Decimal

from botrunner.domain.ids import decode
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.engine.state import Phase
from botrunner.strategies.grid.quantities import level_quantity
from support.engine_drive import Drive

ROOM = Decimal("1.2")
"""A remainder is valued at its level's price, not at the present one."""


def broken_rules(drive: Drive) -> list[str]:
    """Every broken rule of the only grid, in words; empty when all is well."""
    run = drive.run
    if run.phase is not Phase.TRADING:
        return ["still recovering"]
    return [*_uneven(drive), *broken_exits(drive), *_above_top(drive)]


def _uneven(drive: Drive) -> list[str]:
    """Every level 0..T filled or resting with its quantity, on both sides."""
    if drive.run.reason is not None:
        return []
    deepest = max(drive.run.grid.side(side).highest for side in SIDES)
    top = min(drive.run.parameters.grid.max_levels_per_side, deepest + 1)
    return [
        f"{side.value} {level}: {_have(drive, side, level)} of {_target(drive, level)}"
        for level in range(top + 1)
        for side in SIDES
        if not _is_whole(drive, side, level)
    ]


def _is_whole(drive: Drive, side: Side, level: int) -> bool:
    missing = _target(drive, level) - _have(drive, side, level)
    filled = drive.run.grid.side(side).level(level)
    contract = drive.venue.instruments[drive.run.symbol]
    least = max(contract.min_quantity, contract.min_notional / drive.venue.prices[drive.run.symbol])
    return missing == 0 or (filled is not None and missing < least * ROOM)


def _target(drive: Drive, level: int) -> Decimal:
    grid = drive.run.grid
    assert grid.reference is not None
    instrument = drive.venue.instruments[drive.run.symbol]
    return level_quantity(grid.reference, grid.applied.averaging_multiplier, level, instrument)


def _have(drive: Drive, side: Side, level: int) -> Decimal:
    filled = drive.run.grid.side(side).level(level)
    resting = [q for number, q, _ in drive.resting(side) if number == level]
    have = filled.quantity if filled is not None else Decimal(0)
    return have + sum((Decimal(quantity) for quantity in resting), Decimal(0))


def broken_exits(drive: Drive) -> list[str]:
    """GR-34 alone: every side that is not held as the grid thinks, or not covered by its exits."""
    broken = []
    for side in SIDES:
        held = drive.venue.held.get((drive.run.symbol, side))
        quantity = held.quantity if held is not None else Decimal(0)
        if drive.run.grid.side(side).holding.quantity != quantity:
            broken.append(f"{side.value}: the venue holds {quantity}")
        resting = drive.resting(side, Purpose.TAKE_PROFIT)
        covered = sum((Decimal(q) for _, q, _ in resting), Decimal(0))
        if covered != quantity:
            broken.append(f"{side.value}: take-profit of {covered} for {quantity}")
    return broken


def _above_top(drive: Drive) -> list[str]:
    broken = []
    for order in drive.venue.open_orders():
        identity = decode(order.order_id)
        if identity is None or identity.purpose is not Purpose.ENTRY:
            continue
        if identity.level > drive.run.top:
            broken.append(f"{identity.side.value} {identity.level} rests above {drive.run.top}")
    return broken
