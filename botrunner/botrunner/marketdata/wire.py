"""What a feed and its subscribers say to each other: JSON objects in text frames. Pure.

Rule 1: within a version, fields and kinds are only added. Who does not know one passes over it, so
older and newer ends understand each other; what breaks that is a new version.
Rule 2: the subscriber speaks first (``hello``); the feed chooses the highest version that both
speak, or refuses. After that a subscriber speaks only to show a fresh token (``renewal``), and only
where the feed has said that the first one ends.
Rule 3: times are whole microseconds since 1970 UTC; prices and quantities are decimal strings.
Rule 4: every message of market data carries the exchange's time, the feed's receive time, a number
that grows by one within its topic, and its source.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from typing_extensions import override

from botrunner.exchanges.market_data import Level, Source

VERSION = 1
"""The newest version spoken here."""
OLDEST_VERSION = 1

QUOTE = "quote"
UPSTREAM = "upstream"
BOOK = "book"
TRADES = "trades"
OPTIONAL_TOPICS = frozenset({BOOK, TRADES})
"""What a hello may ask for beside quotes, the state of the upstream and candles."""

_TEXT_FRAME = 0x81
"""FIN and opcode 1 (RFC 6455, section 5.2)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises for bytes that are none of ours; the last for what is nested too deep."""


class WireError(ValueError):
    """A frame is none of this protocol; the text says what is wrong with it."""


class _Frame(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind"):
    """A JSON object that says its kind."""


class Hello(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="hello"):
    """The subscriber's only frame: who it is, and what it wants."""

    oldest_version: int
    newest_version: int
    exchange: str
    environment: str
    market: str
    symbol: str
    topics: tuple[str, ...] = ()
    """Of OPTIONAL_TOPICS; unknown ones are not served."""
    depth: int = 1
    """Levels that ``book`` needs at least."""
    intervals: tuple[str, ...] = ()
    """Candles; the exchange's names of their lengths."""
    token: str = ""
    """A ServiceAccount token for the feed's audience."""

    @override
    def __repr__(self) -> str:
        return f"Hello({self.exchange} {self.environment} {self.market} {self.symbol})"


class Renewal(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="renewal"):
    """The subscriber has a fresh token; on the same connection, so that nothing is missed."""

    token: str

    @override
    def __repr__(self) -> str:
        return "Renewal()"


class Welcome(
    _Frame,
    frozen=True,
    kw_only=True,
    rename="camel",
    tag_field="kind",
    tag="welcome",
    omit_defaults=True,
):
    """The feed's first frame: what it is and what it serves of what was asked for."""

    version: int
    feed: str
    """Another one after every start of the feed: numbers begin anew."""
    topics: tuple[str, ...]
    depth: int
    intervals: tuple[str, ...]
    heartbeat_seconds: float
    """A frame comes at least so often."""
    renew_seconds: float = 0.0
    """Who shows no fresh token for so long is refused; 0: the connection has no end."""


class Renewed(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="renewed"):
    """The token of a renewal is good."""

    renew_seconds: float
    """As in ``Welcome``, from now on."""


class Refusal(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="refusal"):
    """The feed's last frame: why it does not serve this subscriber."""

    reason: str
    """malformed, version, wrongFeed, token or full."""
    message: str


class QuoteSaid(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag=QUOTE):
    """Best, last and mark price."""

    number: int = 0
    exchange_time_us: int
    feed_time_us: int
    source: Source
    bid: Decimal
    ask: Decimal
    last: Decimal
    mark: Decimal


class BookSaid(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag=BOOK):
    """The whole order book to the feed's depth, best first."""

    number: int = 0
    exchange_time_us: int
    feed_time_us: int
    source: Source
    depth: int
    update: int
    """The exchange's own number of it."""
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class TradeSaid(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="trade"):
    """One public trade."""

    number: int = 0
    exchange_time_us: int
    feed_time_us: int
    source: Source
    trade_id: str
    price: Decimal
    quantity: Decimal
    taker_buys: bool


class CandleSaid(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="candle"):
    """A candle, running or closed; the two are topics of their own, each with its numbers."""

    number: int = 0
    exchange_time_us: int
    feed_time_us: int
    source: Source
    interval: str
    start_us: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    is_closed: bool


