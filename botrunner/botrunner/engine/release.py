"""Approved orders are released only as the rate budget allows: protect, cancel, place, read.

What is not released is not kept: the next step compares anew and finds it still missing, or not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from botrunner.domain.actions import (
    AmendOrder,
    CancelOrder,
    Command,
    OrderAction,
    PlaceOrder,
    Priority,
    ReadAccount,
    ReadSymbol,
    ReadTransfers,
    ReadWallet,
    ResolveOrder,
)
from botrunner.engine.limits import Group
from botrunner.engine.state import EngineState
from botrunner.risk.verdict import Approved


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An approved order action of one strategy."""

    strategy: str
    approved: Approved


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What goes out now, and how much has to wait."""

    approved: tuple[Approved, ...]
    deferred: Mapping[str, int]
    """How many orders of which strategy have to wait."""
    ready: Mapping[str, datetime]
    """When there is a token again for what a strategy waits to send; then it looks anew."""


def release(state: EngineState, candidates: Iterable[Candidate]) -> Released:
    """Take tokens in order of priority. A strategy's entries never overtake each other."""
    ordered = sorted(candidates, key=lambda each: each.approved.priority.value)
    released: list[Approved] = []
    held: set[str] = set()
    ready: dict[str, datetime] = {}
    deferred: Counter[str] = Counter()
    for candidate in ordered:
        entry = candidate.approved.priority is Priority.PLACE
        waits = entry and candidate.strategy in held
        group = group_of(candidate.approved.action)
        if not waits and take(state, group):
            released.append(candidate.approved)
            continue
        deferred[candidate.strategy] += 1
        if not waits:
            ready_at = state.buckets[group].ready_at()
            ready[candidate.strategy] = min(ready.get(candidate.strategy, ready_at), ready_at)
        if candidate.approved.priority in (Priority.PLACE, Priority.CANCEL):
            held.add(candidate.strategy)
    return Released(approved=tuple(released), deferred=deferred, ready=ready)


def charge_reads(state: EngineState, commands: Iterable[Command]) -> None:
    """Reads are few and never wait, but they are taken off what reads there are."""
    for command in commands:
        if isinstance(
            command, ResolveOrder | ReadSymbol | ReadAccount | ReadWallet | ReadTransfers
        ):
            take(state, Group.READ)


def take(state: EngineState, group: Group) -> bool:
    """One token of a group, if there is one; else the engine wakes when there is."""
    bucket = state.bucket(group)
    taken = bucket.taken(state.now)
    if taken is None:
        bucket = bucket.filled(state.now)
        state.buckets[group] = bucket
        state.wake(bucket.ready_at())
        return False
    state.buckets[group] = taken
    return True


def group_of(action: OrderAction) -> Group:
    """The endpoint group of an order action."""
    match action:
        case PlaceOrder():
            return Group.PLACE
        case AmendOrder():
            return Group.AMEND
        case CancelOrder():
            return Group.CANCEL
