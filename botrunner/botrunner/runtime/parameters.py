"""From the specification to what the core takes: the one place where percent become ratios."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from botapi.v1alpha1.account import MarketDataSettings, StreamSettings, TradingAccountSpec
from botapi.v1alpha1.emergency import EmergencyCause, EmergencySettings
from botapi.v1alpha1.risk import RiskSettings
from botapi.v1alpha1.strategies import GridParameters as GridSpec
from botapi.v1alpha1.strategies import Strategy
from botrunner.domain.emergency import StopCause, StopPolicy
from botrunner.domain.parameters import (
    AccountParameters,
    AppliedGrid,
    ForeignOrders,
    GridParameters,
    OnRemove,
    RiskParameters,
    StopParameters,
    StrategyParameters,
)
from botrunner.exchanges.port import FeedLimits

PERCENT = Decimal(100)


def account_parameters(
    spec: TradingAccountSpec,
    policies: EmergencySettings,
    retiring: Iterable[StrategyParameters] = (),
) -> AccountParameters:
    """What the engine is told; ``policies`` are those read apart from the specification."""
    listed = {(strategy.name, strategy.symbol) for strategy in spec.strategies}
    return AccountParameters(
        strategies=(
            *(strategy_parameters(strategy) for strategy in spec.strategies),
            *(each for each in retiring if (each.name, each.symbol) not in listed),
        ),
        risk=_risk(spec.risk),
        stop=stop_parameters(policies, spec.streams),
        reconcile_every=_seconds(spec.reconcile_seconds),
        on_remove=OnRemove(spec.on_remove.value),
    )


def strategy_parameters(strategy: Strategy) -> StrategyParameters:
    """One strategy of the list. Raises ValueError for a kind that is not traded here."""
    if strategy.grid is None:
        raise ValueError(f"strategy {strategy.name}: is no grid; give it grid")
    return StrategyParameters(
        name=strategy.name,
        symbol=strategy.symbol,
        grid=_grid(strategy.grid),
        acknowledged_hold=strategy.acknowledged_hold or "",
    )


def stop_parameters(policies: EmergencySettings, streams: StreamSettings) -> StopParameters:
    """What a stop does and when a lost stream becomes one."""
    chosen = {
        StopCause(cause.value): StopPolicy(policies.policy_for(cause).value)
        for cause in EmergencyCause
    }
    return StopParameters(
        policy=StopPolicy(policies.policy.value),
        by_cause=chosen,
        private_max_attempts=streams.private_max_attempts,
        private_latch=_seconds(streams.private_latch_seconds),
    )


def feed_limits(settings: MarketDataSettings) -> FeedLimits:
    """What the account's exchange holds shared feeds to."""
    return FeedLimits(
        direct_after_seconds=float(settings.direct_after_seconds),
        max_divergence_percent=settings.max_feed_divergence_percent,
    )


def _grid(grid: GridSpec) -> GridParameters:
    return GridParameters(
        wanted=AppliedGrid(
            leverage=grid.leverage,
            initial_margin=grid.initial_margin,
            averaging_multiplier=grid.averaging_multiplier,
        ),
        step_ratio=grid.step_percent / PERCENT,
        take_profit_ratio=grid.take_profit_percent / PERCENT,
        max_levels_per_side=grid.max_levels_per_side,
        entry_timeout=_seconds(grid.entry_timeout_seconds),
        on_foreign_orders=ForeignOrders(grid.on_foreign_orders.value),
    )


def _risk(risk: RiskSettings) -> RiskParameters:
    return RiskParameters(
        maintenance_margin_rate_threshold=risk.maintenance_margin_rate_threshold / PERCENT,
        balance_buffer_ratio=risk.balance_buffer_percent / PERCENT,
        wallet_poll=_seconds(risk.wallet_poll_seconds),
        max_price_age=_seconds(risk.max_price_age_seconds),
        max_consecutive_errors=risk.max_consecutive_errors,
        invariant_grace=_seconds(risk.invariant_grace_seconds),
        max_open_positions=risk.max_open_positions,
        max_notional_per_symbol=risk.max_notional.per_symbol,
        max_notional_per_account=risk.max_notional.per_account,
        max_leverage=risk.max_leverage,
        min_notional=risk.min_notional,
    )


def _seconds(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)
