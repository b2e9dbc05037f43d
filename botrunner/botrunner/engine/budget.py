"""Rate budgets: one token bucket per endpoint group, filled by the time that events carry.

The venue counts over a rolling second, so burst and refill together stay within its limit: a
bucket of 10 a second holds 3 tokens and gains 7 a second.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Tokens of one endpoint group. Fractions, so that time never loses a token to rounding."""

    per_second: int
    tokens: Fraction
    at: datetime
    paused_until: datetime | None = None

    @staticmethod
    def full(per_second: int, at: datetime) -> "Bucket":
        """A bucket that nothing was taken from yet."""
        bucket = Bucket(per_second=per_second, tokens=Fraction(0), at=at)
        return replace(bucket, tokens=Fraction(bucket.capacity))

    @property
    def capacity(self) -> int:
        """The most it holds: the burst."""
        return max(1, self.per_second * 3 // 10)

    @property
    def refill(self) -> int:
        """Tokens gained per second."""
        return max(1, self.per_second - self.capacity)

    def filled(self, now: datetime) -> "Bucket":
        """With what has come in until ``now``; time never runs backwards."""
        if now <= self.at:
            return self
        gained = Fraction((now - self.at) // _MICROSECOND, 1_000_000) * self.refill
        return replace(self, tokens=min(Fraction(self.capacity), self.tokens + gained), at=now)

    def is_paused(self, now: datetime) -> bool:
        """Whether it gives nothing, however much it holds."""
        return self.paused_until is not None and now < self.paused_until

    def taken(self, now: datetime) -> "Bucket | None":
        """With one token less, or None when there is none."""
        bucket = self.filled(now)
        if self.is_paused(now) or bucket.tokens < 1:
            return None
        return replace(bucket, tokens=bucket.tokens - 1)

    def corrected(self, remaining: int, at: datetime) -> "Bucket":
        """With what the venue's headers say is left, where that is less than we thought."""
        bucket = self.filled(at)
        return replace(bucket, tokens=min(bucket.tokens, Fraction(remaining)))

    def paused(self, until: datetime) -> "Bucket":
        """Giving nothing until a moment."""
        return replace(self, paused_until=until)

    def ready_at(self) -> datetime:
        """When there is a token again."""
        lacking = max(Fraction(0), 1 - self.tokens) * 1_000_000 / self.refill
        ready = self.at + -(-lacking.numerator // lacking.denominator) * _MICROSECOND
        return max(ready, self.paused_until) if self.paused_until else ready
