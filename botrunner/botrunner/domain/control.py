"""Facts from around the trading: people, connections, reads and the runner's own life."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from botrunner.domain.account import Wallet
from botrunner.domain.day import Day, Transfer
from botrunner.domain.emergency import EmergencyStop
from botrunner.domain.events import (
    AccountEvent,
    FundingSettled,
    MarketEvent,
    OrderEvent,
    OrderFilled,
    OrderOpened,
)
from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates
from botrunner.domain.parameters import AccountParameters, AppliedGrid
from botrunner.domain.position import Position
from botrunner.domain.side import Side


class Block(Enum):
    """What outside the engine can hold new exposure back."""

    API = "ApiUnreachable"
    """The TradingAccount cannot be read (RI-14)."""
    BREAKER = "Breaker"
    """The circuit breaker of the account's placements is open (EX-4)."""
    CLOCK = "ClockSkew"
    """Our clock differs from the venue's by 500 ms or more (EX-6)."""
    CREDENTIALS = "KeyRefused"
    """Key, signature or permission was refused (RI-9)."""
    DELETION = "Deleting"
    """The TradingAccount is being deleted, or the runner is told to end."""


class Setting(Enum):
    """What has to be set on the venue before the first order of a symbol (GR-10)."""

    CROSS_MARGIN = "crossMargin"
    HEDGE_MODE = "hedgeMode"
    LEVERAGE = "leverage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrder:
    """One order as a read found it, open or final."""

    order_id: str
    """The client order id; the venue's id where it has none."""
    symbol: str
    side: Side
    reduces: bool
    price: Decimal
    quantity: Decimal
    """Total, what is filled included."""
    filled: Decimal
    is_open: bool
    created_at: datetime

    def as_opened(self, at: datetime) -> OrderOpened:
        """An open one, as the stream would tell of it at a moment."""
        return OrderOpened(
            order_id=self.order_id,
            at=at,
            symbol=self.symbol,
            side=self.side,
            reduces=self.reduces,
            quantity=self.quantity,
            price=self.price,
            filled=self.filled,
            created_at=self.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerStarted:
    """The runner's life begins: what it was told, and what its last life left in the status."""

    at: datetime
    parameters: AccountParameters
    applied: Mapping[str, AppliedGrid] = field(default_factory=dict)
    """Values in force per strategy, from the status; they wait for flat."""
    holds: Mapping[str, str] = field(default_factory=dict)
    """Hold id per strategy that was ExternallyReduced (GR-35)."""
    stop: EmergencyStop | None = None
    """The latched stop, from the status or the stop file."""
    day: Day | None = None
    """The account's day, from the status: a restart does not begin it anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersChanged:
    """The specification was edited."""

    at: datetime
    parameters: AccountParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentRead:
    """Steps, limits and fees of one symbol were read."""

    at: datetime
    instrument: Instrument
    fees: FeeRates


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingApplied:
    """The venue confirmed a setting; "not modified" counts (GR-10)."""

    symbol: str
    setting: Setting
    value: Decimal
    """The leverage; 1 for the others."""
    at: datetime
    """When the venue had answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRefused:
    """The venue refused a setting; the account holds until it is confirmed."""

    symbol: str
    setting: Setting
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingLost:
    """A read shows that a setting of the whole account is not what was confirmed."""

    setting: Setting
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonStopSet:
    """A person asks for a stop: the field, the annotation or a file they made."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonStopTakenBack:
    """No person asks for a stop any more."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAcknowledged:
    """A person acknowledged this very stop."""

    at: datetime
    emergency_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateStreamLost:
    """The private stream is down."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateStreamAttemptFailed:
    """One more attempt to get the private stream back failed."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateStreamRestored:
    """The private stream is up and subscribed; a reconciliation follows."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPolled:
    """The private stream is down, and what it would have told has been read instead.

    Executions always; orders, positions and wallet where there were any, and every few seconds.
    """

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSet:
    """Something outside the engine blocks new exposure."""

    at: datetime
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockLifted:
    """That block is gone."""

    at: datetime
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsUnreadable:
    """Positions could not be read in three tries (RI-9)."""

    at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolRead:
    """The answer to a ReadSymbol: everything recovery needs of one symbol, taken together."""

    token: int
    """The ReadSymbol this answers; an older one is dropped."""
    symbol: str
    positions: tuple[Position, ...]
    open_orders: tuple[ReadOrder, ...]
    orders: tuple[ReadOrder, ...]
    """Final orders of the history, at least back to the start of both sides' present life."""
    fills: tuple[OrderFilled, ...]
    """Executions over the same span."""
    funding: tuple[FundingSettled, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRead:
    """The answer to a ReadAccount: positions, open orders and wallet of the whole account."""

    token: int
    started_at: datetime
    """When the first request was sent; what happened since may be missing in it."""
    positions: tuple[Position, ...]
    open_orders: tuple[ReadOrder, ...]
    wallet: Wallet
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfersRead:
    """The answer to a ReadTransfers: every transfer since the moment it named."""

    token: int
    transfers: tuple[Transfer, ...]
    until: datetime
    """What happened later may be missing."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFailed:
    """A ReadSymbol, ReadAccount or ReadTransfers could not be answered after its retries."""

    token: int
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitReported:
    """The venue's headers say what an endpoint group has left."""

    group: str
    remaining: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsPaused:
    """The venue forbids every request until a moment (a ban of the address)."""

    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochClaimed:
    """The account's status names this epoch as the one that trades it (PR-8)."""

    epoch: int
    """Milliseconds since 1970."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerEnding:
    """The runner was told to end: no decision after this one; orders stay as they rest (GR-52)."""

    at: datetime


ControlEvent = (
    RunnerStarted
    | ParametersChanged
    | InstrumentRead
    | SettingApplied
    | SettingRefused
    | SettingLost
    | PersonStopSet
    | PersonStopTakenBack
    | EmergencyAcknowledged
    | PrivateStreamLost
    | PrivateStreamAttemptFailed
    | PrivateStreamRestored
    | AccountPolled
    | BlockSet
    | BlockLifted
    | PositionsUnreadable
    | SymbolRead
    | AccountRead
    | TransfersRead
    | ReadFailed
    | RateLimitReported
    | RequestsPaused
    | EpochClaimed
    | RunnerEnding
)
Event = OrderEvent | AccountEvent | MarketEvent | ControlEvent
"""Everything ``Engine.process`` takes."""
