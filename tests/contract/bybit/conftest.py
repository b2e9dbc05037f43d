"""A simulator whose prices stand still until a test moves them, and pybit signed in to it."""

from collections.abc import Iterator

import pytest
from pybit.unified_trading import HTTP

from contract.bybit.clients import http
from support.simulator import RunningSimulator, running_simulator

STILL = """
step: true
prices:
- {symbol: XRPUSDT, premiumRatio: 0, script: {waypoints: [{atSeconds: 0, last: 2}]}}
- {symbol: BTCUSDT, premiumRatio: 0, script: {waypoints: [{atSeconds: 0, last: 50000}]}}
"""


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """XRPUSDT at 2.0000 (bid 1.9999, ask 2.0000), BTCUSDT at 50,000; 10,000 USDT an account."""
    with running_simulator(STILL) as running:
        yield running


@pytest.fixture
def alice(simulator: RunningSimulator) -> HTTP:
    """pybit with the keys of the account alice."""
    return http(simulator, "alice")
