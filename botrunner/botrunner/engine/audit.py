"""Every step as plain data: what came in, what went out, what was refused."""

import dataclasses
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from botrunner.engine.outcome import Action, AuditRecord
from botrunner.engine.state import EngineState


def record(state: EngineState, event: object, actions: tuple[Action, ...]) -> AuditRecord:
    """The record of the step that is being finished."""
    state.sequence += 1
    return AuditRecord(
        sequence=state.sequence,
        at=state.now,
        event=_named(event),
        actions=tuple(_named(action) for action in actions),
        refusals=tuple(_named(refusal) for refusal in state.refused),
        deferred=state.deferred,
    )


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
        case dict():
            return {str(plain(key)): plain(each) for key, each in value.items()}
        case tuple() | list() | frozenset():
            return [plain(each) for each in value]
        case _ if dataclasses.is_dataclass(value):
            return _named(value)
        case _:
            return value


def _named(value: object) -> dict[str, object]:
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"not a record: {type(value).__name__}")
    fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return {"type": type(value).__name__, **fields}
