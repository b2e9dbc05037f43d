"""The specification as the core takes it: ratios instead of percent, Decimals, durations.

The boundary (botapi) is translated into these once; nothing in the core sees a percentage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import Enum

from botrunner.domain.emergency import StopCause, StopPolicy
from botrunner.domain.instrument import Instrument


class ForeignOrders(Enum):
    """What a grid does with orders of others on its symbol (GR-47)."""

    CANCEL = "Cancel"
    REFUSE = "Refuse"


class OnRemove(Enum):
    """What happens to a strategy that left the list (KU-27)."""

    KEEP_EXITS = "KeepExits"
    FLATTEN = "Flatten"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedGrid:
    """The values of a grid that wait until both sides are flat (GR-2)."""

    leverage: Decimal
    initial_margin: Decimal
    """USDT of margin, not notional."""
    averaging_multiplier: Decimal

    def within(self, instrument: Instrument) -> "AppliedGrid":
        """With leverage = min(wanted, the instrument's maximum), down to its step (GR-10)."""
        highest = min(self.leverage, instrument.max_leverage)
        steps = highest // instrument.leverage_step
        return AppliedGrid(
            leverage=max(steps * instrument.leverage_step, instrument.min_leverage),
            initial_margin=self.initial_margin,
            averaging_multiplier=self.averaging_multiplier,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GridParameters:
    """One grid as its owner wants it; everything but ``wanted`` acts at once."""

    wanted: AppliedGrid
    step_ratio: Decimal = Decimal("0.01")
    take_profit_ratio: Decimal = Decimal("0.01")
    """Of the entry notional, net of fees and funding."""
    max_levels_per_side: int = 10
    """The highest level number; level 0 is the entry."""
    entry_timeout: timedelta = timedelta(seconds=10)
    on_foreign_orders: ForeignOrders = ForeignOrders.CANCEL


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyParameters:
    """One strategy of the list."""

    name: str
    symbol: str
    grid: GridParameters
    acknowledged_hold: str = ""
    """Equal to the id of the hold in force: the strategy goes on (GR-35)."""
    retiring: bool = False
    """Left the list in an earlier life and was not flat then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskParameters:
    """Limits; None means no limit. Ratios, never percent."""

    maintenance_margin_rate_threshold: Decimal = Decimal("0.9")
    balance_buffer_ratio: Decimal = Decimal("0.15")
    wallet_poll: timedelta = timedelta(seconds=5)
    max_price_age: timedelta = timedelta(seconds=5)
    max_consecutive_errors: int = 5
    invariant_grace: timedelta = timedelta(seconds=30)
    max_open_positions: int = 40
    """Each side of a hedge counts as one."""
    max_notional_per_symbol: Decimal | None = None
    max_notional_per_account: Decimal | None = None
    max_leverage: Decimal | None = None
    min_notional: Decimal | None = None
    """Raises the venue's own minimum, never lowers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopParameters:
    """What a stop does, and when a lost private stream becomes one."""

    policy: StopPolicy = StopPolicy.CANCEL_ENTRIES
    by_cause: Mapping[StopCause, StopPolicy] = field(default_factory=dict)
    private_max_attempts: int = 3
    private_latch: timedelta = timedelta(seconds=120)

    def policy_for(self, cause: StopCause) -> StopPolicy:
        """The policy in force for a cause."""
        return self.by_cause.get(cause, self.policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParameters:
    """Everything the engine is told about one account."""

    strategies: tuple[StrategyParameters, ...]
    risk: RiskParameters = field(default_factory=RiskParameters)
    stop: StopParameters = field(default_factory=StopParameters)
    reconcile_every: timedelta = timedelta(seconds=30)
    on_remove: OnRemove = OnRemove.KEEP_EXITS
