"""What a stream session asks its shell to do, and what it tells. Pure values."""

from dataclasses import dataclass
from enum import Enum

from botrunner.exchanges.dialect import Frame


class StreamState(Enum):
    """Where a stream stands; shown in status and metrics."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    """Signed in, and every topic answered."""
    RECONNECTING = "reconnecting"
    FAILED = "failed"
    """The sign-in was refused; a session tries nothing more until it is started again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Open a connection now, then report ``opened`` or ``closed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send a text frame."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """Cut the connection without waiting for the peer, then report ``closed``."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Hand a topic's message on."""

    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The state changed."""

    state: StreamState
    reason: str
    attempt: int
    """Failed attempts in a row; 0 when connected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFailed:
    """One attempt to get back up ended without a connection."""

    attempt: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRefused:
    """The venue refused the key."""

    code: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsRefused:
    """One group of topics was refused; the others go on."""

    group: str
    topics: tuple[str, ...]
    message: str


Effect = (
    Connect | Send | Disconnect | Deliver | Changed | AttemptFailed | SignInRefused | TopicsRefused
)
