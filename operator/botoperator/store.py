"""What is known of the cluster: accounts and feeds, their children, their pods.

Rule 1: nothing here is decided; what is stored is what the API server said last, cut to what a plan
reads.
Rule 2: a record never goes back in time: an older version of the same object changes nothing.

Records hold JSON text, not objects: a decoded StatefulSet costs ten times its text, and thousands
of accounts are kept to be read one at a time. The text is compressed by the first one of its kind,
which it is nearly equal to: a tenth of it is left.
"""

import sys
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

from pydantic_core import from_json, to_json
from typing_extensions import override

from botapi.labels import ACCOUNT_KIND, ACCOUNT_LABEL, FEED_KIND, FEED_LABEL, OPERATOR_MANAGER
from botapi.model import Json
from botapi.naming import label_value, runner_name

POD_KIND: Final = "Pod"
_IDENTITY = ("ServiceAccount", "Role", "RoleBinding")
CHILD_KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        ACCOUNT_KIND: (*_IDENTITY, "StatefulSet"),
        FEED_KIND: (*_IDENTITY, "Deployment", "Service"),
    }
)
"""What belongs to an account, by the name `naming.runner_name`; and to a feed, by the feed's."""

_PATTERNS: Final[dict[str, bytes]] = {}
"""The text of the first object of each kind. Records hold on to the one they need."""
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Key(NamedTuple):
    """What is reconciled: one account or one feed."""

    namespace: str
    name: str
    kind: str = ACCOUNT_KIND

    @property
    def place(self) -> "Place":
        """Where the object is."""
        return Place(self.kind, self.namespace, self.name)

    @property
    def child_name(self) -> str:
        """The name of all its children."""
        return runner_name(self.name) if self.kind == ACCOUNT_KIND else self.name

    @property
    def log_fields(self) -> dict[str, str]:
        """How a line of the log names it: ``account`` or ``feed``."""
        return {"feed" if self.kind == FEED_KIND else "account": str(self)}

    @override
    def __str__(self) -> str:
        """As people write it."""
        return f"{self.namespace}/{self.name}"


class Place(NamedTuple):
    """Where an object is; another one may stand there later, with another uid."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One object as it was last seen."""

    place: Place
    uid: str
    version: int
    """``metadata.resourceVersion``: grows with every change of the object."""
    account_label: str
    """Which account a pod belongs to; empty without the label."""
    feed_label: str
    """Which feed a child belongs to; empty without the label."""
    packed: bytes
    """The object as compressed JSON, cut by `cut` and without its version."""
    pattern: bytes
    """What it is compressed by: zlib's preset dictionary."""

    @classmethod
    def of(cls, raw: Json) -> Self:
        """Make the record of an object as the API server sends it; ``raw`` is not kept."""
        metadata = raw["metadata"]
        labels = metadata.get("labels") or {}
        slim = cut(raw)
        slim["metadata"].pop("resourceVersion", None)
        text = to_json(slim)
        pattern = _PATTERNS.setdefault(raw["kind"], text)
        packer = zlib.compressobj(level=1, zdict=pattern)
        # Six objects of an account share its names: kept once, they cost a sixth.
        names = (raw["kind"], metadata.get("namespace", ""), metadata["name"])
        return cls(
            place=Place(*map(sys.intern, names)),
            uid=metadata.get("uid", ""),
            version=version_of(metadata),
            account_label=sys.intern(labels.get(ACCOUNT_LABEL, "")),
            feed_label=sys.intern(labels.get(FEED_LABEL, "")),
            packed=packer.compress(text) + packer.flush(),
            pattern=pattern,
        )

    def read(self) -> dict[str, Any]:
        """Decode the object; the caller's own to change."""
        text = zlib.decompressobj(zdict=self.pattern).decompress(self.packed)
        decoded: dict[str, Any] = from_json(text)
        decoded["metadata"]["resourceVersion"] = str(self.version)
        return decoded

    def says_nothing_new(self, known: Self) -> bool:
        """Whether a plan would read of the object what it read of it before."""
        return (self.uid, self.packed) == (known.uid, known.packed)


