"""The runner's part of the status, from the engine's state. Pure."""

from decimal import Decimal

from botapi.v1alpha1.status import (
    AccountReport,
    AccountStatus,
    PositionReport,
    RiskLevel,
    RunnerReport,
    StreamsReport,
    StreamState,
)
from botapi.v1alpha1.status import Side as ReportedSide
from botapi.v1alpha1.strategies import UNOWNED
from botrunner.domain.position import Position
from botrunner.domain.side import Purpose
from botrunner.engine.state import EngineState
from botrunner.engine.watch import acted_on_rate, estimated_margin_rate
from botrunner.runtime.conditions import conditions, emergency_report
from botrunner.runtime.parameters import PERCENT
from botrunner.runtime.strategy_status import strategy_report
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.totals import Totals

_WARNING, _CRITICAL = Decimal("0.5"), Decimal("0.8")
_PERCENT_STEP = Decimal("0.0001")
_MONEY_STEP = Decimal("0.0001")
"""USDT for people; what a ledger is held against is reported whole."""


def build_status(
    state: EngineState, around: Surroundings, totals: Totals, before: AccountStatus | None
) -> AccountStatus:
    """All that the runner reports now.

    ``before`` gives the times of unchanged conditions, and what was held and earned before the
    account was read for the first time in this life.
    """
    last = before or AccountStatus()
    strategies = tuple(strategy_report(state, run) for run in state.runs.values())
    is_read = state.wallet is not None
    return AccountStatus(
        conditions=conditions(state, around, last.conditions),
        account=_account(state, around, totals, last.account),
        positions=tuple(_positions(state)) if is_read else last.positions,
        open_orders=len(resting_orders(state)),
        strategy_summary=", ".join(f"{each.name} {each.state}" for each in strategies),
        strategies=strategies,
        emergency=emergency_report(state),
        streams=streams_report(around),
        runner=_runner(state, around),
    )


def streams_report(around: Surroundings) -> StreamsReport:
    """The connections to the exchange."""
    return StreamsReport(
        private=StreamState(around.streams["private"].value),
        public=StreamState(around.streams["public"].value),
    )


def resting_orders(state: EngineState) -> list[str]:
    """Ids of our orders that rest at the venue."""
    return [
        order.order_id
        for order in state.orders.values()
        if not order.is_final and order.acknowledged_at is not None
    ]


def plain_decimal(value: Decimal) -> str:
    """A decimal as the status writes it: no exponent, no zeros at the end, no minus zero."""
    if value == 0:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(rate: Decimal) -> str:
    return plain_decimal((rate * PERCENT).quantize(_PERCENT_STEP))


def _money(amount: Decimal) -> str:
    return plain_decimal(amount.quantize(_MONEY_STEP))


def _account(
    state: EngineState, around: Surroundings, totals: Totals, last: AccountReport | None
) -> AccountReport:
    wallet, rate, uid = state.wallet, acted_on_rate(state), around.reported_uid or None
    if wallet is None or rate is None:
        return (last or AccountReport()).model_copy(update={"uid": uid})
    estimated = estimated_margin_rate(state)
    day = state.day
    margin = wallet.margin_balance
    return AccountReport(
        uid=uid,
        equity=_money(wallet.equity),
        margin_balance=_money(margin),
        available=_money(wallet.available),
        maintenance_margin_rate=_percent(rate) if rate.is_finite() else None,
        maintenance_margin_rate_reported=_percent(wallet.maintenance_margin_rate),
        maintenance_margin_rate_estimated=_percent(estimated)
        if estimated is not None and estimated.is_finite()
        else "",
        initial_margin_rate=_percent(wallet.initial_margin / margin) if margin > 0 else None,
        haircut=_money(wallet.haircut),
        level=_level(rate),
        day_pnl=_money(day.pnl) if day is not None and day.pnl is not None else None,
        day_opening_equity=_money(day.opening_equity) if day is not None else None,
        day_started=day.started if day is not None else None,
        realised_pnl=plain_decimal(totals.realised),
        fees=plain_decimal(totals.fees),
        funding=plain_decimal(totals.funding),
        positions=sum(position.quantity > 0 for position in state.positions.values()),
    )


def _level(rate: Decimal) -> RiskLevel:
    if rate >= _CRITICAL:
        return RiskLevel.CRITICAL
    return RiskLevel.WARNING if rate >= _WARNING else RiskLevel.NORMAL


def _positions(state: EngineState) -> list[PositionReport]:
    held = [position for position in state.positions.values() if position.quantity > 0]
    return [_position(state, position) for position in held]


def _position(state: EngineState, position: Position) -> PositionReport:
    run = state.run_of_symbol(position.symbol)
    quote = state.quotes.get(position.symbol)
    return PositionReport(
        strategy=run.name if run is not None else UNOWNED,
        symbol=position.symbol,
        side=ReportedSide(position.side.value),
        quantity=plain_decimal(position.quantity),
        entry_price=plain_decimal(position.average_price),
        mark_price=plain_decimal(quote.mark) if quote else None,
        unrealised_pnl=_money(position.unrealised_pnl(quote.mark)) if quote else None,
        take_profit_price=_take_profit(state, position),
    )


def _take_profit(state: EngineState, position: Position) -> str:
    for order in state.orders.values():
        place = (order.symbol, order.side, order.purpose)
        wanted = (position.symbol, position.side, Purpose.TAKE_PROFIT)
        if place == wanted and not order.is_final and order.price is not None:
            return plain_decimal(order.price)
    return ""


def _runner(state: EngineState, around: Surroundings) -> RunnerReport:
    return RunnerReport(
        pod=around.pod or None,
        version=around.version,
        epoch=state.epoch,
        observed_generation=around.generation,
        pending_restart=around.pending_restart[:64],
        started=around.started,
        last_report=state.now,
        key_suffix=around.key_suffix or None,
    )
