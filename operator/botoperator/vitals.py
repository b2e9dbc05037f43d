"""Whether the process is well: written by the event loop, read by the probes' thread.

Rule 1: an API server that does not answer is no illness; killing the operator would mend nothing.
"""

from dataclasses import dataclass
from typing import Final

LONGEST_LAG_SECONDS: Final = 30.0
OLDEST_KEY_SECONDS: Final = 300.0


@dataclass(slots=True, kw_only=True)
class Vitals:
    """What the loop last said of itself; each field is replaced whole, so no lock is needed."""

    beat_at: float
    """When the loop last had its turn, in seconds of a clock that never goes back."""
    oldest_seconds: float = 0
    """How long the oldest key has been due or in work."""
    trouble: str = ""
    """Why the API server does not answer; empty when it did."""
    is_synced: bool = False
    """Whether everything was listed once."""

    def illness(self, now: float) -> tuple[str, ...]:
        """Why the process should be restarted; empty when it should not."""
        found = []
        if now - self.beat_at > LONGEST_LAG_SECONDS:
            found.append(f"the event loop has not had its turn for {now - self.beat_at:.0f} s")
        if self.oldest_seconds > OLDEST_KEY_SECONDS and not self.trouble:
            found.append(f"an account has been due for {self.oldest_seconds:.0f} s")
        return tuple(found)

    def unreadiness(self) -> tuple[str, ...]:
        """Why the process does not do its work yet; empty when it does."""
        if self.is_synced:
            return ()
        return (f"the first list is not complete: {self.trouble or 'it is being read'}",)
