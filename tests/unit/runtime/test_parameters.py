"""The one place where percent become ratios (RI-11)."""

from datetime import timedelta
from decimal import Decimal as D
from typing import Any

from botapi.parse import parse
from botapi.stop import read_stop
from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.domain.emergency import StopCause, StopPolicy
from botrunner.domain.parameters import AccountParameters, ForeignOrders, OnRemove
from botrunner.runtime.parameters import account_parameters

SPEC: dict[str, Any] = {
    "exchange": "bybit",
    "environment": "simulated",
    "credentials": {"secretName": "keys"},
    "strategies": [
        {
            "name": "xrp",
            "symbol": "XRPUSDT",
            "acknowledgedHold": "h1",
            "grid": {
                "leverage": 50,
                "initialMargin": 0.5,
                "stepPercent": 0.25,
                "takeProfitPercent": 0.4,
                "entryTimeoutSeconds": 5,
                "onForeignOrders": "Refuse",
            },
        }
    ],
}


def _parameters(**changes: Any) -> AccountParameters:
    raw = SPEC | changes
    stop = read_stop({"spec": raw})
    return account_parameters(parse(TradingAccountSpec, raw), stop.emergency)


def test_percent_become_ratios_and_seconds_become_spans() -> None:
    (strategy,) = _parameters().strategies

    assert (strategy.grid.step_ratio, strategy.grid.take_profit_ratio) == (D("0.0025"), D("0.004"))
    assert strategy.grid.entry_timeout == timedelta(seconds=5)
    assert strategy.grid.on_foreign_orders is ForeignOrders.REFUSE
    assert (strategy.grid.wanted.initial_margin, strategy.acknowledged_hold) == (D("0.5"), "h1")


def test_limits_of_risk_reach_the_core_in_its_own_units() -> None:
    """RI-11, RI-20, RI-22."""
    risk = _parameters(
        risk={
            "maintenanceMarginRateThreshold": 40,
            "balanceBufferPercent": 12.5,
            "maxNotional": {"perSymbol": 2000},
            "walletPollSeconds": 7,
        }
    ).risk

    assert risk.maintenance_margin_rate_threshold == D("0.4")
    assert risk.balance_buffer_ratio == D("0.125")
    assert (risk.max_notional_per_symbol, risk.max_notional_per_account) == (D(2000), None)
    assert risk.wallet_poll == timedelta(seconds=7)


def test_each_cause_has_its_policy() -> None:
    """RI-3: per cause, over the general one."""
    emergency = {"policy": "Freeze", "byCause": {"margin": "Flatten"}}
    parameters = _parameters(emergency=emergency, onRemove="Flatten")

    chosen = {cause: parameters.stop.policy_for(cause) for cause in StopCause}
    assert chosen.pop(StopCause.MARGIN) is StopPolicy.FLATTEN
    assert set(chosen.values()) == {StopPolicy.FREEZE}
    assert parameters.on_remove is OnRemove.FLATTEN
