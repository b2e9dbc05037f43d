"""How a feed stands with the exchange. Pure."""

from dataclasses import dataclass
from datetime import datetime

from botrunner.exchanges.market_data import Source
from botrunner.exchanges.stream_effects import StreamState


@dataclass(slots=True, kw_only=True)
class UpstreamState:
    """Written by the upstream as it hears; read for status, metrics and probes."""

    state: StreamState = StreamState.DISCONNECTED
    source: Source = Source.STREAM
    reconnects: int = 0
    refused_messages: int = 0
    messages: int = 0
    problem: str = ""
    """Why there are no prices, in the exchange's words; empty while nothing is wrong."""
    exchange_at: datetime | None = None
    """The exchange's time of the newest message."""
    quoted_at: datetime | None = None
    """When the newest quote came."""
    quote_seconds: float = 0.0
    """The same by the monotonic clock; before the first, when this began."""
    clock_offset_seconds: float = 0.0
    """The exchange's clock less ours."""

    def is_lost_by(self, following: StreamState) -> bool:
        """Whether the stream stood and does not any more; a failed attempt loses nothing."""
        return self.state is StreamState.CONNECTED and following is StreamState.RECONNECTING
