"""Buildah: builds without a daemon and without a registry, as root, in storage of its own."""

import os
import shutil
from pathlib import Path

from cluster.cache import cache_root
from cluster.command import run
from cluster.errors import ClusterError
from cluster.images import debian
from cluster.images.builder import run_logged
from cluster.packages import IMAGE_PACKAGES, require
from cluster.progress import step

_KEPT_IMAGES = 3

# Each call in a mount namespace of its own: a killed build leaves no mount behind, what buildah
# notes about mounts dies with them, and what it would note in the machine's folder goes to ours.
_IN_OWN_NAMESPACE = """
set -e
mkdir -p /var/lib/containers "$1/notes" "$1/run" "$1/images" "$1/scratch"
mount --bind "$1/notes" /var/lib/containers
mount -t tmpfs tmpfs "$1/run"
export TMPDIR="$1/scratch"
storage="$1"
shift
exec buildah --root "$storage/images" --runroot "$storage/run" "$@"
"""


class BuildahBuilder:
    """Builds on a base of Debian packages; its storage lies in the cache, for all clones."""

    def __init__(self) -> None:
        """Raises ClusterError when not root: storage and chroot need it."""
        if os.geteuid() != 0:
            raise ClusterError(
                "building the image needs root, or a Docker daemon: run it with sudo, or start"
                " Docker"
            )
        self._storage = cache_root() / "buildah"

    @property
    def base(self) -> str:
        """The base of Debian packages; the tag is the key of its recipe."""
        return f"localhost/tradefleet-base:{debian.key()}"

    @property
    def python(self) -> str:
        """The version of Debian's Python."""
        return debian.PYTHON

    def prepare(self) -> None:
        """Bring the base into the storage; it is made first where the cache has none."""
        require(*IMAGE_PACKAGES)
        if self.base in self.images():
            return
        archive = debian.debian_base().archive
        with step("bringing the base image into the builder's storage"):
            self._clear_containers()
            container = self._buildah("from", "scratch").strip()
            self._buildah("add", "--quiet", container, str(archive), "/")
            path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            self._buildah("config", "--env", path, "--cmd", "python3", container)
            # No --timestamp: new dates on the sources would make Python distrust their bytecode.
            self._buildah("commit", "--quiet", "--rm", container, self.base)

    def images(self) -> frozenset[str]:
        """The references of all named images in the storage."""
        listed = self._buildah("images", "--noheading", "--format", "{{.Name}}:{{.Tag}}")
        return frozenset(name for name in listed.split() if "<none>" not in name)

    def build(self, reference: str, repository: Path, log: Path) -> None:
        """Build in a chroot, with no registry asked; older images make room afterwards."""
        self._clear_containers()
        options = ["--isolation", "chroot", "--layers", "--pull-never", "--format", "docker"]
        arguments = ["--build-arg", f"BASE={self.base}", "--tag", reference, str(repository)]
        command = self._command("build", *options, *arguments)
        run_logged(command, log=log, what="build the image")
        self._remove_old(reference.partition(":")[0])

    def export(self, reference: str, archive: Path) -> None:
        """Write the image to the tar ARCHIVE, layers uncompressed."""
        archive.unlink(missing_ok=True)
        self._buildah("push", "--quiet", reference, f"docker-archive:{archive}:{reference}")

    def _command(self, *arguments: str) -> list[str | Path]:
        namespace: list[str | Path] = ["unshare", "--mount", "--propagation", "private"]
        return [*namespace, "sh", "-c", _IN_OWN_NAMESPACE, "sh", self._storage, *arguments]

    def _buildah(self, *arguments: str) -> str:
        return run(*self._command(*arguments), what=f"run buildah {arguments[0]}")

    def _clear_containers(self) -> None:
        """What killed builds left; nobody else builds in this storage (the caller's lock)."""
        self._buildah("rm", "--all")
        shutil.rmtree(self._storage / "scratch", ignore_errors=True)

    def _remove_old(self, name: str) -> None:
        """Keep the last few images, and the stages of the last build only: they are its cache."""
        # Both lists have the newest first. An image that another one stands on is no dangling one.
        format_ = ("--noheading", "--format", "{{.Tag}}")
        named = self._buildah("images", *format_, "--filter", f"reference={name}").split()
        stages = self._buildah("images", "--quiet", "--filter", "dangling=true").split()
        old = [f"{name}:{tag}" for tag in named[_KEPT_IMAGES:]] + stages[1:]
        base = self.base.partition(":")[0]
        old += [image for image in self.images() if image.startswith(base) and image != self.base]
        if old:
            self._buildah("rmi", *old)
