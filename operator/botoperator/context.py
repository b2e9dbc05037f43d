"""What the parts of the running operator share: what is known, what is due, how it goes.

Rule 1: belongs to one event loop; another thread hands things over by that loop.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from botapi.labels import ACCOUNT_KIND
from botapi.model import Json
from botoperator.claims import Claims
from botoperator.feed_users import FeedUsers
from botoperator.logs import Log
from botoperator.meters import WorkMeters
from botoperator.reconcile.admission import claim_of
from botoperator.reconcile.feed_use import feeds_of
from botoperator.reconcile.plan import FeedObservation, Observation
from botoperator.resources.metadata import ReleaseOwner
from botoperator.settings import Settings
from botoperator.store import Key, Place, Record, Store
from botoperator.vitals import Vitals
from botoperator.workqueue import WorkQueue


class Context:
    """The operator's memory."""

    def __init__(
        self, settings: Settings, *, now: Callable[[], datetime], log: Log, meters: WorkMeters
    ) -> None:
        """Begin with nothing known and nothing due; belongs to the running event loop."""
        self.settings = settings
        self.now = now
        self.log = log
        self.meters = meters
        self.store = Store()
        self.queue: WorkQueue[Key] = WorkQueue()
        self.due = asyncio.Event()
        """Set whenever something may have come due."""
        self.vitals = Vitals(beat_at=self.seconds())
        self.troubles: dict[Key, str] = {}
        """Why a last plan could not be carried out, while it cannot."""
        self.accounts_listed_at: datetime | None = None
        """When the newest complete list of all accounts was asked for."""
        self.knows_feeds = False
        """Whether all feeds were listed once: none is planned before."""
        self.feed_owner: ReleaseOwner | None = None
        """What feeds go with; known before ``knows_feeds``."""
        self._claims = Claims()
        self._users = FeedUsers(settings.namespace)
        self._specs: dict[Key, tuple[str, int | None]] = {}
        """Uid and generation of each account as its feeds were last read from it."""

    def seconds(self) -> float:
        """The clock of queue and probes: never goes back."""
        return asyncio.get_running_loop().time()

    def saw(self, record: Record) -> None:
        """Take in what a watch or a list told; what is no news makes nothing due."""
        concerned = self.store.upsert(record)
        if concerned:
            self.enqueue(concerned | self._index(record.place))

    def gone(self, place: Place, uid: str) -> None:
        """Take out what a watch or a list no longer has."""
        self.enqueue(self.store.remove(place, uid) | self._index(place))

    def put(self, raw: Json) -> None:
        """Take in what a write of our own gave back: due are only others whom it concerns."""
        record = Record.of(raw)
        self.store.upsert(record)
        self.enqueue(self._index(record.place))

    def refresh(self, raw: Json) -> None:
        """The same for an answer about what was known before.

        What a watch has told to be gone meanwhile stays gone: nobody would tell again.
        """
        metadata = raw["metadata"]
        known = self.store.find(Place(raw["kind"], metadata["namespace"], metadata["name"]))
        if known is not None and known.uid == metadata["uid"]:
            self.put(raw)

    def drop(self, place: Place, uid: str) -> None:
        """Take out what a write of our own has ended."""
        self.store.remove(place, uid)

    def enqueue(self, keys: Iterable[Key]) -> None:
        """Make accounts and feeds due."""
        for key in keys:
            self.queue.add(key, self.seconds())
        self.due.set()

    def observe(self, key: Key) -> Observation | None:
        """All that a plan for an account reads; None when the account is gone."""
        account = self.store.root(key)
        if account is None:
            return None
        return Observation(
            account=account.read(),
            children=tuple(record.read() for record in self.store.children(key)),
            pods=tuple(record.read() for record in self.store.pods(key)),
            claims=self._claims.rivals(key),
            trouble=self.troubles.get(key, ""),
        )

    def observe_feed(self, key: Key) -> FeedObservation | None:
        """All that a plan for a feed reads; None where there is none and nobody wants one."""
        feed, identity = self.store.root(key), self._users.identity(key)
        if feed is None and identity is None:
            return None
        return FeedObservation(
            identity=identity,
            users=self._users.count(key),
            feed=feed.read() if feed is not None else None,
            children=tuple(record.read() for record in self.store.children(key)),
            owner=self.feed_owner,
            listed_at=self.accounts_listed_at,
            trouble=self.troubles.get(key, ""),
        )

    def wanted_feeds(self) -> tuple[Key, ...]:
        """The feeds that accounts use, whether they are there or not."""
        return self._users.feeds()

    def line(self, trouble: str) -> None:
        """Hear after each request whether the API server answered; logged when that changes."""
        if trouble and not self.vitals.trouble:
            self.log.warning("apiUnreachable", message=trouble)
        elif self.vitals.trouble and not trouble:
            self.log.info("apiReachable")
        self.vitals.trouble = trouble

    def _index(self, place: Place) -> frozenset[Key]:
        if place.kind != ACCOUNT_KIND:
            return frozenset()
        key = Key(place.namespace, place.name)
        record = self.store.root(key)
        if record is None:
            self._specs.pop(key, None)
            return self._claims.update(key, None) | self._users.update(key, frozenset())
        account = record.read()
        claiming = self._claims.update(key, claim_of(account))
        spec = (record.uid, account["metadata"].get("generation"))
        if None not in spec and self._specs.get(key) == spec:
            return claiming  # most changes are of the status, and feeds follow from the spec
        self._specs[key] = spec
        return claiming | self._users.update(key, feeds_of(account, self.settings))