class UpstreamSaid(
    _Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag=UPSTREAM
):
    """How the feed itself stands with the exchange; also the heartbeat."""

    number: int = 0
    exchange_time_us: int | None
    """Of the newest message; None before the first."""
    feed_time_us: int
    source: Source
    state: str
    """Of the stream: disconnected, connecting, connected, reconnecting or failed."""
    reconnects: int


class Gap(_Frame, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="gap"):
    """Messages of a topic that this subscriber never gets: it was too slow for them."""

    topic: str
    first: int
    last: int


MarketSaid = QuoteSaid | BookSaid | TradeSaid | CandleSaid | UpstreamSaid
FeedFrame = Welcome | Renewed | Refusal | MarketSaid | Gap

_encode = msgspec.json.Encoder().encode
_hello = msgspec.json.Decoder(Hello)
_renewal = msgspec.json.Decoder(Renewal)
_feed_frame: msgspec.json.Decoder[FeedFrame] = msgspec.json.Decoder(FeedFrame)
_KINDS = frozenset(
    {"welcome", "renewed", "refusal", QUOTE, BOOK, "trade", "candle", UPSTREAM, "gap"}
)


class _Kind(msgspec.Struct, frozen=True):
    kind: str


_kind = msgspec.json.Decoder(_Kind)


def candle_topics(interval: str) -> tuple[str, str]:
    """The topics of the running and of the closed candles of an interval."""
    return f"candle.{interval}", f"closed.{interval}"


def topic_of(said: MarketSaid) -> str:
    """Where a message belongs: numbers grow by one within a topic."""
    match said:
        case QuoteSaid():
            return QUOTE
        case BookSaid():
            return BOOK
        case TradeSaid():
            return TRADES
        case CandleSaid():
            return candle_topics(said.interval)[said.is_closed]
        case UpstreamSaid():
            return UPSTREAM


def chosen_version(hello: Hello) -> int | None:
    """The highest version that both ends speak; None where there is none."""
    version = min(VERSION, hello.newest_version)
    return version if version >= max(OLDEST_VERSION, hello.oldest_version) else None


def encoded(message: Hello | Renewal | FeedFrame) -> bytes:
    """The JSON text of a message."""
    return _encode(message)


def text_frame(payload: bytes) -> bytes:
    """The payload as one unmasked text frame, as a server sends it (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        header = bytes((_TEXT_FRAME, size))
    elif size < 1 << 16:
        header = bytes((_TEXT_FRAME, 126)) + size.to_bytes(2)
    else:
        header = bytes((_TEXT_FRAME, 127)) + size.to_bytes(8)
    return header + payload


def read_hello(payload: bytes) -> Hello:
    """What a subscriber says first. Raises WireError."""
    try:
        return _hello.decode(payload)
    except _UNREADABLE as error:
        raise WireError(f"hello: {error}") from None


def read_renewal(payload: bytes) -> Renewal | None:
    """What a subscriber says after its hello; None for what only a newer feed knows."""
    try:
        return _renewal.decode(payload)
    except _UNREADABLE:
        return None


def read_feed(payload: bytes) -> FeedFrame | None:
    """What a feed says; None for a kind that a newer feed knows. Raises WireError."""
    try:
        return _feed_frame.decode(payload)
    except _UNREADABLE as error:
        if _is_unknown(payload):
            return None
        raise WireError(f"feed: {error}") from None


def microseconds(at: datetime) -> int:
    """A moment as the wire carries it."""
    return (at - _EPOCH) // _MICROSECOND


def moment(microseconds_since_1970: int) -> datetime:
    """A moment as the wire carried it. Raises WireError for one beyond the calendar."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds_since_1970)
    except OverflowError:
        raise WireError(f"time: {microseconds_since_1970} is no time") from None


def is_crossed(bids: Iterable[Level], asks: Iterable[Level]) -> bool:
    """Whether the best bid is above the best ask; both best first."""
    bid, ask = next(iter(bids), None), next(iter(asks), None)
    return bid is not None and ask is not None and bid[0] > ask[0]


def _is_unknown(payload: bytes) -> bool:
    try:
        return _kind.decode(payload).kind not in _KINDS
    except _UNREADABLE:
        return False
