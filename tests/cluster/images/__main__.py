"""python -m cluster.images: build the image, make its base, show what its layers weigh."""

import argparse
import sys

from cluster.errors import ClusterError
from cluster.images.image import (
    BUILDERS,
    build_image,
    choose_builder,
    describe,
    images_on_node,
    last_built,
    prepare_base,
)

_DESCRIPTION = "Tradefleet's container image: built from this work tree, on this machine."
_EPILOG = """\
build   fetches what requirements.lock names, builds the wheel and the image, loads it into the
        cluster of this clone if one is up, and shows the size of each layer. The tag is a hash
        of what went in: nothing has changed, nothing is done. .cluster/image holds the name.
base    makes only what the image stands on (without Docker: a minute, once per machine).
sizes   shows the layers of the image that was built last.

Docker is used where a daemon answers, on the base that the Dockerfile names; otherwise buildah,
as root, on a base of Debian packages. Everything costly is kept in ~/.cache/tradefleet (another
folder: TRADEFLEET_CACHE). Another Debian mirror than apt's: DEBIAN_MIRROR.

examples:
  make image                                        the same as build
  PYTHONPATH=tests python3 -m cluster.images build --builder buildah
  docker build .                                    after build: the same image from dist/
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; 0 on success, 1 with one line on stderr where something stands in the way."""
    parser = argparse.ArgumentParser(
        prog="python -m cluster.images",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=["build", "base", "sizes"])
    parser.add_argument(
        "--builder", choices=BUILDERS, default="auto", help="which program builds (default: auto)"
    )
    chosen = parser.parse_args(arguments)
    try:
        print(_carry_out(chosen.verb, chosen.builder))
    except (ClusterError, OSError) as error:
        # OSError: a full disk, a cache that may not be written. Its text names the file.
        print(f"cluster.images: {error}", file=sys.stderr)
        return 1
    return 0


def _carry_out(verb: str, builder: str) -> str:
    if verb == "base":
        return f"{prepare_base(choose_builder(builder))}\n\nNext: make image."
    if verb == "sizes":
        return describe(last_built())
    reference = build_image(choose_builder(builder))
    return f"{describe(reference)}\n\n{_next_step()}"


def _next_step() -> str:
    if images_on_node() is None:
        return "No cluster is up, so it is loaded into none. Next: make cluster-up image."
    return "It is loaded. Next: make demo, or name it in a pod: its name is in .cluster/image."


if __name__ == "__main__":
    sys.exit(main())
