"""The role of a venue: actions in, domain events out.

Rule 1: writes and reads of the engine never raise ExchangeError; what came of them is the events
they return. Set-up reads (instrument, fees, key) raise it.
Rule 2: nothing is decided here. A stream's loss, a refusal and a missing order are told.
Rule 3: every callback is called on the event loop's thread, one at a time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from botrunner.domain.actions import (
    AmendOrder,
    ApplySetting,
    CancelOrder,
    PlaceOrder,
    ReadAccount,
    ReadSymbol,
    ReadTransfers,
    ResolveOrder,
)
from botrunner.domain.control import Event, InstrumentRead
from botrunner.domain.events import OrderEvent, WalletChanged
from botrunner.domain.traits import VenueTraits
from botrunner.exchanges.market_data import CandleChanged, MarketData, Source
from botrunner.exchanges.outcome import Problem
from botrunner.exchanges.stream_effects import StreamState


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReported:
    """A stream changed its state, for status and metrics."""

    stream: str
    """``private`` or ``public``."""
    state: StreamState
    reason: str
    attempt: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRefused:
    """A message could not be believed and changed nothing (EX-10). Logged whole, counted."""

    origin: str
    """The stream or the request it came from."""
    message: str
    """Whole and redacted."""
    problem: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialsReported:
    """The venue's word on the key: None is well, anything else clears ``CredentialsReady``."""

    problem: Problem | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReported:
    """Measured: the venue's clock less ours, in seconds."""

    offset_seconds: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesReported:
    """Where a symbol's prices come from now; REST while the public stream is silent (MD-4)."""

    symbol: str
    source: Source
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReported:
    """Whether a symbol's prices come through its shared feed, or from the exchange itself."""

    symbol: str
    is_used: bool
    reason: str
    """Why it is not used; empty while it is."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksReported:
    """Mark prices by symbol as a read of positions found them, beside every stream."""

    marks: Mapping[str, Decimal]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsReported:
    """The venue refused topics of the public stream: most likely it does not know the symbol."""

    symbol: str
    topics: tuple[str, ...]
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailed:
    """A request failed for good; the event it leads to says what that means."""

    request: str
    problem: Problem
    at: datetime


Report = (
    StreamReported
    | MessageRefused
    | CredentialsReported
    | ClockReported
    | PricesReported
    | FeedReported
    | MarksReported
    | TopicsReported
    | RequestFailed
)
"""What is no event for the engine: for conditions, metrics and logs. Holds no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Who hears what a venue tells unasked."""

    event: Callable[[Event], None]
    """The engine's input: streams, quotes, blocks and limits."""
    market: Callable[[MarketData], None]
    """Trades, candles and deep books; quotes go to ``event``."""
    report: Callable[[Report], None]


Guard = Callable[[], bool]
"""Asked once more at the write, on another thread: reads one value and returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInformation:
    """What the venue says about the key in use."""

    uid: str
    is_read_only: bool
    may_place_orders: bool
    may_change_positions: bool
    may_withdraw: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTopics:
    """What to follow of one symbol beside its quote."""

    depth: int = 1
    """Levels of the order book: 1 serves the quote, more gives BookChanged too."""
    trades: bool = False
    intervals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLimits:
    """What is put up with from a shared feed (``spec.marketData``)."""

    direct_after_seconds: float
    """Without a frame for so long, the exchange is asked itself."""
    max_divergence_percent: Decimal
    """So far may its mark price lie from the exchange's own."""


class Exchange(Protocol):
    """One account at one venue."""

    @property
    def traits(self) -> VenueTraits:
        """What this venue can do; an adapter of one that differs says so."""
        return VenueTraits()

    async def place(self, order: PlaceOrder, *, may_send: Guard) -> OrderEvent:
        """Send a new order: OrderAccepted, -Rejected, -Denied or -OutcomeUnknown.

        ``may_send`` is asked before every try; once it says no, the order is denied.
        """
        ...

    async def amend(self, order: AmendOrder, *, may_send: Guard) -> OrderEvent:
        """Change a resting order: AmendAccepted, -Rejected or -OutcomeUnknown."""
        ...

    async def cancel(self, order: CancelOrder, *, may_send: Guard) -> OrderEvent:
        """End a resting order: CancelAccepted, -Rejected or -OutcomeUnknown."""
        ...

    async def resolve(self, order: ResolveOrder) -> tuple[OrderEvent, ...]:
        """Read one order everywhere: its fills in time order, then its state or OrderNotFound.

        Empty where the reads failed: nothing is known, so nothing is said.
        """
        ...

    async def read_symbol(self, action: ReadSymbol) -> Event:
        """SymbolRead or ReadFailed."""
        ...

    async def read_account(self, action: ReadAccount) -> tuple[Event, ...]:
        """AccountRead; or ReadFailed, with PositionsUnreadable before it where they were."""
        ...

    async def read_wallet(self) -> WalletChanged:
        """The wallet now. Raises ExchangeError."""
        ...

    async def read_transfers(self, action: ReadTransfers) -> Event:
        """TransfersRead or ReadFailed."""
        ...

    async def apply_setting(self, action: ApplySetting) -> Event:
        """SettingApplied (set already counts) or SettingRefused."""
        ...

    async def read_instrument(self, symbol: str) -> InstrumentRead:
        """Steps, limits, risk tiers and fees. Raises ExchangeError."""
        ...

    async def read_key(self) -> KeyInformation:
        """Owner and permissions of the key. Raises ExchangeError."""
        ...

    async def read_candles(
        self, symbol: str, interval: str, limit: int
    ) -> tuple[CandleChanged, ...]:
        """The newest candles, oldest first. Raises ExchangeError."""
        ...

    async def measure_clock(self) -> float:
        """Seconds the venue's clock is ahead of ours, applied from then on.

        Raises ExchangeError.
        """
        ...

    def watch(self, symbols: Iterable[str], topics: PublicTopics = PublicTopics()) -> None:
        """Follow exactly these symbols on the public stream."""
        ...

    def set_request_timeout(self, seconds: float) -> None:
        """Every request from now on has this deadline in all (``requestTimeoutSeconds``)."""
        ...

    def set_feed_limits(self, limits: FeedLimits) -> None:
        """Hold shared feeds to these from now on; an adapter without them has nothing to hold."""
        return

    async def run(self) -> None:
        """Keep streams and clock going until cancelled.

        Without keys only prices. A refused sign-in is tried again once a minute; prices and clock
        go on. While the private stream is down, what it would tell is read: executions every
        second, each time followed by AccountPolled. With each connection of the private stream
        come, before PrivateStreamRestored and in this order: fills since the last one seen, what
        known open orders have become, open orders, positions and wallet; what the stream said
        meanwhile follows.
        """
        ...

    async def close(self) -> None:
        """Release sockets and threads; requests under way end by their deadlines."""
        ...


MakeAdapter = Callable[[Listeners], Exchange]
"""Gives the adapter that tells these listeners."""