class Store:
    """Everything seen."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._records: dict[Place, Record] = {}
        self._roots: dict[str, dict[Key, Record]] = {kind: {} for kind in CHILD_KINDS}
        self._by_child: dict[tuple[str, str, str], Key] = {}
        self._by_label: dict[tuple[str, str], Key] = {}
        self._pods: dict[tuple[str, str], set[Place]] = {}
        self._relists = 0
        self._buried: set[str] = set()

    def keys(self, kind: str = ACCOUNT_KIND) -> tuple[Key, ...]:
        """Every account, or every feed, that exists."""
        return tuple(self._roots[kind])

    def count(self, kind: str = ACCOUNT_KIND) -> int:
        """The number of them."""
        return len(self._roots[kind])

    def root(self, key: Key) -> Record | None:
        """The account or feed itself, or None when it is gone."""
        return self._roots[key.kind].get(key)

    def children(self, key: Key) -> tuple[Record, ...]:
        """What stands where the children belong, whoever made it."""
        places = (Place(kind, key.namespace, key.child_name) for kind in CHILD_KINDS[key.kind])
        return tuple(self._records[place] for place in places if place in self._records)

    def pods(self, key: Key) -> tuple[Record, ...]:
        """The pods with the account's label, by name."""
        places = self._pods.get((key.namespace, label_value(key.name)), set())
        return tuple(self._records[place] for place in sorted(places))

    def find(self, place: Place) -> Record | None:
        """What stands in a place."""
        return self._records.get(place)

    def has(self, raw: Json) -> bool:
        """Whether this version of an object, or a newer one, is known.

        May be asked from any thread.
        """
        metadata = raw["metadata"]
        known = self._records.get(
            Place(raw["kind"], metadata.get("namespace", ""), metadata["name"])
        )
        return (
            known is not None
            and known.uid == metadata.get("uid", "")
            and 0 < version_of(metadata) <= known.version
        )

    def upsert(self, record: Record) -> frozenset[Key]:
        """Take an object in and give the accounts and feeds that it concerns.

        None where it is no newer than what is known, or newer in nothing that a plan reads, or was
        removed while a relist runs.
        """
        known = self._records.get(record.place)
        if known and known.uid == record.uid and 0 < record.version <= known.version:
            return frozenset()
        if record.uid in self._buried:
            return frozenset()
        if known and record.says_nothing_new(known):
            self._remember(record)
            return frozenset()
        concerned = self._forget(known) if known else frozenset()
        self._remember(record)
        return concerned | self._concerned(record)

    def remove(self, place: Place, uid: str) -> frozenset[Key]:
        """Take an object out and give the accounts and feeds that it concerned.

        Another object that has taken its place meanwhile stays.
        """
        if self._relists:
            self._buried.add(uid)
        known = self._records.get(place)
        return self._forget(known) if known and known.uid == uid else frozenset()

    @contextmanager
    def relisting(self) -> Iterator[None]:
        """While a list is read: what a watch removes meanwhile, the older list cannot bring back.

        Several at once are several lists.
        """
        self._relists += 1
        try:
            yield
        finally:
            self._relists -= 1
            if not self._relists:
                self._buried.clear()

    def lost(
        self, kind: str, label: str, namespace: str | None, listed: Collection[str], version: int
    ) -> tuple[Record, ...]:
        """What is stored but was not in a list: deleted while nobody watched.

        ``label`` is what the list was selected by, ``namespace`` where, None for everywhere.
        ``listed`` are the uids in the list, ``version`` is the list's own: what is newer than the
        list was made after it.
        """
        return tuple(
            record
            for record in self._records.values()
            if record.place.kind == kind
            and namespace in (None, record.place.namespace)
            and record.uid not in listed
            and record.version <= version
            and _could_have(record, label)
        )

    def _remember(self, record: Record) -> None:
        kind, namespace, name = record.place
        self._records[record.place] = record
        if kind == POD_KIND:
            self._pods.setdefault((namespace, record.account_label), set()).add(record.place)
        elif kind in self._roots:
            key = Key(namespace, name, kind)
            self._roots[kind][key] = record
            self._by_child[kind, namespace, key.child_name] = key
            if kind == ACCOUNT_KIND:
                self._by_label[namespace, label_value(name)] = key

    def _forget(self, record: Record) -> frozenset[Key]:
        concerned = self._concerned(record)
        kind, namespace, name = record.place
        del self._records[record.place]
        if kind == POD_KIND:
            pods = self._pods[namespace, record.account_label]
            pods.remove(record.place)
            if not pods:
                del self._pods[namespace, record.account_label]
        elif kind in self._roots:
            key = Key(namespace, name, kind)
            del self._roots[kind][key]
            del self._by_child[kind, namespace, key.child_name]
            if kind == ACCOUNT_KIND:
                del self._by_label[namespace, label_value(name)]
        return concerned

    def _concerned(self, record: Record) -> frozenset[Key]:
        kind, namespace, name = record.place
        if kind in self._roots:
            return frozenset({Key(namespace, name, kind)})
        if kind == POD_KIND:
            found = [self._by_label.get((namespace, record.account_label))]
        else:
            roots = (root for root, children in CHILD_KINDS.items() if kind in children)
            found = [self._by_child.get((root, namespace, name)) for root in roots]
        return frozenset(key for key in found if key is not None)


