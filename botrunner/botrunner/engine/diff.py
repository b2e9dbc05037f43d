"""Desired orders against open orders: the least change that makes one the other.

Rule 1: a slot with a request in flight is left alone until the request has ended.
An exit that is doubted frees it: should it rest after all, one of the two is surplus.
Rule 2: exits come first, then what is surplus, then amendments, then new entries, lowest first.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.desired import DesiredOrder, OrderSlot
from botrunner.domain.order import Order
from botrunner.domain.side import SIDES, Purpose
from botrunner.domain.traits import VenueTraits


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacing:
    """Where an order cannot be amended, and how it is replaced there (GR-31)."""

    traits: VenueTraits = VenueTraits()
    unamendable: Collection[str] = frozenset()
    """Orders whose amendment the venue refused."""
    refused: Collection[OrderSlot] = frozenset()
    """Slots in which it has just refused a new exit: there the old one goes first."""

    def amends(self, order: Order) -> bool:
        """Whether this order can be given other terms."""
        return self.traits.amends and order.order_id not in self.unamendable

    def places_first(self, wanted: DesiredOrder) -> bool:
        """An exit's successor rests before the exit goes, so that the side is never without."""
        slot_is_open = self.traits.two_exits and wanted.slot not in self.refused
        return wanted.purpose is Purpose.TAKE_PROFIT and slot_is_open


def compare(
    wanted: Iterable[DesiredOrder], orders: Iterable[Order], replacing: Replacing = Replacing()
) -> list[Change]:
    """What to change, in the order of sending. Orders must be live ones of one strategy."""
    resting: dict[OrderSlot, list[Order]] = {}
    for order in orders:
        if not order.doubted:
            resting.setdefault(order.slot, []).append(order)
    changes: list[Change] = []
    for desired in wanted:
        changes.extend(_slot(desired, resting.pop(desired.slot, []), replacing))
    for surplus in resting.values():
        changes.extend(_surplus(surplus))
    return sorted(changes, key=_rank)


def _slot(desired: DesiredOrder, orders: Sequence[Order], replacing: Replacing) -> list[Change]:
    if not orders:
        return [Place(wanted=desired)]
    if _busy(orders):
        return []
    largest = max(orders, key=lambda order: order.remaining)
    kept = next((order for order in orders if _matches(order, desired)), largest)
    changes: list[Change] = [Cancel(order=order) for order in orders if order is not kept]
    if _matches(kept, desired):
        return changes
    if desired.price is None:
        return [*changes, Cancel(order=kept)]
    if not replacing.amends(kept):
        first = replacing.places_first(desired)
        return [*changes, Place(wanted=desired) if first else Cancel(order=kept)]
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
