"""How often and how late a request is sent again. Pure: the share of the delay is an argument."""

from dataclasses import dataclass
from enum import Enum


class Effort(Enum):
    """How hard a request is tried (EX-4), by what it does."""

    MARKET = "market"
    LIMIT = "limit"
    """Placements and amendments of limit orders."""
    CONDITIONAL = "conditional"
    """Conditional orders and stops."""
    CANCEL = "cancel"
    READ = "read"
    """Reads, and settings, which are as safe to repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """``retries`` after the first try; delays in seconds."""

    retries: int
    base: float
    cap: float


POLICIES: dict[Effort, RetryPolicy] = {
    Effort.MARKET: RetryPolicy(retries=2, base=0.5, cap=5),
    Effort.LIMIT: RetryPolicy(retries=3, base=1, cap=30),
    Effort.CONDITIONAL: RetryPolicy(retries=5, base=1, cap=60),
    Effort.CANCEL: RetryPolicy(retries=5, base=0.5, cap=10),
    Effort.READ: RetryPolicy(retries=3, base=1, cap=60),
}


def backoff(attempt: int, *, base: float, cap: float, share: float) -> float:
    """Seconds before retry ``attempt`` (from 0): min(cap, base * 2^attempt) * share.

    ``share`` lies in [0.5, 1] and comes from outside: chance is data. Raises ValueError beyond.
    """
    if not 0.5 <= share <= 1:
        raise ValueError(f"share: {share} is not within 0.5 and 1")
    # 2^64 seconds is beyond every cap, and floats of larger powers overflow.
    return min(cap, base * 2.0 ** min(attempt, 64)) * share


def retry_delay(effort: Effort, attempt: int, share: float) -> float | None:
    """Seconds before retry ``attempt`` (from 0), or None when there are no more retries."""
    policy = POLICIES[effort]
    if attempt >= policy.retries:
        return None
    return backoff(attempt, base=policy.base, cap=policy.cap, share=share)
