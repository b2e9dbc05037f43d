"""The emergency stop as a value: its causes, its policies, its latch."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class StopCause(Enum):
    """The six causes of RI-1."""

    PERSON = "person"
    MARGIN = "margin"
    STREAM = "stream"
    INVARIANT = "invariant"
    ERRORS = "errors"
    VENUE = "venue"


class StopPolicy(Enum):
    """What a stop does with orders and positions."""

    CANCEL_ENTRIES = "CancelEntries"
    """Cancel what can add exposure; exits stay and follow fills."""
    FREEZE = "Freeze"
    """No order request at all; resting orders stay."""
    FLATTEN = "Flatten"
    """Cancel everything, close everything at the market, verify by a read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyStop:
    """A stop in force."""

    emergency_id: str
    """Names this very stop; a person acknowledges it by this id. Six hex digits."""
    cause: StopCause
    reason: str
    symbol: str
    """The symbol it came from; empty where it is the whole account's."""
    rate: str
    """Maintenance-margin rate acted on, a decimal fraction; empty for other causes."""
    at: datetime
    latched: bool
    """Ends only by acknowledgement; a person's stop ends when the person takes it back."""
