"""What is known of the cluster: accounts, their children, their pods.

Rule 1: nothing here is decided; what is stored is what the API server said last, cut to what a plan
reads.
Rule 2: a record never goes back in time: an older version of the same object changes nothing.

Records hold JSON text, not objects: a decoded StatefulSet costs ten times its text, and thousands
of accounts are kept to be read one at a time.
"""

import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from typing_extensions import override

from botapi.labels import ACCOUNT_KIND, ACCOUNT_LABEL, OPERATOR_MANAGER
from botapi.model import Json
from botapi.naming import label_value, runner_name

POD_KIND: Final = "Pod"
CHILD_KINDS: Final = ("ServiceAccount", "Role", "RoleBinding", "StatefulSet")
"""Each account has one of each, of the name `naming.runner_name`."""

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Key(NamedTuple):
    """What is reconciled: one account."""

    namespace: str
    name: str

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
    label: str
    """The value of `ACCOUNT_LABEL`: which account a pod belongs to; empty without one."""
    packed: bytes
    """The object as compressed JSON, cut by `cut`."""

    @classmethod
    def of(cls, raw: Json) -> Self:
        """Make the record of an object as the API server sends it; ``raw`` is not kept."""
        metadata = raw["metadata"]
        text = json.dumps(cut(raw), separators=(",", ":"))
        return cls(
            place=Place(raw["kind"], metadata.get("namespace", ""), metadata["name"]),
            uid=metadata.get("uid", ""),
            version=version_of(metadata),
            label=(metadata.get("labels") or {}).get(ACCOUNT_LABEL, ""),
            packed=zlib.compress(text.encode(), level=1),
        )

    def read(self) -> dict[str, Any]:
        """Decode the object; the caller's own to change."""
        decoded: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return decoded


class Store:
    """Everything seen."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._records: dict[Place, Record] = {}
        self._accounts: dict[Key, Record] = {}
        self._by_runner: dict[tuple[str, str], Key] = {}
        self._by_label: dict[tuple[str, str], Key] = {}
        self._pods: dict[tuple[str, str], set[Place]] = {}
        self._buried: set[str] | None = None

    def __len__(self) -> int:
        """The number of accounts."""
        return len(self._accounts)

    def keys(self) -> tuple[Key, ...]:
        """Every account that exists."""
        return tuple(self._accounts)

    def account(self, key: Key) -> Record | None:
        """The account itself, or None when it is gone."""
        return self._accounts.get(key)

    def children(self, key: Key) -> tuple[Record, ...]:
        """What stands where the account's children belong, whoever made it."""
        name = runner_name(key.name)
        places = (Place(kind, key.namespace, name) for kind in CHILD_KINDS)
        return tuple(self._records[place] for place in places if place in self._records)

    def pods(self, key: Key) -> tuple[Record, ...]:
        """The pods with the account's label, by name."""
        places = self._pods.get((key.namespace, label_value(key.name)), set())
        return tuple(self._records[place] for place in sorted(places))

    def find(self, place: Place) -> Record | None:
        """What stands in a place."""
        return self._records.get(place)

    def upsert(self, record: Record) -> frozenset[Key]:
        """Take an object in and give the accounts that it concerns.

        None where it is no newer than what is known, or was removed while a relist runs.
        """
        known = self._records.get(record.place)
        if known and known.uid == record.uid and 0 < record.version <= known.version:
            return frozenset()
        if self._buried is not None and record.uid in self._buried:
            return frozenset()
        concerned = self._forget(known) if known else frozenset()
        self._remember(record)
        return concerned | self._concerned(record)

    def remove(self, place: Place, uid: str) -> frozenset[Key]:
        """Take an object out and give the accounts that it concerned.

        Another object that has taken its place meanwhile stays.
        """
        if self._buried is not None:
            self._buried.add(uid)
        known = self._records.get(place)
        return self._forget(known) if known and known.uid == uid else frozenset()

    @contextmanager
    def relisting(self) -> Iterator[None]:
        """While a list is read: what a watch removes meanwhile, the older list cannot bring back.

        Raises RuntimeError when one is under way already.
        """
        if self._buried is not None:
            raise RuntimeError("a relist is under way already")
        self._buried = set()
        try:
            yield
        finally:
            self._buried = None

    def lost(
        self, kind: str, namespace: str | None, listed: Collection[str], version: int
    ) -> tuple[Record, ...]:
        """What is stored but was not in a list: deleted while nobody watched.

        ``listed`` are the uids in the list, ``version`` is the list's own: what is newer than the
        list was made after it. ``namespace`` None means all of them.
        """
        return tuple(
            record
            for record in self._records.values()
            if record.place.kind == kind
            and namespace in (None, record.place.namespace)
            and record.uid not in listed
            and record.version <= version
        )

    def _remember(self, record: Record) -> None:
        kind, namespace, name = record.place
        self._records[record.place] = record
        if kind == ACCOUNT_KIND:
            key = Key(namespace, name)
            self._accounts[key] = record
            self._by_runner[namespace, runner_name(name)] = key
            self._by_label[namespace, label_value(name)] = key
        elif kind == POD_KIND:
            self._pods.setdefault((namespace, record.label), set()).add(record.place)

    def _forget(self, record: Record) -> frozenset[Key]:
        concerned = self._concerned(record)
        kind, namespace, name = record.place
        del self._records[record.place]
        if kind == ACCOUNT_KIND:
            del self._accounts[Key(namespace, name)]
            del self._by_runner[namespace, runner_name(name)]
            del self._by_label[namespace, label_value(name)]
        elif kind == POD_KIND:
            pods = self._pods[namespace, record.label]
            pods.remove(record.place)
            if not pods:
                del self._pods[namespace, record.label]
        return concerned

    def _concerned(self, record: Record) -> frozenset[Key]:
        kind, namespace, name = record.place
        if kind == ACCOUNT_KIND:
            return frozenset({Key(namespace, name)})
        if kind == POD_KIND:
            key = self._by_label.get((namespace, record.label))
        else:
            key = self._by_runner.get((namespace, name))
        return frozenset() if key is None else frozenset({key})


def version_of(metadata: Mapping[str, Any]) -> int:
    """The resource version of an object or a list as a number; 0 where there is none.

    They grow with every write (Kubernetes, "API concepts", since 1.35 in words, before in fact).
    """
    text = str(metadata.get("resourceVersion") or "0")
    return int(text) if text.isdecimal() else 0


def cut(raw: Json) -> dict[str, Any]:
    """The object without what no plan reads: other managers' fields, kubectl's copy, a pod's spec.

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
    return slim
