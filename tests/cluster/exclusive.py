"""One command at a time changes the cluster of this machine."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.progress import say

# An abstract socket: it belongs to the whole machine, ends with its process, and is no file.
_NAME = "\0tradefleet-cluster"


@contextmanager
def machine_lock() -> Iterator[None]:
    """Hold the right to change the machine's cluster; waits for whoever holds it."""
    with socket.socket(socket.AF_UNIX) as lock:
        told = False
        while not _bound(lock):
            if not told:
                say(f"process {os.getpid()} waits for another cluster command to end ...")
                told = True
            time.sleep(0.1)
        yield


def _bound(lock: socket.socket) -> bool:
    try:
        lock.bind(_NAME)
    except OSError:
        return False
    return True
