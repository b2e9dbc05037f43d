"""What an earlier cluster left behind, of this clone or another: found and cleared.

A cluster is alive while its anchor and a component run and its clone knows them. Anything else is a
leftover.
"""

import shutil

from cluster import anchor as anchors
from cluster import cgroups, network
from cluster.anchor import Anchor
from cluster.errors import ClusterError
from cluster.paths import STATE
from cluster.progress import say, step


def refuse_foreign() -> None:
    """Raises ClusterError naming the live cluster of another clone, if there is one."""
    for anchor in anchors.running():
        if not anchor.is_ours() and not anchor.is_abandoned():
            raise ClusterError(
                f"the clone {anchor.clone} runs a cluster on this machine; end it first:"
                f" make -C {anchor.clone} cluster-down"
            )


def clear_abandoned() -> None:
    """End every node that nobody uses any more; live ones stay."""
    for anchor in anchors.running():
        if anchor.is_abandoned():
            with step(f"clearing what a cluster of {anchor.clone} left behind"):
                anchors.destroy(anchor)


def own_anchor() -> Anchor | None:
    """This clone's living node."""
    known = (anchor for anchor in anchors.running() if anchor.is_ours())
    return next((anchor for anchor in known if not anchor.is_abandoned()), None)


def clear_traces() -> None:
    """Remove link and control groups; only to be called when no node runs on this machine."""
    network.disconnect()
    if cgroups.exist():
        cgroups.remove()


def clear_state() -> None:
    """Remove this clone's state folder."""
    if STATE.exists():
        shutil.rmtree(STATE)
        say(f"removed {STATE}")
