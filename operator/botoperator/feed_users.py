"""Who uses which shared feed, kept as accounts come, change and go."""

from collections.abc import Set

from botapi.labels import FEED_KIND
from botoperator.reconcile.feed_use import FeedIdentity
from botoperator.store import Key


class FeedUsers:
    """The users of every feed, by its name."""

    def __init__(self, namespace: str) -> None:
        """Begin with none; ``namespace`` is where feeds are."""
        self._namespace = namespace
        self._used: dict[Key, frozenset[FeedIdentity]] = {}
        self._users: dict[FeedIdentity, set[Key]] = {}
        self._names: dict[str, FeedIdentity] = {}

    def update(self, account: Key, used: Set[FeedIdentity]) -> frozenset[Key]:
        """Note what an account uses now, and give the feeds whose number of users changed."""
        before = self._used.pop(account, frozenset())
        for identity in before - used:
            self._leave(identity, account)
        for identity in used - before:
            self._users.setdefault(identity, set()).add(account)
            self._names[identity.name] = identity
        if used:
            self._used[account] = frozenset(used)
        return frozenset(self._key(each) for each in before ^ used)

    def feeds(self) -> tuple[Key, ...]:
        """Every feed that has a user."""
        return tuple(self._key(identity) for identity in self._users)

    def identity(self, feed: Key) -> FeedIdentity | None:
        """What the users of a feed want; None while it has none."""
        return self._names.get(feed.name)

    def count(self, feed: Key) -> int:
        """The number of accounts that use it."""
        identity = self.identity(feed)
        return len(self._users[identity]) if identity is not None else 0

    def _key(self, identity: FeedIdentity) -> Key:
        return Key(self._namespace, identity.name, FEED_KIND)

    def _leave(self, identity: FeedIdentity, account: Key) -> None:
        users = self._users[identity]
        users.remove(account)
        if not users:
            del self._users[identity]
            del self._names[identity.name]
