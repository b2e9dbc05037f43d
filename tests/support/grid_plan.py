"""Asks a grid what should rest, without an engine: a view of the world in a few words."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from botrunner.domain.desired import DesiredOrder, OrderSlot
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.parameters import GridParameters
from botrunner.domain.position import Holding
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.strategies.grid.plan import plan_grid
from botrunner.strategies.grid.quantities import level_quantity
from botrunner.strategies.grid.state import GridSide, GridState, Level, fresh
from botrunner.strategies.grid.view import (
    Entries,
    GridPlan,
    GridView,
    LevelAnswer,
    LevelRequest,
    Resting,
    Verdict,
)
from support.engine_drive import NOON, grid
from support.grid_contract import instrument

XRP = instrument()
FEES = FeeRates(maker=Decimal("0.0002"), taker=Decimal("0.0002"))
YES = LevelAnswer(verdict=Verdict.PLACE)

Judge = Callable[[LevelRequest], LevelAnswer]


def side(which: Side, filled: int, price: str = "1.00", opening: int = 0) -> GridSide:
    """A side with levels 0..filled-1 filled, all at one price, of reference 75."""
    number = Decimal(price)
    sizes = [level_quantity(Decimal(75), Decimal(2), level, XRP) for level in range(filled)]
    holding = Holding()
    for size in sizes:
        holding = holding.entered(size, number, Decimal(0))
    return GridSide(
        side=which,
        levels=tuple(
            Level(number=level, quantity=size, notional=size * number)
            for level, size in enumerate(sizes)
        ),
        holding=holding,
        opening=opening,
    )


def state(long: GridSide, short: GridSide, reference: str | None = "75") -> GridState:
    """Both sides of a grid of 1 USDT at 75."""
    number = None if reference is None else Decimal(reference)
    return replace(fresh(grid().wanted), reference=number, long=long, short=short)


def ask(
    of: GridState,
    price: str = "1.00",
    *,
    resting: Mapping[OrderSlot, Resting] | None = None,
    parameters: GridParameters | None = None,
    judge: Judge = lambda request: YES,
    entries: Entries = Entries.TRADE,
    amend: bool = True,
    now: datetime = NOON,
) -> GridPlan:
    """What should rest at a price."""
    number = Decimal(price)
    view = GridView(
        parameters=parameters or grid(),
        instrument=XRP,
        fees=FEES,
        quote=Quote(bid=number, ask=number, last=number, mark=number, at=now),
        resting=resting or {},
        entries=entries,
        amend_entries=amend,
        judge=judge,
        now=now,
    )
    return plan_grid(of, view)


def settle(of: GridState, price: str = "1.00", **options: object) -> GridPlan:
    """Ask until nothing new is wanted: what is wanted rests and is acknowledged by then."""
    resting: dict[OrderSlot, Resting] = {}
    for _ in range(60):
        plan = ask(of, price, resting=resting, **options)  # type: ignore[arg-type] # passed on
        wanted = {order.slot: _rests(order) for order in plan.entries}
        if wanted == resting:
            return plan
        of, resting = plan.state, wanted
    raise AssertionError("never came to rest")


def rows(plan: GridPlan, which: Side) -> list[tuple[int, str, str]]:
    """Level, quantity and price of the entries wanted on a side, by level."""
    return sorted(
        (
            order.level,
            f"{order.quantity.normalize():f}",
            f"{(order.price or Decimal(0)).normalize():f}",
        )
        for order in plan.entries
        if order.side is which
    )


def slot(which: Side, level: int) -> OrderSlot:
    """The place of an entry."""
    return (which, Purpose.ENTRY, level)


def resting_at(price: str, quantity: str, since: datetime = NOON) -> Resting:
    """An acknowledged entry."""
    return Resting(
        price=Decimal(price), remaining=Decimal(quantity), since=since, acknowledged=True
    )


def both(plan: GridPlan) -> dict[Side, list[int]]:
    """Levels wanted per side."""
    return {which: [level for level, _, _ in rows(plan, which)] for which in SIDES}


def _rests(order: DesiredOrder) -> Resting:
    return Resting(
        price=order.price or Decimal(0), remaining=order.quantity, since=NOON, acknowledged=True
    )
