"""A base made of Debian packages, for machines that can pull no image from a registry.

Rule 1: the mirror is the machine's own, read when it is needed; no address stands here.
Rule 2: what Debian's servers publish today goes in: the base is for tests, never published.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cluster.cache import cached, content_hash
from cluster.command import run
from cluster.errors import ClusterError
from cluster.packages import IMAGE_PACKAGES, require

PYTHON = "3.11"

_SUITE = "bookworm"
_PACKAGES = ("ca-certificates", "python3", "tzdata")
# What no container reads; without it the base is less than half as large.
_LEFT_OUT = (
    "./dev/*",
    "./usr/share/doc/*",
    "./usr/share/info/*",
    "./usr/share/lintian/*",
    "./usr/share/locale/*",
    "./usr/share/man/*",
    "./var/cache/apt/*",
    "./var/cache/debconf/*",
    "./var/lib/apt/lists/*",
    "./var/log/*",
)
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianBase:
    """The root file system as a tar, and the key of the recipe that made it."""

    archive: Path
    key: str


def key() -> str:
    """What changes with the recipe alone: another day's packages do not change it."""
    return content_hash(json.dumps([_SUITE, _PACKAGES, _LEFT_OUT]))


def debian_base() -> DebianBase:
    """The base, made on first use (about a minute, as root).

    Raises ClusterError when debootstrap is not there and cannot be installed, or fails.
    """
    folder = cached("base", key(), _bootstrap)
    return DebianBase(archive=folder / "base.tar", key=key())


def _bootstrap(folder: Path) -> None:
    require(*IMAGE_PACKAGES)
    root = folder / "root"
    # In a mount namespace of its own: what a killed debootstrap had mounted ends with it.
    command = ["unshare", "--mount", "--propagation", "private"]
    command += ["debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}"]
    if _KEYRING.exists():
        command.append(f"--keyring={_KEYRING}")
    run(*command, _SUITE, root, mirror(), what="make the base image with debootstrap")
    tar = ["tar", "--sort=name", "--numeric-owner"]
    tar += [f"--exclude={pattern}" for pattern in _LEFT_OUT]
    tar += ["--create", f"--file={folder / 'base.tar'}", f"--directory={root}", "."]
    run(*tar, what="pack the base image")
    shutil.rmtree(root)


def mirror() -> str:
    """The address that apt, or DEBIAN_MIRROR, has for the base's release.

    Raises ClusterError when neither has one.
    """
    if chosen := os.environ.get("DEBIAN_MIRROR"):
        return chosen
    if shutil.which("apt-get") is not None:
        wanted = ("--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages")
        listed = run("apt-get", "indextargets", *wanted, what="read apt's sources")
        for release, _, mirror in (line.partition(" ") for line in listed.splitlines()):
            if release == _SUITE:
                return mirror
    raise ClusterError(
        f"apt's sources name no mirror of Debian {_SUITE}, which the base image is made from;"
        " set DEBIAN_MIRROR to one, or start Docker, then the usual Python image is the base"
    )
