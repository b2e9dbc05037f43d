"""The circuit breaker of one endpoint group. Pure: times are seconds of any monotonic clock."""

from dataclasses import dataclass, replace

THRESHOLD = 5
"""Consecutive failed operations, retries included in each, that open it."""
OPEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """Closed while ``opened_at`` is None. Open for 60 s, then one probe decides."""

    failures: int = 0
    opened_at: float | None = None
    probing: bool = False

    @property
    def is_open(self) -> bool:
        """Whether placements are held back; a probe under way does not close it."""
        return self.opened_at is not None

    def admits(self, now: float) -> bool:
        """Whether an operation that may be held back goes out; see ``started``."""
        if self.opened_at is None:
            return True
        return not self.probing and now - self.opened_at >= OPEN_SECONDS

    def started(self, now: float) -> "Breaker":
        """After an operation began: the first one after 60 s is the probe, whatever it does."""
        if self.opened_at is None or not self.admits(now):
            return self
        return replace(self, probing=True)

    def succeeded(self) -> "Breaker":
        """After the venue answered, a business refusal included. Open, only the probe closes it."""
        return self if self.is_open and not self.probing else Breaker()

    def failed(self, now: float) -> "Breaker":
        """After an operation failed with all its retries."""
        failures = self.failures + 1
        if self.opened_at is not None:
            # Cancels and exits go on while it is open; only the probe may prolong it.
            opened_at = now if self.probing else self.opened_at
            return Breaker(failures=failures, opened_at=opened_at)
        return Breaker(failures=failures, opened_at=now if failures >= THRESHOLD else None)

    def abandoned(self) -> "Breaker":
        """After an operation ended without saying anything about the venue (never sent)."""
        return replace(self, probing=False)
