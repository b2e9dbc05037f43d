"""One statement about an account, before it becomes a condition."""

from dataclasses import dataclass
from datetime import datetime

from botapi.conditions import ConditionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Whether something holds, and why."""

    holds: bool
    reason: ConditionReason = ConditionReason.AS_EXPECTED
    message: str = ""
    until: datetime | None = None
    """When it has to be said anew though nothing happens; None for never."""
