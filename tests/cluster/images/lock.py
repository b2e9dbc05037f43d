"""A lock file as the image sees it: names, versions and hashes, and nothing else.

Rule 1: no address stands in a lock, so it works behind any mirror.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cluster.errors import ClusterError

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.+!]+)(?: ; ([^#]+?))?")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One distribution of a lock; the marker is empty when it is for every environment."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]


def read_lock(path: Path) -> tuple[Pin, ...]:
    """All pins of the lock file PATH, in its order.

    Raises ClusterError naming the line that is anything but `name==version` with its hashes.
    """
    pins = []
    for number, requirement in _requirements(path.read_text()):
        pin = _pin(requirement)
        if pin is None:
            raise ClusterError(
                f"{path.name}, line {number}: only name==version with sha256 hashes may stand in a"
                " lock; make it anew with: make lock"
            )
        pins.append(pin)
    return tuple(pins)


def _requirements(text: str) -> Iterator[tuple[int, str]]:
    """Each requirement with the number of its first line, continuation lines joined."""
    first, parts = 1, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not parts:
            first = number
        parts.append(line.partition("#")[0].strip().removesuffix("\\").strip())
        if not line.endswith("\\"):
            if joined := " ".join(parts).strip():
                yield first, joined
            parts = []


def _pin(requirement: str) -> Pin | None:
    head, *hashes = requirement.split(" --hash=")
    found = _PIN.fullmatch(head)
    if found is None or not hashes or not all(_HASH.fullmatch(item) for item in hashes):
        return None
    name, version, marker = found.groups(default="")
    return Pin(name=name, version=version, marker=marker, hashes=frozenset(hashes))
