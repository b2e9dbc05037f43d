"""Which orders should rest (GR-20): exits, then every level 0..T of both sides, lowest first."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from botrunner.domain.desired import DesiredOrder
from botrunner.domain.market import Quote
from botrunner.domain.side import SIDES, Side
from botrunner.strategies.grid.exits import plan_exit
from botrunner.strategies.grid.ladder import Rung, climb
from botrunner.strategies.grid.quantities import level_quantity, reference_quantity
from botrunner.strategies.grid.state import GridSide, GridState, Quoted, fresh, opening_beside
from botrunner.strategies.grid.view import Entries, GridPlan, GridView, Resting
from botrunner.strategies.grid.walk import Walk


def plan_grid(state: GridState, view: GridView) -> GridPlan:
    """What should rest now. Asks the view's judge for every level that lacks an order."""
    state, exits, exit_wake = _plan_exits(state, view)
    if view.entries is not Entries.TRADE or view.quote is None:
        kept = () if view.entries is Entries.NONE else _as_they_rest(view)
        return GridPlan(
            state=state,
            exits=exits,
            entries=kept,
            top=max((order.level for order in kept), default=-1),
            waits=view.entries is Entries.TRADE,
            passing=False,
            wake_at=exit_wake,
        )
    started = _prepared(state, view, view.quote)
    ladders, started = _ladders(started, view, view.quote)
    walk = Walk(started, view, view.quote, ladders)
    walk.climb()
    return GridPlan(
        state=_remembered(state, started, walk),
        exits=exits,
        entries=tuple(walk.wanted),
        top=walk.top,
        waits=walk.waits,
        passing=walk.passing,
        wake_at=_earliest(exit_wake, walk.wake_at, _requote_at(started, view, ladders)),
    )


def highest_level(state: GridState, max_levels_per_side: int) -> int:
    """T before anything is refused: one above the deeper side, at most the limit."""
    return min(max_levels_per_side, max(state.long.highest, state.short.highest) + 1)


def _plan_exits(
    state: GridState, view: GridView
) -> tuple[GridState, tuple[DesiredOrder, ...], datetime | None]:
    orders: list[DesiredOrder] = []
    wake_at = None
    for side in SIDES:
        plan = plan_exit(
            state.side(side),
            view.parameters,
            view.fees,
            view.quote,
            view.instrument,
            state.reference or view.instrument.min_quantity,
            view.now,
        )
        state = state.with_side(plan.side)
        orders.extend(plan.orders)
        wake_at = _earliest(wake_at, plan.wake_at)
    return state, tuple(orders), wake_at


def _as_they_rest(view: GridView) -> tuple[DesiredOrder, ...]:
    return tuple(
        DesiredOrder(side=side, purpose=purpose, level=level, quantity=o.remaining, price=o.price)
        for (side, purpose, level), o in view.resting.items()
    )


def _prepared(state: GridState, view: GridView, quote: Quote) -> GridState:
    """With the reference known, and the depth of a side's opening as it is now."""
    if state.is_flat and not view.resting:
        state = fresh(view.parameters.wanted.within(view.instrument))
    if state.reference is None:
        price = quote.taker_entry(Side.LONG)
        reference = reference_quantity(state.applied, price, view.instrument)
        state = replace(state, reference=reference)
    for side in SIDES:
        other = state.side(side.opposite)
        if state.side(side).starved and other.highest >= 0:
            opening = opening_beside(other)
            state = state.with_side(replace(state.side(side), opening=opening, starved=False))
    return state


def _opening_rests(side: GridSide, view: GridView) -> bool:
    return any(
        slot[0] is side.side and slot[2] <= side.opening and _is_of_quote(side, order)
        for slot, order in view.resting.items()
    )


def _is_of_quote(side: GridSide, order: Resting) -> bool:
    """Placed for this quote, or at its price; entries of an earlier life are neither."""
    quoted = side.quoted
    return quoted is not None and (order.price == quoted.price or order.since >= quoted.at)


Ladders = dict[Side, tuple[Rung, ...]]


def _ladders(state: GridState, view: GridView, quote: Quote) -> tuple[Ladders, GridState]:
    top = highest_level(state, view.parameters.max_levels_per_side)
    sizes = _sizes(state, view, top)
    ladders: Ladders = {}
    for side in SIDES:
        before = state.side(side)
        price = before.quoted.price if before.quoted else quote.taker_entry(side)
        ladder = _climb(before, view, top, price, sizes)
        renewed = _requoted(before, ladder, view, quote)
        if renewed is not before and renewed.quoted is not None:
            ladder = _climb(renewed, view, top, renewed.quoted.price, sizes)
            state = state.with_side(renewed)
        ladders[side] = ladder
    return ladders, state


def _climb(
    side: GridSide, view: GridView, top: int, price: Decimal, sizes: tuple[Decimal, ...]
) -> tuple[Rung, ...]:
    return climb(side, top, price, sizes, view.parameters.step_ratio, view.instrument)


def _sizes(state: GridState, view: GridView, top: int) -> tuple[Decimal, ...]:
    if state.reference is None:
        return ()
    multiplier = state.applied.averaging_multiplier
    return tuple(
        level_quantity(state.reference, multiplier, level, view.instrument)
        for level in range(top + 1)
    )


def _requoted(side: GridSide, ladder: tuple[Rung, ...], view: GridView, quote: Quote) -> GridSide:
    """GR-13: an opening that does not rest yet, or not any longer in time, goes to the market."""
    if not _opens(ladder):
        return side
    expired = side.quoted is None or view.now >= side.quoted.at + view.parameters.entry_timeout
    unsent = not _opening_rests(side, view)
    if (expired and view.amend_entries) or unsent or side.quoted is None:
        return replace(side, quoted=Quoted(price=quote.taker_entry(side.side), at=view.now))
    return side


def _opens(ladder: tuple[Rung, ...]) -> bool:
    return any(rung.at_market and rung.missing > 0 for rung in ladder)


def _remembered(before: GridState, started: GridState, walk: Walk) -> GridState:
    """Nothing of a start is fixed until one of its orders is wanted."""
    if started.is_flat and not walk.wanted:
        return before if before.reference is None else fresh(started.applied)
    if walk.starved is None:
        return started
    for side in SIDES:
        opened = started.side(side)
        if opened.highest >= 0 and walk.starved <= opened.opening:
            opened = replace(opened, opening=max(walk.starved - 1, 0))
        elif opened.highest < 0 and walk.starved == 0:
            opened = replace(opened, starved=True)
        started = started.with_side(opened)
    return started


def _requote_at(state: GridState, view: GridView, ladders: Ladders) -> datetime | None:
    due = None
    for side in SIDES:
        quoted = state.side(side).quoted
        if quoted is not None and _opens(ladders[side]):
            due = _earliest(due, quoted.at + view.parameters.entry_timeout)
    return due


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
