"""What each layer of an image weighs: unpacked on a node, and compressed as it travels."""

import gzip
import json
import os
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from cluster.cache import cache_root
from cluster.errors import ClusterError

# What the final stage of the Dockerfile adds to its base, in order.
ADDED_LAYERS = ("set-up", "dependencies", "tradefleet")

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer; sizes in bytes."""

    name: str
    unpacked: int
    compressed: int


def read_layers(archive: Path) -> tuple[Layer, ...]:
    """The layers of the image in the tar ARCHIVE (docker-archive format), lowest first."""
    with tarfile.open(archive) as tar:
        (image,) = json.loads(_member(tar, "manifest.json").read())
        config = json.loads(_member(tar, image["Config"]).read())
        names = _names(len(image["Layers"]))
        digests = [digest.partition(":")[2] for digest in config["rootfs"]["diff_ids"]]
        sizes = [
            _sizes(tar, member, digest)
            for member, digest in zip(image["Layers"], digests, strict=True)
        ]
    return tuple(
        Layer(name=name, unpacked=unpacked, compressed=compressed)
        for name, (unpacked, compressed) in zip(names, sizes, strict=True)
    )


def save_layers(layers: Sequence[Layer], file: Path) -> None:
    """Write LAYERS to FILE, for load_layers."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps([asdict(layer) for layer in layers]))
    partial.rename(file)


def load_layers(file: Path) -> tuple[Layer, ...]:
    """What save_layers wrote to FILE."""
    return tuple(Layer(**fields) for fields in json.loads(file.read_text()))


def table(layers: Sequence[Layer]) -> str:
    """The layers as aligned lines, megabytes of 10^6 bytes, with their sum."""
    total = Layer(
        name="in all",
        unpacked=sum(layer.unpacked for layer in layers),
        compressed=sum(layer.compressed for layer in layers),
    )
    lines = [f"{'layer':14}{'unpacked':>12}{'compressed':>14}"]
    lines += [
        f"{layer.name:14}{layer.unpacked / 1e6:>9.2f} MB{layer.compressed / 1e6:>11.2f} MB"
        for layer in (*layers, total)
    ]
    return "\n".join(lines)


def _names(count: int) -> list[str]:
    beneath = count - len(ADDED_LAYERS)
    base = ["base"] if beneath == 1 else [f"base {number}" for number in range(1, beneath + 1)]
    return [*base, *ADDED_LAYERS]


def _sizes(tar: tarfile.TarFile, member: str, digest: str) -> tuple[int, int]:
    """Unpacked and compressed size; compressing is slow, so it is done once per content."""
    known = cache_root() / "layer-sizes" / digest
    if known.exists():
        unpacked, compressed = known.read_text().split()
        return int(unpacked), int(compressed)
    unpacked_size, compressed_size = _measure(_member(tar, member))
    known.parent.mkdir(parents=True, exist_ok=True)
    partial = known.with_suffix(".partial")
    partial.write_text(f"{unpacked_size} {compressed_size}")
    partial.rename(known)
    return unpacked_size, compressed_size


def _measure(layer: IO[bytes]) -> tuple[int, int]:
    """Both sizes of a layer that lies in the archive plain, or compressed already."""
    magic = layer.read(len(_GZIP_MAGIC))
    layer.seek(0)
    if magic == _GZIP_MAGIC:
        return gzip.GzipFile(fileobj=layer).seek(0, os.SEEK_END), layer.seek(0, os.SEEK_END)
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    unpacked = compressed = 0
    while chunk := layer.read(_CHUNK_BYTES):
        unpacked += len(chunk)
        compressed += len(compressor.compress(chunk))
    return unpacked, compressed + len(compressor.flush())


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    stream = tar.extractfile(name)
    if stream is None:
        raise ClusterError(f"the archive of the image has no {name}; build again")
    return stream
