"""What frames of a stream can mean, and the role of whoever knows a venue's words for it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

Frame = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The peer lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAnswer:
    """What came of the sign-in."""

    accepted: bool
    is_final: bool
    """A refusal that no second attempt changes; otherwise the venue is unwell."""
    code: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeAnswer:
    """What came of one subscription."""

    request_id: str
    accepted: bool
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A message of a topic."""


Meaning = Pong | SignInAnswer | SubscribeAnswer | Data


class Dialect(Protocol):
    """How a venue words what a session says. Pure."""

    def ping(self) -> str:
        """The application's own ping."""
        ...

    def subscribe(self, request_id: str, topics: tuple[str, ...]) -> str:
        """Ask for topics, all in one request."""
        ...

    def unsubscribe(self, request_id: str, topics: tuple[str, ...]) -> str:
        """Give topics up."""
        ...

    def meaning(self, frame: Frame) -> Meaning:
        """What a frame is. Raises MessageError for one that is nothing known."""
        ...
