"""What the API server's audit log tells: who wrote what, from a moment on."""

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
CHILDREN = ("serviceaccounts", "roles", "rolebindings", "statefulsets")
"""What the operator makes for an account; its pod is the StatefulSet controller's."""
_OURS = frozenset({"tradingaccounts", "pods", *CHILDREN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request that the API server has answered."""

    user: str
    verb: str
    resource: str
    """With its subresource: ``tradingaccounts/status``."""
    namespace: str
    name: str
    at: datetime
    answered_at: datetime
    """When the answer was complete; of a watch, when it ended."""
    code: int


@dataclass(slots=True)
class Audit:
    """The log from its present end on, through the files that it was rotated into since."""

    path: Path
    begun: int = field(init=False)
    inode: int = field(init=False)

    def __post_init__(self) -> None:
        found = self.path.stat()
        self.begun, self.inode = found.st_size, found.st_ino

    def entries(self) -> list[Entry]:
        """Everything answered since this was made. Raises LookupError where a part is gone."""
        lines = self._written().decode().splitlines()
        return [entry for line in lines if (entry := _entry(line)) is not None]

    def _written(self) -> bytes:
        # The present file is opened first: should it be rotated meanwhile, it is in the list too.
        with self.path.open("rb") as present:
            present_inode = os.fstat(present.fileno()).st_ino
            if present_inode == self.inode:
                present.seek(self.begun)
                return present.read()
            # The API server puts the moment of the rotation into the name.
            rotated = sorted(self.path.parent.glob(f"{self.path.stem}-*{self.path.suffix}"))
            inodes = [file.stat().st_ino for file in rotated]
            if self.inode not in inodes:
                raise LookupError(f"{self.path}: what it held when this began was deleted")
            first = inodes.index(self.inode)
            older = [
                file.read_bytes()
                for file, inode in zip(rotated[first:], inodes[first:], strict=True)
                if inode != present_inode
            ]
            return b"".join([older[0][self.begun :], *older[1:], present.read()])

    def writes(self, *, namespace: str, user: str = "system:serviceaccount:") -> list[Entry]:
        """Successful writes into a namespace by users whose name begins so.

        What the cluster's own controllers do is left out, and so are Events.
        """
        return [
            entry
            for entry in self.entries()
            if entry.verb in _WRITES
            and entry.namespace == namespace
            and entry.resource.partition("/")[0] in _OURS
            and entry.user.startswith(user)
            and not entry.user.startswith("system:serviceaccount:kube-system:")
            and entry.code < 300
        ]

    def answered(self, *, verb: str, resource: str, namespace: str, name: str = "") -> list[Entry]:
        """Requests for one kind of object, or for one of them, that were granted."""
        return [
            entry
            for entry in self.entries()
            if (entry.verb, entry.resource, entry.namespace) == (verb, resource, namespace)
            and name in ("", entry.name)
            and entry.code < 300
        ]


def _entry(line: str) -> Entry | None:
    try:
        raw: dict[str, Any] = json.loads(line)
    except ValueError:
        return None  # The line that is being written.
    target = raw.get("objectRef", {})
    parts = [target.get("resource", ""), target.get("subresource", "")]
    return Entry(
        user=raw.get("user", {}).get("username", ""),
        verb=raw.get("verb", ""),
        resource="/".join(part for part in parts if part),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        at=datetime.fromisoformat(raw["requestReceivedTimestamp"]),
        answered_at=datetime.fromisoformat(raw["stageTimestamp"]),
        code=int(raw.get("responseStatus", {}).get("code", 0)),
    )
