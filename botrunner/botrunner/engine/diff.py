"""Desired orders against open orders: the least change that makes one the other.

Rule 1: a slot with a request in flight is left alone until the request has ended.
An exit that is doubted frees it: should it rest after all, one of the two is surplus.
Rule 2: exits come first, then what is surplus, then amendments, then new entries, lowest first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.desired import DesiredOrder, OrderSlot
from botrunner.domain.order import Order
from botrunner.domain.side import SIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Nothing rests in the slot."""

    wanted: DesiredOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """What rests in the slot has other terms."""

    order: Order
    quantity: Decimal
    """New total, what is filled included."""
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Nothing should rest here, or not this order."""

    order: Order


Change = Place | Amend | Cancel


def compare(
    wanted: Iterable[DesiredOrder], orders: Iterable[Order], unamendable: Iterable[str] = ()
) -> list[Change]:
    """What to change, in the order of sending. Orders must be live ones of one strategy."""
    resting: dict[OrderSlot, list[Order]] = {}
    for order in orders:
        if not order.doubted:
            resting.setdefault(order.slot, []).append(order)
    changes: list[Change] = []
    refused = frozenset(unamendable)
    for desired in wanted:
        changes.extend(_slot(desired, resting.pop(desired.slot, []), refused))
    for surplus in resting.values():
        changes.extend(_surplus(surplus))
    return sorted(changes, key=_rank)


def _slot(desired: DesiredOrder, orders: Sequence[Order], refused: frozenset[str]) -> list[Change]:
    if not orders:
        return [Place(wanted=desired)]
    if _busy(orders):
        return []
    kept = next((order for order in orders if _matches(order, desired)), orders[0])
    changes: list[Change] = [Cancel(order=order) for order in orders if order is not kept]
    if _matches(kept, desired):
        return changes
    if desired.price is None or kept.order_id in refused:
        return [*changes, Cancel(order=kept)]
    total = kept.filled + desired.quantity
    return [*changes, Amend(order=kept, quantity=total, price=desired.price)]


def _surplus(orders: Sequence[Order]) -> list[Change]:
    return [] if _busy(orders) else [Cancel(order=order) for order in orders]


def _busy(orders: Sequence[Order]) -> bool:
    return any(order.in_flight or order.is_final for order in orders)


def _matches(order: Order, desired: DesiredOrder) -> bool:
    return order.remaining == desired.quantity and order.price == desired.price


def _rank(change: Change) -> tuple[int, int, int]:
    match change:
        case Place(wanted=wanted):
            group = 0 if wanted.purpose.reduces else 3
            return (group, wanted.level, SIDES.index(wanted.side))
        case Amend(order=order):
            return (0 if order.purpose.reduces else 2, order.level, SIDES.index(order.side))
        case Cancel(order=order):
            return (1, order.level, SIDES.index(order.side))
