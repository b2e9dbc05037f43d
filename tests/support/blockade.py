"""The way from one pod to the API server: counted, or cut by dropping every packet.

Rules stand in the node's own network namespace and name the pod's address, so that nobody else
notices; they are taken out at the end, whatever happens.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cluster import leftovers
from cluster.packages import SEARCH_PATH

_API_PORT = "6443"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Counts how often a pod tried to connect to the API server."""

    address: str

    def count(self) -> int:
        """First packets of connections since the counting began."""
        listed = _iptables("--list", "INPUT", "--verbose", "--numeric", "--exact")
        counted = re.compile(rf"^\s*(\d+)\s+\d+\s.*\s{re.escape(self.address)}\s.*flags:")
        return sum(int(found[1]) for line in listed.splitlines() if (found := counted.match(line)))


@contextmanager
def counted_attempts(address: str) -> Iterator[Attempts]:
    """Count the pod's attempts to connect."""
    rule = ("--source", address, "--protocol", "tcp", "--dport", _API_PORT, "--syn")
    with _rule(*rule):
        yield Attempts(address=address)


@contextmanager
def dropped_packets(address: str) -> Iterator[None]:
    """Drop every packet of the pod to the API server: nothing is refused, nothing answers."""
    with _rule("--source", address, "--protocol", "tcp", "--dport", _API_PORT, "--jump", "DROP"):
        yield


@contextmanager
def _rule(*rule: str) -> Iterator[None]:
    _iptables("--insert", "INPUT", *rule)
    try:
        yield
    finally:
        _iptables("--delete", "INPUT", *rule)


def _iptables(*arguments: str) -> str:
    anchor = leftovers.own_anchor()
    assert anchor is not None, "only the built-in cluster can be cut: make CLUSTER=local cluster-up"
    done = subprocess.run(
        [*anchor.enter(), "iptables", "--wait", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": SEARCH_PATH},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
