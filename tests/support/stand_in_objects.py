"""What an API server keeps, in memory: objects with versions and owners, and who watches them.

As far as the operator sees it, and no further: nothing is validated, labels of an object do not
change, and what is deleted is gone at once, its dependents with it.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from botapi.model import Json
from botoperator.cluster.kinds import BY_NAME
from support.server_side_apply import apply_manifest

Manifest = dict[str, Any]
Name = tuple[str, str]
"""Namespace and name."""

_REMEMBERED = 20_000
"""Events of a kind that a watch can still be told of; older versions are gone (410)."""


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Selector:
    """A namespace, or all of them, and a label selector of names and equalities."""

    def __init__(self, namespace: str, labels: str) -> None:
        self._namespace = namespace
        parts = [part.partition("=") for part in labels.split(",") if part]
        self._wanted = {name: value if sign else None for name, sign, value in parts}

    def takes(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether an object is meant."""
        if self._namespace and namespace != self._namespace:
            return False
        return all(
            name in labels if value is None else labels.get(name) == value
            for name, value in self._wanted.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One object, encoded."""

    uid: str
    text: bytes
    labels: Mapping[str, str]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of a kind, as a line of a watch."""

    version: int
    namespace: str
    labels: Mapping[str, str]
    line: bytes


@dataclass(slots=True, kw_only=True, eq=False)
class Watch:
    """One watch and what it has not sent yet."""

    selector: Selector
    lines: list[bytes] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, happening: Happening) -> None:
        """Take an event in, where it is asked for."""
        if self.selector.takes(happening.namespace, happening.labels):
            self.lines.append(happening.line)
            self.news.set()


