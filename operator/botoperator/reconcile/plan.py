"""Plans: what to change in the cluster, as data that can be printed, compared and tested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from botapi.model import Json
from botoperator.reconcile.admission import Claim, ExchangeAccount
from botoperator.reconcile.feed_use import FeedIdentity
from botoperator.resources.metadata import ReleaseOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is known of one account at one moment, as the API server gives it.

    Of ``metadata.managedFields`` only the entries of our own manager are looked at.
    """

    account: Json
    children: Sequence[Json] = ()
    """Live ServiceAccount, Role, RoleBinding and StatefulSet of the runner's name, in any order.
    Whoever owns them: a foreign object of that name is never taken over."""
    pods: Sequence[Json] = ()
    """Pods with the account's label: metadata and status."""
    claims: Sequence[Claim] = ()
    """Those of every account in this account's group, its own included or not."""
    trouble: str = ""
    """Why the last plan could not be carried out, in words for people; empty when it could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedObservation:
    """What is known of one shared feed at one moment; its namespace is the operator's."""

    identity: FeedIdentity | None
    """What its users want; None while it has none."""
    users: int
    """Number of accounts, in all namespaces, that `feeds_of` gives this feed for."""
    feed: Json | None = None
    """The MarketDataFeed; None where there is none."""
    children: Sequence[Json] = ()
    """Live ServiceAccount, Role, RoleBinding, Deployment and Service of its name."""
    owner: ReleaseOwner | None = None
    """What the feed goes with; None: with nothing."""
    listed_at: datetime | None = None
    """When the newest complete list of all accounts was asked for, which ``users`` reflects."""
    trouble: str = ""
    """Why the last plan could not be carried out, in words for people; empty when it could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """Server-side apply of a whole manifest under our field manager, by force."""

    manifest: Json
    is_new: bool
    """No such object was seen. Objects that do not carry our labels are not watched, so whoever
    carries this out reads first, and where there is one shows it to the next plan instead."""
    differs_at: tuple[str, ...] = ()
    """Paths at which the live object is not as wanted, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete one object, with its uid as the precondition: never a successor of its name."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWrite:
    """Server-side apply of our whole part of the status, by force."""

    manifest: Json
    """apiVersion, kind, metadata (name, namespace, uid; with an admission also resourceVersion,
    so that an account that changed meanwhile is planned anew) and status."""
    admits: ExchangeAccount | None = None
    """Given where this write lets the account trade. No two of them for one exchange account may
    be planned from states that do not know of each other: plan and write under one lock, and show
    the answer to the store before the lock goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A Kubernetes Event about the account or feed; only ever on a transition."""

    reason: str
    """One word in CamelCase, of `NoticeReason`."""
    message: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do, in this order. Empty when everything is as it should be.

    A part that fails does not keep the later ones from being tried: the status says what is wrong.
    """

    applies: tuple[Apply, ...] = ()
    deletes: tuple[Delete, ...] = ()
    status: StatusWrite | None = None
    notices: tuple[Notice, ...] = ()
    """Worth sending once the rest of the plan is carried out."""
    requeue_after: timedelta | None = None
    """When to look again though nothing happens: something waits for time to pass."""
    needs_fresh_list: bool = False
    """List all accounts anew and plan again: what would go must not go by a lost event."""

    @property
    def is_silent(self) -> bool:
        """Whether the plan writes nothing at all."""
        return not (self.applies or self.deletes or self.status or self.notices)
