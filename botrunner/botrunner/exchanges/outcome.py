"""What a failed request came to: one table, by class of failure and kind of request.

The table is the only place that decides between "definitely not done", "never sent" and "nobody
knows", and the only place that decides what may be sent once more.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from typing_extensions import override

from botrunner.domain.events import RefusalClass


class Operation(Enum):
    """Kinds of requests, as far as a failure means something else."""

    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"
    SETTING = "setting"
    """Leverage, modes: to the same value twice is once."""
    READ = "read"


class Failure(Enum):
    """Classes of EX-11. A venue's table of codes maps to these, and so does the transport."""

    CREDENTIALS = "credentials"
    """Key, signature, address or permission refused."""
    CLOCK = "clock"
    """The timestamp lies outside the venue's window."""
    PARAMETER = "parameter"
    """Size, price, mode or state refused: sending it again changes nothing."""
    POSITION_MODE = "positionMode"
    """The symbol is in another position mode than the order is for."""
    MONEY = "money"
    GONE = "gone"
    """The order is final already, or what a reduce-only order would reduce is."""
    UNCHANGED = "unchanged"
    """Set to this value before."""
    DUPLICATE = "duplicate"
    """The venue knows this client order id already."""
    THROTTLED = "throttled"
    """Too many requests on this endpoint."""
    BANNED = "banned"
    """Every request from this address is refused for a time."""
    SERVER = "server"
    """The venue is overloaded, restarting or broken; a write may have been carried out."""
    UNMAPPED = "unmapped"
    """A code that the table does not hold, or a body that cannot be read."""
    UNSENT = "unsent"
    """Provably never left: no connection, or no turn before the deadline."""
    SILENT = "silent"
    """Sent, and no answer within the deadline."""
    LOCAL = "local"
    """Held back here: stop generation, circuit breaker or ban."""


class Outcome(Enum):
    """The four ends of a request (EX-2)."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DENIED = "denied"
    """Never sent."""
    UNKNOWN = "unknown"
    """Sent, and nothing certain is known; resolved by reading, a placement never repeated."""


class Repeat(Enum):
    """Whether the same request may be sent once more."""

    NEVER = "never"
    AFTER_DELAY = "afterDelay"
    AFTER_RESET = "afterReset"
    """When the venue's limit has reset."""
    AFTER_RESYNC = "afterResync"
    """Once, when the clock's offset has been measured anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a request failed, in words a person can act on. Holds no secret."""

    failure: Failure
    code: int | None = None
    """The venue's code, or the HTTP status where there was no body to read."""
    text: str
    """The venue's own words, redacted."""
    remedy: str = ""
    retry_at: datetime | None = None
    """When the venue's limit resets, by the venue's clock."""

    @override
    def __str__(self) -> str:
        named = self.text if self.code is None else f"{self.code} {self.text}"
        return f"{named} ({self.remedy})" if self.remedy else named


_F = Failure
_O = Operation
_UNCERTAIN = frozenset({_F.SERVER, _F.UNMAPPED, _F.SILENT})
_NEVER_SENT = frozenset({_F.UNSENT, _F.LOCAL})
_IDEMPOTENT = frozenset({_O.CANCEL, _O.SETTING, _O.READ})
_BREAKING = frozenset({_F.SERVER, _F.SILENT, _F.UNSENT, _F.THROTTLED})
_REFUSALS = {
    _F.CREDENTIALS: RefusalClass.CREDENTIALS,
    _F.CLOCK: RefusalClass.CLOCK,
    _F.POSITION_MODE: RefusalClass.POSITION_MODE,
    _F.MONEY: RefusalClass.MONEY,
    _F.GONE: RefusalClass.GONE,
    _F.UNCHANGED: RefusalClass.NOT_MODIFIED,
    _F.THROTTLED: RefusalClass.RATE,
    _F.BANNED: RefusalClass.RATE,
    _F.UNSENT: RefusalClass.RATE,
    _F.LOCAL: RefusalClass.RATE,
}


def outcome_of(failure: Failure, operation: Operation) -> Outcome:
    """What a request came to that failed so."""
    if failure in _NEVER_SENT:
        return Outcome.DENIED
    if failure is _F.UNCHANGED and operation is _O.SETTING:
        return Outcome.CONFIRMED
    if failure is _F.DUPLICATE and operation is _O.PLACE:
        return Outcome.UNKNOWN
    if failure in _UNCERTAIN and operation is not _O.READ:
        return Outcome.UNKNOWN
    return Outcome.REJECTED


def repeat_of(failure: Failure, operation: Operation) -> Repeat:
    """Whether it may be sent again: what is safe to do twice, or provably was not done."""
    if failure is _F.UNSENT:
        return Repeat.AFTER_DELAY
    if failure is _F.THROTTLED:
        return Repeat.AFTER_RESET
    if failure is _F.CLOCK:
        return Repeat.AFTER_RESYNC
    if failure in (_F.SERVER, _F.SILENT) and operation in _IDEMPOTENT:
        return Repeat.AFTER_DELAY
    return Repeat.NEVER


def breaks(failure: Failure) -> bool:
    """Whether an operation that failed so counts against the circuit breaker.

    Network, overload and limits do; a business refusal proves that the venue works.
    """
    return failure in _BREAKING


def refusal_of(failure: Failure) -> RefusalClass:
    """The refusal as the engine distinguishes it. What was never sent is no fault of the order."""
    return _REFUSALS.get(failure, RefusalClass.OTHER)
