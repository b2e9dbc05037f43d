"""What the layers of an image weigh."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from cluster.errors import ClusterError
from cluster.images.layers import Layer, load_layers, read_layers, save_layers, table


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sizes are remembered per content: each test starts with nothing known."""
    monkeypatch.setenv("TRADEFLEET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write_archive(path: Path, layers: list[bytes], *, stored: list[bytes] | None = None) -> Path:
    """A docker-archive with LAYERS, STORED in it as they are or in another form."""
    config = {"rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(x).hexdigest()}" for x in layers]}}
    names = [f"layer-{number}.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": ["some:tag"], "Layers": names}]
    files = dict(zip(names, stored or layers, strict=True))
    files |= {"config.json": json.dumps(config).encode()}
    files |= {"manifest.json": json.dumps(manifest).encode()}
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def test_each_layer_is_named_and_weighed_unpacked_and_compressed(tmp_path: Path) -> None:
    contents = [b"b" * 500_000, b"s" * 100, b"d" * 90_000, b"t" * 5_000]
    layers = read_layers(write_archive(tmp_path / "image.tar", contents))

    assert [layer.name for layer in layers] == ["base", "set-up", "dependencies", "tradefleet"]
    assert [layer.unpacked for layer in layers] == [500_000, 100, 90_000, 5_000]
    assert all(0 < layer.compressed < 1_000 for layer in layers)


def test_a_base_of_several_layers_is_told_apart_by_numbers(tmp_path: Path) -> None:
    layers = read_layers(write_archive(tmp_path / "image.tar", [b"1", b"2", b"3", b"4", b"5"]))

    assert [layer.name for layer in layers][:3] == ["base 1", "base 2", "set-up"]


def test_layers_that_are_stored_compressed_weigh_the_same(tmp_path: Path) -> None:
    contents = [bytes([number]) * 70_000 for number in range(4)]
    stored = [gzip.compress(content) for content in contents]
    layers = read_layers(write_archive(tmp_path / "image.tar", contents, stored=stored))

    assert [layer.unpacked for layer in layers] == [70_000] * 4
    assert [layer.compressed for layer in layers] == [len(layer) for layer in stored]


def test_a_layer_that_was_weighed_is_not_compressed_again(tmp_path: Path, own_cache: Path) -> None:
    contents = [b"b" * 50_000, b"s", b"d", b"t"]
    archive = write_archive(tmp_path / "image.tar", contents)
    read_layers(archive)
    known = own_cache / "layer-sizes" / hashlib.sha256(contents[0]).hexdigest()
    known.write_text("50000 7")

    assert read_layers(archive)[0].compressed == 7


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(folder := tarfile.TarInfo("manifest.json"))
        folder.type = tarfile.DIRTYPE
    with tarfile.open(archive, "w") as tar:
        tar.addfile(folder)

    with pytest.raises(ClusterError, match=r"no manifest\.json; build again"):
        read_layers(archive)


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    layers = (Layer(name="base", unpacked=2, compressed=1),)
    save_layers(layers, tmp_path / "sizes" / "some.json")

    assert load_layers(tmp_path / "sizes" / "some.json") == layers


def test_the_table_ends_with_the_sum_in_megabytes() -> None:
    layers = (
        Layer(name="base", unpacked=120_500_000, compressed=43_000_000),
        Layer(name="tradefleet", unpacked=1_250_000, compressed=500_000),
    )

    assert table(layers).splitlines() == [
        "layer             unpacked    compressed",
        "base             120.50 MB      43.00 MB",
        "tradefleet         1.25 MB       0.50 MB",
        "in all           121.75 MB      43.50 MB",
    ]
