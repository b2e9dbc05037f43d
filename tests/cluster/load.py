"""Images into the node, without any registry."""

from pathlib import Path

from cluster import kind, leftovers, local
from cluster.anchor import Anchor
from cluster.errors import ClusterError
from cluster.flavours import Flavour, standing
from cluster.progress import step


def load_image(path: Path) -> None:
    """Bring the docker-archive PATH into this clone's cluster.

    Pods use it by its name with `imagePullPolicy: IfNotPresent`. Raises ClusterError when no
    cluster is up or PATH is no image.
    """
    if not path.is_file():
        raise ClusterError(f"there is no image archive {path}; build it first: make image")
    with step(f"loading {path.name} into the node"):
        if _flavour() is Flavour.KIND:
            kind.load_image(path)
        else:
            local.load_image(_anchor(), path)


def loaded_images() -> set[str]:
    """The names of all images in the node, as `registry/name:tag`."""
    if _flavour() is Flavour.KIND:
        return kind.image_names()
    return local.image_names(_anchor())


def _flavour() -> Flavour:
    stands = standing()
    if stands is None:
        raise ClusterError("no cluster is up; bring it up first: make cluster-up")
    return stands


def _anchor() -> Anchor:
    anchor = leftovers.own_anchor()
    if anchor is None:
        raise ClusterError("the cluster is not running; repair it first: make cluster-up")
    return anchor
