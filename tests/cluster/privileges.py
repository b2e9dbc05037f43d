"""What the built-in cluster needs of the machine, told in one line when it is not there."""

import os
import platform
from pathlib import Path

from cluster import cgroups
from cluster.errors import ClusterError

_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
_USE_KIND = "or start Docker, then kind is used"


def check() -> None:
    """Raises ClusterError naming the first thing that is missing."""
    if platform.system() != "Linux":
        raise ClusterError("the built-in cluster needs Linux; start Docker, then kind is used")
    if os.geteuid() != 0:
        raise ClusterError(f"the built-in cluster needs root: run it with sudo, {_USE_KIND}")
    for name, bit in _CAPABILITIES.items():
        if not _effective_capabilities() >> bit & 1:
            raise ClusterError(
                f"the built-in cluster needs {name}, which this container or machine withholds:"
                f" run it in a privileged container or on the machine itself, {_USE_KIND}"
            )
    if not cgroups.available():
        raise ClusterError(
            "the built-in cluster needs control groups mounted writable at /sys/fs/cgroup:"
            f" run it in a privileged container or on the machine itself, {_USE_KIND}"
        )


def _effective_capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("CapEff:")[2].split()[0], 16)
