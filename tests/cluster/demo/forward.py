"""A way from this machine to a Service, whatever the cluster is made of."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.errors import ClusterError
from cluster.paths import BIN, KUBECONFIG

_ENDS_WITHIN_SECONDS = 10


@contextmanager
def forwarded(service: str, port: int, *, namespace: str) -> Iterator[str]:
    """The address on loopback, `host:port`, that leads to PORT of SERVICE while this is open."""
    command = (str(BIN / "kubectl"), f"--kubeconfig={KUBECONFIG}", f"--namespace={namespace}")
    forwarder = subprocess.Popen(
        [*command, "port-forward", "--address=127.0.0.1", f"service/{service}", f":{port}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"127.0.0.1:{_local_port(forwarder)}"
    finally:
        forwarder.terminate()
        forwarder.communicate(timeout=_ENDS_WITHIN_SECONDS)


def _local_port(forwarder: subprocess.Popen[str]) -> int:
    assert forwarder.stdout is not None and forwarder.stderr is not None
    # It says so once it listens; it says nothing and ends when it cannot.
    said = re.match(r"Forwarding from 127\.0\.0\.1:(\d+) ", forwarder.stdout.readline())
    if said is None:
        complaint = forwarder.stderr.read().strip().splitlines()
        raise ClusterError(f"no way to the simulator: {complaint[-1] if complaint else 'unknown'}")
    return int(said[1])
