"""Build the image, weigh it, and load it into the cluster that is up."""

from pathlib import Path

from cluster.cache import cache_root, locked
from cluster.errors import ClusterError
from cluster.flavours import docker_answers
from cluster.images.buildah import BuildahBuilder
from cluster.images.builder import ImageBuilder
from cluster.images.context import fill_context
from cluster.images.docker import DockerBuilder
from cluster.images.layers import load_layers, read_layers, save_layers, table
from cluster.load import load_image, loaded_images
from cluster.paths import REPOSITORY, STATE
from cluster.progress import say, step

# One line: the reference of the image that was built last, for whoever starts pods.
IMAGE_FILE = STATE / "image"

BUILDERS = ("auto", "buildah", "docker")
_LOG = REPOSITORY / "dist" / "build.log"


def choose_builder(choice: str) -> ImageBuilder:
    """The builder of that name; "auto" is Docker where a daemon answers, else buildah."""
    if choice == "auto":
        choice = "docker" if docker_answers() else "buildah"
    if choice == "docker":
        return DockerBuilder(REPOSITORY / "Dockerfile")
    return BuildahBuilder()


def build_image(builder: ImageBuilder) -> str:
    """The reference of the image of this work tree: built, weighed and loaded, where it is not.

    A cluster that is not up is no error: the image is built, and a later call loads it.
    """
    with locked("images", waiting_for="another build of the image"):
        reference = fill_context(REPOSITORY, base=builder.base, python=builder.python).reference
        on_node = images_on_node()
        missing = on_node is not None and reference not in on_node
        if missing or not _sizes_file(reference).exists():
            _build_missing(builder, reference)
            _export(builder, reference, load=missing)
        elif on_node is None:
            _build_missing(builder, reference)
    STATE.mkdir(exist_ok=True)
    IMAGE_FILE.write_text(f"{reference}\n")
    return reference


def images_on_node() -> set[str] | None:
    """The references of all images that this clone's cluster holds; None when none is up."""
    try:
        return loaded_images()
    except ClusterError:
        return None


def describe(reference: str) -> str:
    """The image's name and the size of each layer.

    Raises ClusterError when they are not known: the cache was emptied since it was built.
    """
    file = _sizes_file(reference)
    if not file.exists():
        raise ClusterError(f"the sizes of {reference} are not known any more; run: make image")
    return f"{reference}\n{table(load_layers(file))}"


def last_built() -> str:
    """The reference of this clone's last image; raises ClusterError when there is none."""
    if not IMAGE_FILE.exists():
        raise ClusterError("no image was built in this clone yet; run: make image")
    return IMAGE_FILE.read_text().strip()


def prepare_base(builder: ImageBuilder) -> str:
    """The reference of the base, which is at hand afterwards."""
    with locked("images", waiting_for="another build of the image"):
        builder.prepare()
    return builder.base


def _build_missing(builder: ImageBuilder, reference: str) -> None:
    if reference in builder.images():
        say(f"{reference} is built already")
        return
    builder.prepare()
    with step(f"building {reference} on {builder.base}"):
        builder.build(reference, REPOSITORY, _LOG)


def _export(builder: ImageBuilder, reference: str, *, load: bool) -> None:
    # Hundreds of megabytes: in the cache, since /tmp may lie in memory. The caller's lock makes it
    # ours alone, so what a killed export left is written over.
    archive = cache_root() / "image-export.tar"
    try:
        with step("exporting and weighing the image"):
            builder.export(reference, archive)
            save_layers(read_layers(archive), _sizes_file(reference))
        if load:
            load_image(archive)
    finally:
        archive.unlink(missing_ok=True)


def _sizes_file(reference: str) -> Path:
    return cache_root() / "image-sizes" / f"{reference.rpartition(':')[2]}.json"
