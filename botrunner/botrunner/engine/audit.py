"""The record of one step: what came in, what went out, what was refused.

A record keeps the values themselves, which never change; it becomes plain data when somebody reads
it, so that a step whose record nobody wants costs nothing.
"""

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

Plain = dict[str, object]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One step of the engine."""

    sequence: int
    at: datetime
    happened: object
    """The event."""
    done: tuple[object, ...]
    """The actions, in order."""
    denied: tuple[object, ...]
    """What the gate or the venue refused in this step."""
    deferred: int
    """Approved orders that wait for the rate budget."""

    @property
    def event(self) -> Plain:
        """The event as plain data."""
        return _named(self.happened)

    @property
    def actions(self) -> tuple[Plain, ...]:
        """The actions as plain data."""
        return tuple(_named(action) for action in self.done)

    @property
    def refusals(self) -> tuple[Plain, ...]:
        """The refusals as plain data."""
        return tuple(_named(refusal) for refusal in self.denied)


def plain(value: object) -> object:
    """Strings, numbers, lists and dicts only: decimals and times as text, enums by value."""
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Enum():
            return plain(value.value)
        case AuditRecord():
            return _line(value)
        case dict() | tuple() | list() | frozenset():
            return _collection(value)
        case _:
            return _named(value) if dataclasses.is_dataclass(value) else value


def _line(record: AuditRecord) -> Plain:
    return {
        "sequence": record.sequence,
        "at": record.at.isoformat(),
        "event": record.event,
        "actions": list(record.actions),
        "refusals": list(record.refusals),
        "deferred": record.deferred,
    }


def _collection(
    value: dict[object, object] | tuple[object, ...] | list[object] | frozenset[object],
) -> object:
    if isinstance(value, dict):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    items = [plain(each) for each in value]
    return sorted(items, key=str) if isinstance(value, frozenset) else items


def _named(value: object) -> Plain:
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"not a record: {type(value).__name__}")
    fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return {"type": type(value).__name__, **fields}
