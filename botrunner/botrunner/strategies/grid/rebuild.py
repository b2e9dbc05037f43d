"""A grid's state from what the venue remembers (GR-41, GR-42): the same fills, folded again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from botrunner.domain.events import FundingSettled, OrderFilled
from botrunner.domain.ids import OrderIdentity, decode, short_id
from botrunner.domain.instrument import Instrument
from botrunner.domain.parameters import AppliedGrid
from botrunner.domain.position import Holding, Position
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.strategies.grid.quantities import (
    levels_within,
    reference_of,
    reference_quantity,
)
from botrunner.strategies.grid.state import (
    GridSide,
    GridState,
    Level,
    charged,
    closed,
    entered,
    exited,
    fresh,
    reduced,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was read of one symbol."""

    fills: Sequence[OrderFilled]
    """In time order."""
    funding: Sequence[FundingSettled]
    order_quantities: Mapping[str, Decimal]
    """Total quantity by client order id."""
    positions: Mapping[Side, Position]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The state that the history gives, and what is uncertain about it."""

    state: GridState
    approximated: tuple[Side, ...] = ()
    """Sides where the history did not add up and the position won."""
    hold_id: str = ""
    """Names the latest reduction that was not ours; empty when there was none in this life."""


@dataclass(slots=True)
class _Fold:
    """Carries a state over the fills."""

    state: GridState
    hold_id: str = ""
    sizes: dict[int, Decimal] = field(default_factory=dict)
    """Largest order quantity per level of the present start."""


def rebuild(
    strategy: str, applied: AppliedGrid, instrument: Instrument, history: History
) -> Rebuilt:
    """Fold the history of a strategy's symbol, then hold it against the position."""
    fold = _Fold(state=fresh(applied))
    for event in _in_order(history):
        _apply(fold, strategy, event, history.order_quantities)
    state = _with_reference(fold, instrument, history.positions)
    approximated = tuple(
        side
        for side in SIDES
        if _held(history.positions, side) != state.side(side).holding.quantity
    )
    for side in approximated:
        state = _position_wins(state, history.positions.get(side), side, instrument)
    return Rebuilt(state=state, approximated=approximated, hold_id=fold.hold_id)


def hold_id_of(execution_id: str) -> str:
    """The id of the hold that an external reduction causes: made of its execution."""
    return short_id(execution_id)


def apply_fill(state: GridState, identity: OrderIdentity | None, fill: OrderFilled) -> GridState:
    """The state after one fill of the symbol; ``identity`` is None for an order not its own."""
    if identity is not None and identity.purpose is Purpose.ENTRY:
        return entered(state, fill.side, identity.level, fill.quantity, fill.price, fill.fee)
    if identity is not None and identity.purpose is Purpose.TAKE_PROFIT:
        return exited(state, fill.side, fill.quantity, fill.at)
    return reduced(state, fill.side, fill.quantity) if fill.reduces else state


def is_external_reduction(identity: OrderIdentity | None, fill: OrderFilled) -> bool:
    """A reduction by a person's order, auto-deleveraging or liquidation (GR-35)."""
    return fill.reduces and identity is None


def own_identity(strategy: str, order_id: str) -> OrderIdentity | None:
    """What an order id says if it is this strategy's."""
    identity = decode(order_id)
    return identity if identity is not None and identity.strategy == strategy else None


def _in_order(history: History) -> list[OrderFilled | FundingSettled]:
    events: list[OrderFilled | FundingSettled] = [*history.fills, *history.funding]
    return sorted(events, key=lambda event: event.at)


def _apply(
    fold: _Fold, strategy: str, event: OrderFilled | FundingSettled, sizes: Mapping[str, Decimal]
) -> None:
    if isinstance(event, FundingSettled):
        fold.state = charged(fold.state, event.side, event.paid)
        return
    identity = own_identity(strategy, event.order_id)
    if identity is not None and identity.purpose is Purpose.ENTRY:
        fold.state = _begun_anew(fold.state, event.side, identity.level)
    if is_external_reduction(identity, event):
        fold.hold_id = hold_id_of(event.execution_id)
    if identity is not None and identity.purpose is Purpose.ENTRY:
        size = sizes.get(event.order_id, event.quantity)
        fold.sizes[identity.level] = max(size, fold.sizes.get(identity.level, size))
    fold.state = apply_fill(fold.state, identity, event)
    if fold.state.is_flat:
        fold.sizes.clear()
        fold.hold_id = ""


def _begun_anew(state: GridState, side: Side, level: int) -> GridState:
    """An entry of a level that was filled before the side was emptied belongs to its next life."""
    if all(state.side(each).holding.is_flat for each in SIDES):
        return fresh(state.applied)
    if state.side(side).is_emptied and state.side(side).level(level) is not None:
        return closed(state, side, None)
    return state


def _with_reference(
    fold: _Fold, instrument: Instrument, positions: Mapping[Side, Position]
) -> GridState:
    state = fold.state
    multiplier = state.applied.averaging_multiplier
    for level in sorted(fold.sizes):
        reference = reference_of(fold.sizes[level], multiplier, level, instrument)
        if reference is not None:
            return replace(state, reference=reference)
    prices = [p.average_price for p in positions.values() if p.quantity > 0]
    if not prices:
        return state
    return replace(state, reference=reference_quantity(state.applied, prices[0], instrument))


def _held(positions: Mapping[Side, Position], side: Side) -> Decimal:
    position = positions.get(side)
    return position.quantity if position is not None else Decimal(0)


def _position_wins(
    state: GridState, position: Position | None, side: Side, instrument: Instrument
) -> GridState:
    """One synthetic level with the position's quantity and average price (GR-42)."""
    if position is None or position.quantity == 0:
        return closed(state, side, None)
    if state.reference is None:
        return state
    notional = position.quantity * position.average_price
    number = levels_within(
        position.quantity, state.reference, state.applied.averaging_multiplier, instrument
    )
    level = Level(number=number, quantity=position.quantity, notional=notional, synthetic=True)
    return state.with_side(
        GridSide(
            side=side,
            levels=(level,),
            holding=Holding(quantity=position.quantity, notional=notional),
        )
    )
