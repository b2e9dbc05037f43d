"""How many requests the venue takes, per endpoint group and second."""

from dataclasses import dataclass
from enum import Enum


class Group(Enum):
    """Endpoints that the venue counts together."""

    PLACE = "place"
    AMEND = "amend"
    CANCEL = "cancel"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """Requests per rolling second; Bybit V5 without VIP level: 10 each for orders, 50 for reads."""

    place: int = 10
    amend: int = 10
    cancel: int = 10
    read: int = 50

    def of(self, group: Group) -> int:
        """The limit of one group."""
        match group:
            case Group.PLACE:
                return self.place
            case Group.AMEND:
                return self.amend
            case Group.CANCEL:
                return self.cancel
            case Group.READ:
                return self.read