class Objects:
    """Everything there is; belongs to one event loop."""

    def __init__(self) -> None:
        self.version = 1
        self.changed: Callable[[Manifest], None] = lambda raw: None
        """Told of every object after it was written."""
        self._kinds: dict[str, dict[Name, Stored]] = {kind: {} for kind in BY_NAME}
        self._watches: dict[str, set[Watch]] = {kind: set() for kind in BY_NAME}
        self._past: dict[str, deque[Happening]] = {
            kind: deque(maxlen=_REMEMBERED) for kind in BY_NAME
        }
        self._oldest = 0
        self._owned: dict[str, set[tuple[str, Name]]] = {}
        self._uids = itertools.count(1)

    def count(self, kind: str) -> int:
        """How many there are of a kind."""
        return len(self._kinds[kind])

    def names(self, kind: str) -> tuple[Name, ...]:
        """All of a kind."""
        return tuple(self._kinds[kind])

    def find(self, kind: str, name: Name) -> Manifest | None:
        """One object, the caller's own to change; None where there is none."""
        stored = self._kinds[kind].get(name)
        return msgspec.json.decode(stored.text) if stored is not None else None

    def texts(self, kind: str, selector: Selector, after: Name) -> Iterator[tuple[Name, bytes]]:
        """The encoded objects that come after a name, by namespace and name."""
        table = self._kinds[kind]
        for name in sorted(name for name in table if name > after):
            if selector.takes(name[0], table[name].labels):
                yield name, table[name].text

    def apply(
        self, wanted: Json, name: Name, *, manager: str, subresource: str = ""
    ) -> tuple[bool, Manifest]:
        """Apply server-side by force; whether the object is new, and the object. A no-op is one."""
        live = self.find(wanted["kind"], name)
        if live is None and subresource:
            raise RefusedError(404, "not found")
        if live is not None:
            _check(wanted["metadata"], live["metadata"])
        new = apply_manifest(live, wanted, manager=manager, subresource=subresource)
        if live is not None and _content(live) == _content(new):
            return False, live
        return live is None, self.put(new, was=live)

    def put(self, raw: Manifest, *, was: Manifest | None = None) -> Manifest:
        """Write an object, whatever it is; ``was`` is what stood there."""
        metadata = raw["metadata"]
        self.version += 1
        if was is None:
            metadata["uid"] = f"00000000-0000-4000-8000-{next(self._uids):012d}"
            metadata["creationTimestamp"] = stamp()
            metadata.setdefault("generation", 1)
        elif was.get("spec") != raw.get("spec"):
            metadata["generation"] += 1
        metadata["resourceVersion"] = str(self.version)
        self._keep(raw)
        self._tell("MODIFIED" if was is not None else "ADDED", raw)
        self.changed(raw)
        return raw

    def edit(self, kind: str, name: Name, change: Callable[[Manifest], None]) -> None:
        """Let a controller or a person change an object; nothing where there is none."""
        was, raw = self.find(kind, name), self.find(kind, name)
        if was is not None and raw is not None:
            change(raw)
            self.put(raw, was=was)

    def delete(self, kind: str, name: Name, uid: str = "") -> Manifest:
        """Delete an object, this very one where a uid is given, and what it owns."""
        raw = self.find(kind, name)
        if raw is None:
            raise RefusedError(404, "not found")
        if uid not in ("", raw["metadata"]["uid"]):
            raise RefusedError(409, "the uid is another")
        own = self._kinds[kind].pop(name)
        for owner in own.owners:
            self._owned.get(owner, set()).discard((kind, name))
        self.version += 1
        raw["metadata"]["resourceVersion"] = str(self.version)
        self._tell("DELETED", raw)
        for dependent in self._owned.pop(own.uid, set()):
            self.delete(*dependent)
        return raw

    def grow(self, times: int, rename: Callable[[bytes, int], bytes]) -> None:
        """Add so many copies of all that ``rename`` gives another name; no watch is told."""
        for table in self._kinds.values():
            texts = [stored.text for stored in table.values()]
            for number in range(1, times + 1):
                for text in texts:
                    raw = msgspec.json.decode(rename(text, number))
                    if _name_of(raw) not in table:
                        self._keep(raw)

    def watch(self, kind: str, selector: Selector, since: int) -> Watch | None:
        """Begin a watch; None where what came after that version is not known any more."""
        past = self._past[kind]
        lost = past[0].version if len(past) == _REMEMBERED else 0
        if since < max(self._oldest, lost):
            return None
        watch = Watch(selector=selector)
        for happening in past:
            if happening.version > since:
                watch.tell(happening)
        self._watches[kind].add(watch)
        return watch

    def leave(self, kind: str, watch: Watch) -> None:
        """End a watch."""
        self._watches[kind].discard(watch)

    def watches(self) -> int:
        """How many are open."""
        return sum(len(each) for each in self._watches.values())

    def forget(self) -> None:
        """Every version up to now is too old for a watch that begins."""
        self.version += 1
        self._oldest = self.version
        for past in self._past.values():
            past.clear()

    def _keep(self, raw: Manifest) -> None:
        metadata, name = raw["metadata"], _name_of(raw)
        owners = tuple(owner["uid"] for owner in metadata.get("ownerReferences", ()))
        for owner in owners:
            self._owned.setdefault(owner, set()).add((raw["kind"], name))
        self._kinds[raw["kind"]][name] = Stored(
            uid=metadata["uid"],
            text=msgspec.json.encode(raw),
            labels=metadata.get("labels") or {},
            owners=owners,
        )

    def _tell(self, sort: str, raw: Manifest) -> None:
        metadata = raw["metadata"]
        happening = Happening(
            version=self.version,
            namespace=metadata.get("namespace", ""),
            labels=metadata.get("labels") or {},
            line=msgspec.json.encode({"type": sort, "object": raw}) + b"\n",
        )
        self._past[raw["kind"]].append(happening)
        for watch in self._watches[raw["kind"]]:
            watch.tell(happening)


def stamp(later: timedelta = timedelta(0)) -> str:
    """Now, or a while later, as the API server writes it."""
    now = datetime.now(UTC)  # noqa: TID251 - a server of its own has a clock of its own
    return (now + later).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name_of(raw: Json) -> Name:
    return raw["metadata"].get("namespace", ""), raw["metadata"]["name"]


def _check(wanted: Json, live: Json) -> None:
    for precondition in ("uid", "resourceVersion"):
        if wanted.get(precondition, live[precondition]) != live[precondition]:
            raise RefusedError(409, f"{precondition} is another")


def _content(raw: Manifest) -> Manifest:
    fields = sorted(raw["metadata"].get("managedFields", ()), key=str)
    return {**raw, "metadata": {**raw["metadata"], "managedFields": fields}}
