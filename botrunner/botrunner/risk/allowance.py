"""The money that may be spent in one step, shared by all symbols of the account (GR-22)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.account import Wallet
from botrunner.domain.precision import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one resting entry holds."""

    level: int
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The answer to a request for money."""

    granted: bool
    top: int | None = None
    """Claims above this level have to be given up for it."""
    missing: Decimal = ZERO
    """What was lacking, when refused."""


def free_money(wallet: Wallet, buffer_ratio: Decimal, promised: Decimal) -> Decimal:
    """Available - buffer of the margin balance - promised to orders not in the wallet yet."""
    return wallet.available - wallet.margin_balance * buffer_ratio - promised


class Allowance:
    """Hands out the free money of one step; whoever asks first is served first."""

    def __init__(self, free: Decimal) -> None:
        """``free`` may be negative: then only given-up claims can pay for anything."""
        self._free = free

    @property
    def free(self) -> Decimal:
        """What is left, USDT."""
        return self._free

    def take(self, needed: Decimal, above: Sequence[Claim]) -> Grant:
        """Grant ``needed``, from claims at higher levels if the free money does not do.

        The highest levels give way first; levels are given up whole, both sides together.
        """
        reclaimed, top = ZERO, None
        for level in sorted({claim.level for claim in above}, reverse=True):
            if needed <= self._free + reclaimed:
                break
            reclaimed += sum((claim.cost for claim in above if claim.level == level), ZERO)
            top = level - 1
        if needed > self._free + reclaimed:
            return Grant(granted=False, missing=needed - self._free - reclaimed)
        self._free += reclaimed - needed
        return Grant(granted=True, top=top)
