"""Small TradingAccounts to begin a test with."""

import copy
import re
from typing import Any

ABSENT = object()
"""As a value: the field is taken out."""

Manifest = dict[str, Any]


def account(name: str = "case", **spec: Any) -> Manifest:
    """A small valid account; ``spec`` replaces whole fields of its spec."""
    grid = {"leverage": 75, "initialMargin": 1}
    usual = {
        "exchange": "bybit",
        "credentials": {"secretName": "case-keys"},
        "strategies": [{"name": "doge", "symbol": "DOGEUSDT", "grid": grid}],
    }
    return {
        "apiVersion": "tradefleet.dev/v1alpha1",
        "kind": "TradingAccount",
        "metadata": {"name": name},
        "spec": usual | spec,
    }


def with_value(path: str, value: Any, manifest: Manifest | None = None) -> Manifest:
    """A copy of an account with the field at ``path`` (``spec.strategies[0].name``) replaced."""
    changed = copy.deepcopy(manifest or account())
    parts = [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)]
    place: Any = changed
    for part in parts[:-1]:
        place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
    if value is ABSENT:
        del place[parts[-1]]
    else:
        place[parts[-1]] = value
    return changed


def strategy(name: str, symbol: str, leverage: float = 5) -> Manifest:
    """One grid."""
    return {"name": name, "symbol": symbol, "grid": {"leverage": leverage, "initialMargin": 1}}
