"""Whose an unknown order is, and what that means (PR-7, PR-8, GR-47)."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from botrunner.domain.control import ReadOrder
from botrunner.domain.ids import decode
from botrunner.domain.parameters import ForeignOrders


class Origin(Enum):
    """Where an order comes from that this runner does not know."""

    HIGHER_EPOCH = "higher epoch"
    """Another runner has taken over: this one stops sending at once."""
    LOWER_EPOCH = "lower epoch"
    """A runner that should be gone still sends: entries wait until it is quiet."""
    OWN = "own"
    """A strategy's of this account, from an earlier life or overtaken by its own end."""
    ORPHAN = "orphan"
    """Our prefix, but no strategy owns it."""
    FOREIGN = "foreign"


def origin_of(
    order: ReadOrder, epoch: int, started_at: datetime, symbols: Mapping[str, str]
) -> Origin:
    """Judge an order by its id alone; ``symbols`` says which symbol each strategy has.

    A lower epoch matters only where it acted after this runner's start: what an earlier life left
    resting is simply our own.
    """
    identity = decode(order.order_id)
    if identity is None:
        return Origin.FOREIGN
    if identity.epoch > epoch:
        return Origin.HIGHER_EPOCH
    if identity.epoch < epoch and order.created_at > started_at:
        return Origin.LOWER_EPOCH
    owned = symbols.get(identity.strategy) == order.symbol
    return Origin.OWN if owned else Origin.ORPHAN


def has_to_go(order: ReadOrder, policies: Mapping[str, ForeignOrders]) -> bool:
    """Whether an order that no strategy owns is cancelled.

    ``policies`` holds the grids' choice by symbol; elsewhere a foreign order is never touched.
    """
    if decode(order.order_id) is not None:
        return True
    return policies.get(order.symbol) is ForeignOrders.CANCEL
