"""Whether one symbol's prices come from its feed or from the exchange itself. Pure.

Rule 1: without a frame for ``direct_after`` seconds, and a share of the jitter, the runner asks
the exchange; so it does where quotes have grown old, but no sooner than of a silent feed. One
heartbeat that is late is no silence.
Rule 2: it comes back once the feed has been well for a while, quote included.
Rule 3: a feed whose price was wrong is not believed for a while, however well it looks.
Times are seconds of one monotonic clock; chance (``share``, in [0, 1]) comes from outside.
"""

from dataclasses import dataclass
from enum import Enum

_BEATS = 2
_LEAST_SILENCE_CAP = 3.0
"""Whatever a feed says of its heartbeat."""


class Route(Enum):
    """Where prices come from."""

    FEED = "feed"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTiming:
    """Seconds."""

    direct_after: float = 3.0
    jitter: float = 1.5
    """At most so much more: a dead feed's subscribers do not all ask at the same moment."""
    quiet: float = 12.0
    """A feed without a new quote for so long has lost the exchange; it polls after 5 s itself."""
    settle: float = 2.0
    """The feed is well for so long before it is used again."""
    distrust: float = 300.0


class Link:
    """One symbol's. Begins with the feed, and with patience for it."""

    def __init__(self, timing: LinkTiming, now: float, share: float) -> None:
        self.timing = timing
        """May be replaced at any time."""
        self.route = Route.FEED
        self._heard_at = self._quoted_at = now
        self._well_since: float | None = None
        self._has_quote = False
        """A quote came on the present connection."""
        self._patience = timing.jitter * share
        self._distrusted_until: float | None = None
        self._least_silence = 0.0
        """Less is none: of the present connection."""

    @property
    def heard_at(self) -> float:
        """When the last frame came; before the first, when this began."""
        return self._heard_at

    @property
    def is_distrusted(self) -> bool:
        """Whether its price was wrong, and nobody has said since that it is right."""
        return self._distrusted_until is not None

    def welcomed(self, now: float, heartbeat: float = 0.0) -> None:
        """The feed serves this runner, and says something every ``heartbeat`` seconds at least."""
        self._least_silence = min(_BEATS * heartbeat, _LEAST_SILENCE_CAP)
        self._heard_at = self._well_since = now
        self._has_quote = False

    def heard(self, now: float) -> None:
        """A frame came."""
        if now - self._heard_at >= self._direct_after:
            self._well_since = now
        self._heard_at = now

    def quoted(self, now: float, age: float) -> None:
        """A new quote came; it is ``age`` seconds old, by the feed's own clock."""
        self._quoted_at = now - age
        self._has_quote = True

    def aged(self, now: float, age: float) -> None:
        """The same quote is ``age`` seconds old at least; no clock makes it young again."""
        self._quoted_at = min(self._quoted_at, now - age)

    def lost(self) -> None:
        """The connection ended."""
        self._well_since = None

    def distrust(self, now: float) -> None:
        """Its price is wrong."""
        self._distrusted_until = now + self.timing.distrust

    def reconsider(self, now: float) -> None:
        """What is wrong is judged otherwise now: time to compare its price again."""
        if self._distrusted_until is not None:
            self._distrusted_until = now

    def may_be_trusted(self, now: float) -> bool:
        """Whether it is time to compare its price again."""
        return self._distrusted_until is not None and now >= self._distrusted_until

    def trust(self) -> None:
        """Its price is right again."""
        self._distrusted_until = None

    def decide(self, now: float, share: float) -> Route:
        """Where prices come from now on; ``share`` is the jitter of the next loss."""
        if self.route is Route.FEED and self._is_gone(now):
            self.route = Route.DIRECT
        elif self.route is Route.DIRECT and self._is_well(now):
            self.route = Route.FEED
            self._patience = self.timing.jitter * share
        return self.route

    def _is_gone(self, now: float) -> bool:
        silent, quiet = now - self._heard_at, now - self._quoted_at
        is_silent = silent >= self._direct_after + self._patience
        return is_silent or quiet >= self._longest_quiet + self._patience or self.is_distrusted

    def _is_well(self, now: float) -> bool:
        if self._well_since is None or not self._has_quote or self.is_distrusted:
            return False
        is_heard = now - self._heard_at < self._direct_after
        is_fresh = now - self._quoted_at < self._longest_quiet
        return is_heard and is_fresh and now - self._well_since >= self.timing.settle

    @property
    def _longest_quiet(self) -> float:
        return max(self.timing.quiet, self._direct_after)

    @property
    def _direct_after(self) -> float:
        return max(self.timing.direct_after, self._least_silence)