def _could_have(record: Record, label: str) -> bool:
    # A stranger's object has neither label: it was read by name, and any list tells that it is
    # none of ours.
    labels = {ACCOUNT_LABEL: record.account_label, FEED_LABEL: record.feed_label}
    return not label or bool(labels[label]) or not any(labels.values())


def version_of(metadata: Mapping[str, Any]) -> int:
    """The resource version of an object or a list as a number; 0 where there is none.

    They grow with every write (Kubernetes, "API concepts", since 1.35 in words, before in fact).
    """
    text = str(metadata.get("resourceVersion") or "0")
    return int(text) if text.isdecimal() else 0


def cut(raw: Json) -> dict[str, Any]:
    """The object without what no plan reads; most events of a pod's start are about nothing else.

    Other managers' fields, kubectl's copy, a pod's spec and conditions, a StatefulSet's counts.
    Children are found by kind and API version, so both stay.
    """
    metadata = dict(raw["metadata"])
    kept = [f for f in metadata.pop("managedFields", ()) if f.get("manager") == OPERATOR_MANAGER]
    if kept:
        metadata["managedFields"] = kept
    annotations = metadata.get("annotations") or {}
    if _LAST_APPLIED in annotations:
        left = {name: value for name, value in annotations.items() if name != _LAST_APPLIED}
        metadata["annotations"] = left
    slim = {**raw, "metadata": metadata}
    if raw["kind"] == POD_KIND:
        slim["spec"] = {"nodeName": (raw.get("spec") or {}).get("nodeName", "")}
        slim["status"] = _cut_pod_status(raw.get("status") or {})
    elif raw["kind"] == "StatefulSet" and raw.get("status"):
        slim["status"] = _some(raw["status"], "observedGeneration", "updateRevision")
    return slim


def _cut_pod_status(status: Json) -> dict[str, Any]:
    conditions = status.get("conditions") or ()
    return {
        "conditions": [each for each in conditions if each.get("type") == "PodScheduled"],
        "containerStatuses": [
            _some(each, "name", "state", "lastState", "restartCount")
            for each in status.get("containerStatuses") or ()
        ],
    }


def _some(value: Json, *names: str) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}
