"""Debian packages: installed when missing and we may, else named with the remedy."""

import os
import shutil
import subprocess
from pathlib import Path

from cluster.cache import locked
from cluster.errors import ClusterError
from cluster.progress import step

# What runs the node, and what packs images for it.
NODE_PACKAGES = (
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "iproute2",
    "conntrack",
)
IMAGE_PACKAGES = ("buildah", "debootstrap")
TEST_PACKAGES = ("busybox-static",)

# A package counts as there when all of these are, wherever they came from: Docker's own
# containerd.io must not be replaced by Debian's containerd.
_PROOF: dict[str, tuple[str, ...]] = {
    "buildah": ("buildah",),
    "busybox-static": ("/bin/busybox",),
    "conntrack": ("conntrack",),
    "containerd": ("containerd", "ctr", "containerd-shim-runc-v2"),
    "containernetworking-plugins": ("/usr/lib/cni/bridge", "/usr/lib/cni/portmap"),
    "debootstrap": ("debootstrap",),
    "iproute2": ("ip",),
    "iptables": ("iptables", "iptables-save", "iptables-restore"),
    "runc": ("runc",),
}
# The administrators' folders are not on every user's PATH.
SEARCH_PATH = os.pathsep.join(
    (os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin")
)


def require(*debian_packages: str) -> None:
    """Return with all DEBIAN_PACKAGES usable, installing what is missing where we are root.

    Raises ClusterError with the command to run where they cannot be installed.
    """
    wanted = missing(debian_packages)
    if not wanted:
        return
    if shutil.which("apt-get") is None:
        raise ClusterError(
            f"these programs are missing: {', '.join(wanted)} (Debian's names);"
            " install them with this machine's package manager"
        )
    if os.geteuid() != 0:
        raise ClusterError(
            f"packages are missing; run: sudo apt-get install --yes {' '.join(wanted)}"
        )
    with locked("apt", waiting_for="another installation of packages"):
        _install(missing(wanted))


def missing(debian_packages: tuple[str, ...]) -> tuple[str, ...]:
    """Those of DEBIAN_PACKAGES whose programs are not on this machine."""
    return tuple(name for name in debian_packages if not _present(name))


def _present(package: str) -> bool:
    proof = _PROOF.get(package)
    if proof is None:
        return _dpkg_knows(package)
    return all(
        Path(item).exists() if item.startswith("/") else shutil.which(item, path=SEARCH_PATH)
        for item in proof
    )


def _dpkg_knows(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True).stdout == "installed"


def _install(wanted: tuple[str, ...]) -> None:
    if not wanted:
        return
    with step(f"installing Debian packages: {' '.join(wanted)}"):
        # The lists may be old or absent: only then is the slow update worth its time.
        if _apt("install", *wanted).returncode == 0:
            return
        _apt("update")
        result = _apt("install", *wanted)
    if result.returncode != 0:
        raise ClusterError(
            f"apt-get could not install {' '.join(wanted)}: {_last_error(result.stderr)};"
            " check the machine's package sources, then run it again"
        )


def _apt(verb: str, *packages: str) -> subprocess.CompletedProcess[str]:
    # --no-remove: a machine's own packages are never traded for ours.
    options = ["--yes", "--quiet", "-o", "DPkg::Lock::Timeout=300"]
    if verb == "install":
        options += ["--no-install-recommends", "--no-remove"]
    return subprocess.run(
        ["apt-get", *options, verb, *packages],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def _last_error(text: str) -> str:
    errors = [line for line in text.splitlines() if line.startswith(("E:", "W:"))]
    return errors[-1] if errors else "no reason given"
