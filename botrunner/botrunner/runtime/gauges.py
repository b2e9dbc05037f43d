"""Metrics of one account, read off the engine's state and its outcomes."""

from dataclasses import dataclass
from decimal import Decimal

from prometheus_client import Gauge

from botapi.conditions import ConditionStatus
from botapi.v1alpha1.status import AccountStatus
from botrunner.domain.control import Event
from botrunner.domain.events import (
    AmendAccepted,
    AmendOutcomeUnknown,
    AmendRejected,
    CancelAccepted,
    CancelOutcomeUnknown,
    CancelRejected,
    OrderAccepted,
    OrderDenied,
    OrderOutcomeUnknown,
    OrderRejected,
)
from botrunner.engine.outcome import Outcome
from botrunner.engine.state import EngineState
from botrunner.runtime.parameters import PERCENT
from botrunner.runtime.totals import Totals
from botrunner.service.meters import Meters

_OUTCOMES: dict[type[object], str] = {
    OrderAccepted: "placed",
    OrderRejected: "rejected",
    OrderDenied: "denied",
    OrderOutcomeUnknown: "unknown",
    AmendAccepted: "amended",
    AmendRejected: "amendRejected",
    AmendOutcomeUnknown: "amendUnknown",
    CancelAccepted: "cancelled",
    CancelRejected: "cancelRejected",
    CancelOutcomeUnknown: "cancelUnknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Sets and counts for one account."""

    meters: Meters
    account: str

    def step(self, event: Event, outcome: Outcome) -> None:
        """After each step of the engine."""
        self.meters.events.labels(self.account).inc()
        ended = _OUTCOMES.get(type(event))
        if ended is not None:
            self.meters.orders.labels(self.account, ended).inc()
        for refusal in outcome.audit.refusals:
            self.meters.refusals.labels(self.account, str(refusal["reason"])).inc()

    def look(self, state: EngineState, totals: Totals, status: AccountStatus | None) -> None:
        """Once a second: what is measured rather than counted."""
        set_to = self._set
        wallet, meters = state.wallet, self.meters
        if wallet is not None:
            set_to(meters.equity, wallet.equity)
            set_to(meters.available, wallet.available)
            set_to(meters.unrealised, wallet.unrealised_pnl)
        set_to(meters.realised, totals.realised)
        set_to(meters.fees, totals.fees)
        set_to(meters.funding, totals.funding)
        set_to(meters.positions, sum(p.quantity > 0 for p in state.positions.values()))
        set_to(meters.open_orders, sum(not order.is_final for order in state.orders.values()))
        set_to(meters.stopped, state.stop is not None)
        self._look_at_runs(state)
        if status is not None:
            self._look_at_status(status)

    def _look_at_runs(self, state: EngineState) -> None:
        for run in state.runs.values():
            since = run.exposed_since
            seconds = (state.now - since).total_seconds() if since is not None else 0.0
            self.meters.unprotected.labels(self.account, run.name).set(seconds)

    def _look_at_status(self, status: AccountStatus) -> None:
        for condition in status.conditions:
            holds = condition.status is ConditionStatus.TRUE
            self.meters.ready.labels(self.account, condition.type).set(holds)
        account = status.account
        if account is None:
            return
        rates = {
            "reported": account.maintenance_margin_rate_reported,
            "estimated": account.maintenance_margin_rate_estimated,
        }
        for kind, rate in rates.items():
            if rate is not None:
                gauge = self.meters.margin_rate.labels(self.account, kind)
                gauge.set(float(rate / PERCENT))

    def _set(self, gauge: Gauge, value: Decimal | int | bool) -> None:
        gauge.labels(self.account).set(float(value))
