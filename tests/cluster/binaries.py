"""The programs of this clone's cluster, taken from the cache into its state folder.

They are linked, or copied where the cache lies on another disk: the cache may be cleaned while the
cluster runs, and the node does not see the whole machine.
"""

import os
import shutil
from pathlib import Path

from cluster import toolchain
from cluster.cache import content_hash
from cluster.paths import BIN


def install() -> None:
    """Fill the state folder's bin with the node's programs, kubectl and helm, if they changed."""
    key = content_hash(toolchain.kubernetes_key(), toolchain.pause_image(), toolchain.HELM_VERSION)
    marker = BIN / "key"
    if marker.exists() and marker.read_text() == key:
        return
    kubernetes = toolchain.kubernetes()
    pause, image, _ = toolchain.pause()
    helm = toolchain.helm()
    _place(kubernetes, BIN / toolchain.KUBERNETES)
    _place(pause, BIN / "pause")
    _place(image, BIN / "pause.tar")
    _place(helm, BIN / "helm")
    link = BIN / "kubectl"
    link.unlink(missing_ok=True)
    link.symlink_to(toolchain.KUBERNETES)  # Under this name it is kubectl.
    marker.write_text(key)


def _place(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
