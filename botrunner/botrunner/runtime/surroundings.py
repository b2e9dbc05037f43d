"""What is known about a life beside the engine's state: connections, keys, the account's day."""

from dataclasses import dataclass, field
from datetime import datetime

from botrunner.exchanges.market_data import Source
from botrunner.exchanges.stream_effects import StreamState


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """Written by the runner as it learns; read for status, metrics and the screen."""

    account: str
    version: str
    started: datetime
    pod: str = ""
    uid: str = ""
    key_suffix: str = ""
    keys_problem: str = ""
    """Why the key is not used, in words; empty when it is well."""
    keys_reason: str = ""
    """Reason of CredentialsReady for it."""
    keys_gone: str = ""
    """Why the key that is used is not to be found any more; empty while it is."""
    keys_gone_reason: str = ""
    """Reason of CredentialsReady for it."""
    admission_problem: str = ""
    """Why the account of the exchange may not be traded (yet); empty when it may (KU-26)."""
    is_dry_run: bool = False
    """The venue is inside this process; its uids mean nothing outside."""
    streams: dict[str, StreamState] = field(
        default_factory=lambda: {
            "private": StreamState.DISCONNECTED,
            "public": StreamState.DISCONNECTED,
        }
    )
    sources: dict[str, Source] = field(default_factory=dict)
    """Where each symbol's prices come from."""
    lost_feeds: dict[str, str] = field(default_factory=dict)
    """Why a symbol's shared feed is not used; only of those that are not."""
    unknown_symbols: dict[str, str] = field(default_factory=dict)
    """The venue's words by symbol."""
    generation: int = 0
    pending_restart: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """Why the object as it stands is not followed."""
    clock_offset_seconds: float = 0.0
    is_ended: bool = False

    @property
    def reported_uid(self) -> str:
        """The uid that others may hold theirs against."""
        return "" if self.is_dry_run else self.uid
