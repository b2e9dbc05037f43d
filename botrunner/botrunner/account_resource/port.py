"""The role of the door: one account, whatever keeps its TradingAccount."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.emergency import EmergencySettings
from botapi.v1alpha1.status import AccountStatus
from botapi.v1alpha1.strategies import Strategy
from botrunner.domain.emergency import EmergencyStop, StopPolicy
from botrunner.exchanges.credentials import Credentials


class AccountResourceError(Exception):
    """The account cannot be read or held; the text names the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What people want of the account at this moment."""

    account: TradingAccount | None
    """The newest specification that holds together; None where there never was one."""
    stops: tuple[str, ...]
    """What asks for a stop, by name; empty when nobody does."""
    policies: EmergencySettings
    """What a stop does, read apart from the rest."""
    acknowledged: tuple[str, ...]
    """Ids of latched stops that a person has ended."""
    faults: tuple[str, ...]
    """Why the object as it stands is not followed; empty when it is."""
    is_reachable: bool
    """Whether what people want now is known at all; if not, the rest is as it was before."""
    unreachable_since: datetime | None
    """Since when it is not known, which may be earlier than it was noticed; None where no one can
    say, and while it is known."""
    generation: int
    """``metadata.generation`` of the object that is followed; 0 where no API server counts."""
    highest_epoch: int
    """The highest epoch that any runner has reported here; 0 where none has. One above the own
    says that a younger runner has taken over."""
    admitted_uid: str | None
    """Uid of the exchange account that may be traded (KU-26): empty before the operator has said
    so, None where admission is not this door's business."""
    pending_restart: tuple[str, ...]
    """Changed fields that act from the next start on."""
    keys: Credentials | None
    keys_problem: str
    """Why no keys are to be found, with the remedy; empty when they are. Keys beside it are those
    that were found last."""
    keys_reason: str
    """The same as a reason of CredentialsReady: SecretMissing, KeyMissing; empty when they are."""

    def keeping(self, known: Credentials | None) -> "Reading":
        """The same; with keys that are known where it has none: only others replace those."""
        return self if self.keys is not None else replace(self, keys=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened to the account, for people: a Kubernetes Event in a cluster."""

    reason: str
    """One word in CamelCase, of a fixed set."""
    message: str
    is_warning: bool


class AccountResource(Protocol):
    """One account's TradingAccount. Raises OSError where its storage fails."""

    @property
    def name(self) -> str:
        """``metadata.name``."""
        ...

    def read(self) -> Reading:
        """What people want now. Never raises for what they wrote."""
        ...

    def watch(self) -> AsyncIterator[Reading]:
        """Every later reading that differs from the one before, within 0.2 s of the change."""
        ...

    def last_status(self) -> AccountStatus | None:
        """What the last life reported; None where there is nothing readable."""
        ...

    def latched_stop(self) -> EmergencyStop | None:
        """The latched stop that an earlier life left."""
        ...

    def report(self, status: AccountStatus) -> None:
        """Write the runner's part of the status. Blocks; call it off the loop."""
        ...

    def announce(self, notice: Notice) -> None:
        """Tell people by a Kubernetes Event, soon; call it on the loop. Never blocks or raises.

        Rate-limited; a door without a cluster has nobody to tell.
        """
        ...

    def record_stop(self, stop: EmergencyStop, policy: StopPolicy) -> None:
        """Write a stop down so that it survives the process; done when this returns."""
        ...

    def clear_stop(self, emergency_id: str) -> None:
        """Forget the stop of this id; a stop that a person wrote stays."""
        ...

    def save_copy(self, account: TradingAccount, retiring: Sequence[Strategy]) -> None:
        """Keep what is followed now (RI-6), and the strategies that left the list. Blocks."""
        ...

    def saved_strategies(self) -> tuple[Strategy, ...]:
        """Every strategy that the last life had, retiring ones included (KU-27)."""
        ...
