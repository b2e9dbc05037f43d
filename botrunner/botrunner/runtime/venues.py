"""Which venue an account trades at: its exchange, or a simulator."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from botapi.v1alpha1.account import Environment, TradingAccountSpec
from botrunner.exchanges.bybit.address import Address
from botrunner.exchanges.bybit.endpoints import Endpoints, endpoints_for
from botrunner.exchanges.bybit.exchange import BybitExchange
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.service.clock import Clock

if TYPE_CHECKING:
    # A simulator is imported when one starts: a runner at an exchange keeps its memory small.
    from botrunner.simulator.server import Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressShare:
    """How much of the address's limits one runner may use for prices (MD-9), in seconds."""

    poll_seconds: float = 1.0
    """From one poll of a symbol to the next."""
    connect_seconds: float = 0.0
    """From one public connection, or try, to the next."""


WHOLE_ADDRESS = AddressShare()
"""Of a runner that has an address to itself."""


class VenueError(Exception):
    """There is no venue for an account; the text names field and remedy."""


def wants_simulator(spec: TradingAccountSpec) -> bool:
    """Whether the venue is the simulator at hand: simulated, and no address is given."""
    given = (spec.endpoints.rest, spec.endpoints.public_stream, spec.endpoints.private_stream)
    return spec.environment is Environment.SIMULATED and not any(given)


async def start_simulator(
    accounts: Mapping[str, TradingAccountSpec], clock: Clock, speed: Decimal
) -> "Simulator":
    """A simulator for these accounts, called as their keys call them; recorded prices if any.

    ``speed`` is source seconds per second. Raises VenueError.
    """
    from botrunner.simulator.scenario_file import ScenarioError, change_scenario
    from botrunner.simulator.scenario_options import scenario_from_options
    from botrunner.simulator.scenario_settings import settings_for
    from botrunner.simulator.server import Simulator

    symbols = dict.fromkeys(s.symbol for spec in accounts.values() for s in spec.strategies)
    try:
        file = scenario_from_options(list(symbols), [])
        file = change_scenario(file, "run", {"speed": speed, "accounts": _balances(accounts)})
        return await Simulator.start(settings_for(file), clock)
    except ScenarioError as error:
        raise VenueError(
            f"the simulator that run starts cannot trade this: {error}; "
            "or give the addresses of another one in spec.endpoints"
        ) from None


def inside(simulator: "Simulator") -> Endpoints:
    """Where a simulator of this process listens."""
    return Endpoints(
        rest=simulator.rest_url,
        public_stream=simulator.public_url,
        private_stream=simulator.private_url,
    )


def simulator_at(address: str) -> Endpoints:
    """Where a simulator of another process listens, by the address of its REST.

    Raises VenueError for what is no HTTP address.
    """
    stream = re.sub("^http", "ws", address)
    try:
        return endpoints_for(
            Environment.SIMULATED.value, rest=address, public_stream=stream, private_stream=stream
        )
    except ValueError:
        text = f"{address!r} is no address of a simulator; give it like http://localhost:8480"
        raise VenueError(text) from None


def addresses(spec: TradingAccountSpec, simulator: Endpoints | None) -> Endpoints:
    """Where the account's venue is; ``simulator`` serves where it is simulated without addresses.

    Raises VenueError.
    """
    if simulator is not None and wants_simulator(spec):
        return simulator
    try:
        return endpoints_for(
            spec.environment.value,
            rest=spec.endpoints.rest,
            public_stream=spec.endpoints.public_stream,
            private_stream=spec.endpoints.private_stream,
        )
    except ValueError as error:
        raise VenueError(f"spec.{error}") from None


def make_exchange(
    endpoints: Endpoints,
    spec: TradingAccountSpec,
    keys: Credentials | None,
    listeners: Listeners,
    clock: Clock,
    share: AddressShare = WHOLE_ADDRESS,
    address: Address | None = None,
) -> Exchange:
    """The adapter of an account; without keys it reads public data only.

    ``address``: shared with the other adapters of this process.
    """
    return BybitExchange(
        endpoints=endpoints,
        credentials=keys,
        listeners=listeners,
        clock=clock,
        timeout_seconds=float(spec.request_timeout_seconds),
        poll_seconds=share.poll_seconds,
        connect_seconds=share.connect_seconds,
        address=address,
    )


def _balances(accounts: Mapping[str, TradingAccountSpec]) -> Iterable[dict[str, object]]:
    return [{"name": name, "balance": spec.initial_balance} for name, spec in accounts.items()]
