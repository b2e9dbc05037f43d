"""The ways of pods: to the API server, counted or cut, and to other pods, cut. Packets are dropped.

Rules stand in the node's own network namespace and name the pods' addresses, so that nobody else
notices; they are taken out at the end, whatever happens.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cluster import leftovers
from cluster.network import API_SERVICE_ADDRESS
from cluster.packages import SEARCH_PATH

_SERVICE_PORT, _SERVER_PORT = "443", "6443"

# Where the Service's rules have not been asked yet: without an API server it may have no endpoint.
_BEFORE_THE_SERVICE = ("--table", "raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Counts how often a pod tried to connect to the API server."""

    address: str

    def count(self) -> int:
        """First packets of connections since the counting began."""
        listed = _iptables(*_BEFORE_THE_SERVICE, "--list", "PREROUTING", "-v", "-n", "--exact")
        counted = re.compile(rf"^\s*(\d+)\s+\d+\s.*\s{re.escape(self.address)}\s.*flags:")
        return sum(int(found[1]) for line in listed.splitlines() if (found := counted.match(line)))


@contextmanager
def counted_attempts(address: str) -> Iterator[Attempts]:
    """Count the pod's attempts to connect."""
    to = ("--destination", API_SERVICE_ADDRESS, "--protocol", "tcp", "--dport", _SERVICE_PORT)
    with _rule("PREROUTING", "--source", address, *to, "--syn", table=_BEFORE_THE_SERVICE):
        yield Attempts(address=address)


@contextmanager
def dropped_packets(address: str) -> Iterator[None]:
    """Drop every packet of the pod to the API server: nothing is refused, nothing answers."""
    to = ("--protocol", "tcp", "--dport", _SERVER_PORT)
    with _rule("INPUT", "--source", address, *to, "--jump", "DROP"):
        yield


@contextmanager
def cut_between(one: str, *others: str) -> Iterator[None]:
    """Drop every packet between a pod and others, both ways, by their addresses."""
    with ExitStack() as rules:
        for other in others:
            for source, destination in ((one, other), (other, one)):
                ends = ("--source", source, "--destination", destination)
                rules.enter_context(_rule("FORWARD", *ends, "--jump", "DROP"))
        yield


@contextmanager
def _rule(*rule: str, table: tuple[str, ...] = ()) -> Iterator[None]:
    _iptables(*table, "--insert", *rule)
    try:
        yield
    finally:
        _iptables(*table, "--delete", *rule)


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
