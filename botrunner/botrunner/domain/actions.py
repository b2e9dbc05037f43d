"""What the engine wants done, in intents (EX-1). Imperative; an adapter knows the venue's words."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from botrunner.domain.control import Setting
from botrunner.domain.emergency import EmergencyStop, StopPolicy
from botrunner.domain.side import Purpose, Side


class Priority(Enum):
    """The lanes of EX-5, first come first served within each; lower goes first."""

    PROTECT = 0
    CANCEL = 1
    PLACE = 2
    READ = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Send a new good-till-cancelled limit order, or a market order where price is None."""

    order_id: str
    symbol: str
    strategy: str
    side: Side
    """The position side: an entry opens it, everything else closes it."""
    purpose: Purpose
    level: int
    quantity: Decimal
    price: Decimal | None
    reduce_only: bool
    post_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOrder:
    """Change a resting order. ``quantity`` is the new total, what is filled included."""

    order_id: str
    symbol: str
    side: Side
    purpose: Purpose
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel a resting order; of a foreign one ``order_id`` is the venue's."""

    order_id: str
    symbol: str
    foreign: bool = False


OrderAction = PlaceOrder | AmendOrder | CancelOrder
"""What risk has to approve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveOrder:
    """Read one order by its id, open orders, history and executions; answer with its events."""

    order_id: str
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSymbol:
    """Read what recovery needs of a symbol; answer with SymbolRead or ReadFailed."""

    token: int
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAccount:
    """Read positions, open orders and wallet; answer with AccountRead or ReadFailed."""

    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWallet:
    """Read the wallet; answer with WalletChanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTransfers:
    """Read what came in and went out; answer with TransfersRead or ReadFailed."""

    token: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplySetting:
    """Set something on the venue; "not modified" is success."""

    symbol: str
    setting: Setting
    value: Decimal
    """The leverage; 1 for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStop:
    """Write the stop down before any request of its policy: log, stop file; status follows."""

    stop: EmergencyStop
    policy: StopPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearStop:
    """The stop ended: remove its file, say so."""

    emergency_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell people: a Kubernetes Event and, where set up, a notification."""

    reason: str
    """CamelCase, as in Event reasons."""
    message: str
    warning: bool = True


Command = (
    ResolveOrder
    | ReadSymbol
    | ReadAccount
    | ReadWallet
    | ReadTransfers
    | ApplySetting
    | RecordStop
    | ClearStop
    | Notify
)
"""What needs no approval: it cannot change exposure."""
