"""How many requests the venue lets through: per user and endpoint, and per address.

Source of the figures: the reference's section on rate limits (default users, no VIP level).
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from botrunner.simulator.bybit.wire import milliseconds_text

_SECOND = timedelta(seconds=1)
ADDRESS_REQUESTS = 600
ADDRESS_SPAN = timedelta(seconds=5)
ADDRESS_BAN = timedelta(minutes=10)
CONNECTIONS = 500
CONNECTION_SPAN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a user's second on one endpoint."""

    limit: int
    remaining: int
    reset_at: datetime
    """Now while requests pass; the moment the next one will, once they do not."""
    granted: bool

    def headers(self) -> Mapping[str, str]:
        """The headers the venue sends with every signed answer."""
        return {
            "X-Bapi-Limit": str(self.limit),
            "X-Bapi-Limit-Status": str(self.remaining),
            "X-Bapi-Limit-Reset-Timestamp": milliseconds_text(self.reset_at),
        }


class RollingSecond:
    """Counts requests by key over the last second; refused ones do not count."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, str], deque[datetime]] = {}

    def take(self, uid: int, endpoint: str, limit: int, at: datetime) -> Allowance:
        """Take one of the user's requests to the endpoint, or say when the next may come."""
        taken = self._taken.setdefault((uid, endpoint), deque())
        while taken and taken[0] <= at - _SECOND:
            taken.popleft()
        if len(taken) >= limit:
            # A millisecond more than needed, so that the printed time never lies in the past.
            free = taken[0] + _SECOND + timedelta(milliseconds=1)
            return Allowance(limit=limit, remaining=0, reset_at=free, granted=False)
        taken.append(at)
        return Allowance(limit=limit, remaining=limit - len(taken), reset_at=at, granted=True)


class AddressLimit:
    """Counts events by address over a span; one too many bans the address for a time."""

    def __init__(self, most: int, span: timedelta, ban: timedelta) -> None:
        self._most = most
        self._span = span
        self._ban = ban
        self._seen: dict[str, deque[datetime]] = {}
        self._banned: dict[str, datetime] = {}

    def admits(self, address: str, at: datetime) -> bool:
        """Count one event; False while the address is banned."""
        if self._is_banned(address, at):
            return False
        seen = self._seen.setdefault(address, deque())
        while seen and seen[0] <= at - self._span:
            seen.popleft()
        if len(seen) >= self._most:
            self.ban(address, at)
            return False
        seen.append(at)
        return True

    def ban(self, address: str, at: datetime) -> None:
        """Shut the address out for the time of a ban."""
        self._banned[address] = at + self._ban
        self._seen.pop(address, None)

    def pardon(self) -> None:
        """Lift every ban and forget what was counted."""
        self._banned.clear()
        self._seen.clear()

    def _is_banned(self, address: str, at: datetime) -> bool:
        until = self._banned.get(address)
        if until is None:
            return False
        if at < until:
            return True
        del self._banned[address]
        return False
