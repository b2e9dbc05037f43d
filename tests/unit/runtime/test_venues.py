"""Where an account's venue is, and which of its changes wait for the next process."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount, TradingAccountSpec
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Listeners
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.runtime.venues import VenueError, addresses, simulator_at
from botrunner.service.clock import SystemClock
from support.accounts import account

OWN = {
    "rest": "http://127.0.0.1:1",
    "publicStream": "ws://127.0.0.1:2",
    "privateStream": "ws://127.0.0.1:3",
}
SERVICE = "http://tradefleet-simulator.tradefleet.svc:8480"
DEAF = Listeners(event=lambda event: None, market=lambda data: None, report=lambda report: None)
KEYS = Credentials(api_key="sim-alice", api_secret="sim-alice-secret")


def spec_of(**fields: Any) -> TradingAccountSpec:
    """A specification, simulated unless said."""
    return parse(TradingAccount, account(**{"environment": "simulated"} | fields)).spec


def test_a_simulated_account_without_addresses_trades_at_the_simulator_given() -> None:
    """EX-12: one address serves REST and both streams."""
    found = addresses(spec_of(), simulator_at(SERVICE))

    assert found == Endpoints(
        rest=SERVICE,
        public_stream="ws://tradefleet-simulator.tradefleet.svc:8480/v5/public/linear",
        private_stream="ws://tradefleet-simulator.tradefleet.svc:8480/v5/private",
    )


def test_addresses_of_its_own_go_before_the_simulator_given() -> None:
    found = addresses(spec_of(endpoints=OWN), simulator_at(SERVICE))

    assert found.rest == "http://127.0.0.1:1"


def test_an_account_of_an_exchange_never_trades_at_the_simulator() -> None:
    found = addresses(spec_of(environment="demo"), simulator_at(SERVICE))

    assert found.rest == "https://api-demo.bybit.com"


def test_a_simulated_account_without_any_simulator_says_what_it_needs() -> None:
    with pytest.raises(VenueError, match="endpoints: environment simulated needs rest"):
        addresses(spec_of(), None)


@pytest.mark.parametrize("text", ["", "localhost:8480", "ftp://simulator"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(VenueError, match="is no address of a simulator"):
        simulator_at(text)


async def test_changed_endpoints_wait_for_the_next_process() -> None:
    """KU-13: a life that begins anew stays at the venue of the first, whatever stands there now."""
    made = []
    async with AsyncExitStack() as stack:
        make = VenueMaker(None, SystemClock(), stack)
        for spec in (spec_of(endpoints=OWN), spec_of(endpoints={})):
            made.append(make(spec, KEYS, DEAF))
            stack.push_async_callback(made[-1].close)

    assert len(made) == 2


async def test_an_account_that_could_not_be_placed_takes_the_mended_specification() -> None:
    """What never had a venue has none to stay at."""
    async with AsyncExitStack() as stack:
        make = VenueMaker(None, SystemClock(), stack)
        with pytest.raises(VenueError):
            make(spec_of(), KEYS, DEAF)
        stack.push_async_callback(make(spec_of(endpoints=OWN), KEYS, DEAF).close)
