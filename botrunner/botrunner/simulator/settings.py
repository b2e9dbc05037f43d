"""What a simulator is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.price_source import PriceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """Everything a simulator needs; nothing is read from the environment."""

    instruments: tuple[Instrument, ...]
    source: PriceSource
    host: str = "127.0.0.1"
    """Address of REST and streams, which share one port."""
    port: int = 0
    """0 takes any free port."""
    control_port: int = 0
    control_token: str | None = field(default=None, repr=False)
    """With a token the control API listens on ``host`` and asks for it as a bearer token;
    without one it listens on loopback only and asks for nothing."""
    initial_balance: Decimal = Decimal("10000")
    """USDT of an account when it is opened."""
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    """USDT by account name, where it differs from ``initial_balance``."""
    funding_rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Fraction per interval by symbol; 0.0001, the venue's quiet value, where not named."""
    taker_fee_rate: Decimal = Decimal("0.00055")
    maker_fee_rate: Decimal = Decimal("0.0002")
    speed: Decimal = Decimal(1)
    """Source seconds per real second."""
    stepping: bool = False
    """Start paused: prices move only by the control API."""
    rate_limits: bool = True
    """Enforce the venue's limits of requests and connections."""
    request_log_size: int = 100_000
    """Requests kept for the control API's log; the oldest are dropped."""
