"""What goes wrong on request: each fault waits for what it concerns and is then used up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """What kind of thing goes wrong."""

    ANSWER = "answer"
    """A request is answered with another code or HTTP status."""
    DELAY = "delay"
    """An answer comes late; what was asked happens at once."""
    LOSE_ACKNOWLEDGEMENT = "lose-acknowledgement"
    """What was asked happens, the answer never comes."""
    REFUSE_HANDSHAKE = "refuse-handshake"
    """A stream's connection is refused by HTTP."""
    REFUSE_SIGN_IN = "refuse-sign-in"
    """A private stream's sign-in is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedAnswer:
    """What a request is answered with instead."""

    code: int = 0
    """Of the venue's; 0 with an HTTP status other than 200: a body that is no envelope."""
    message: str = ""
    http_status: int = 200
    limit_headers: bool = True
    """Whether the rate-limit headers come with it; on 10006 the venue sometimes leaves them out."""
    reset_after_seconds: float = 1.0
    """How far ahead the reset header of a 10006 lies."""
    after_acceptance: bool = False
    """Let what was asked happen first."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault and what it waits for; None matches everything."""

    number: int
    kind: FaultKind
    account: str | None = None
    path: str | None = None
    """Path of a request, or ``public`` or ``private`` for a stream."""
    remaining: int | None = 1
    """How often it still strikes; None: until it is cleared."""
    delay_seconds: float = 0.0
    hang: bool = False
    """Of a lost acknowledgement: leave the connection open and silent instead of closing it."""
    answer: ForcedAnswer = field(default_factory=ForcedAnswer)

    def concerns(self, kind: FaultKind, account: str, path: str) -> bool:
        """Whether this is what it waits for."""
        return (
            self.kind is kind
            and self.account in (None, account)
            and self.path in (None, path)
            and self.remaining != 0
        )


class Faults:
    """The faults that wait, oldest first."""

    def __init__(self) -> None:
        self._waiting: dict[int, Fault] = {}
        self._count = 0

    def next_number(self) -> int:
        """A number for a new fault."""
        self._count += 1
        return self._count

    def add(self, fault: Fault) -> None:
        """Let a fault wait for what it concerns."""
        self._waiting[fault.number] = fault

    def take(self, kind: FaultKind, account: str, path: str) -> Fault | None:
        """Use up one strike of the oldest fault that concerns this; None when none does."""
        for fault in self._waiting.values():
            if fault.concerns(kind, account, path):
                if fault.remaining is not None:
                    fault.remaining -= 1
                    if fault.remaining == 0:
                        del self._waiting[fault.number]
                return fault
        return None

    def clear(self) -> int:
        """Forget all that wait; how many there were."""
        count = len(self._waiting)
        self._waiting.clear()
        return count

    def __iter__(self) -> Iterator[Fault]:
        return iter(tuple(self._waiting.values()))


PATHS_OF_STREAMS: Mapping[str, str] = {"public": "/v5/public/linear", "private": "/v5/private"}
"""Path of each stream."""
