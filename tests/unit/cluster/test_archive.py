"""Images that are written without a builder."""

import json
import tarfile
from pathlib import Path

from cluster.archive import write_image


def image(folder: Path, name: str = "localhost/thing:1") -> Path:
    (folder / "program").write_bytes(b"\x7fELF")
    target = folder / "image.tar"
    files = {"bin/program": folder / "program"}
    write_image(target, name=name, files=files, entrypoint=["/bin/program"])
    return target


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    first = image(tmp_path).read_bytes()
    second = image(tmp_path).read_bytes()

    assert first == second


def test_the_archive_names_its_image_and_the_layer_holds_the_program(tmp_path: Path) -> None:
    with tarfile.open(image(tmp_path)) as tar:
        tar.extractall(tmp_path, filter="data")
    (manifest,) = json.loads((tmp_path / "manifest.json").read_text())
    config = json.loads((tmp_path / manifest["Config"]).read_text())
    with tarfile.open(tmp_path / manifest["Layers"][0]) as layer:
        program = layer.getmember("bin/program")

    assert manifest["RepoTags"] == ["localhost/thing:1"]
    assert config["config"]["Entrypoint"] == ["/bin/program"]
    assert program.mode == 0o755
