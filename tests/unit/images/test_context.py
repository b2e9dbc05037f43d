"""What goes into the build, and the tag that follows from it."""

import zipfile
from pathlib import Path

import hatchling
import pytest

from cluster.images.context import mirror
from cluster.images.wheels import BuildTools, build_wheel
from unit.images.conftest import write_project


@pytest.fixture
def tools(tmp_path: Path) -> BuildTools:
    """The build tools of the development environment: the same locked versions."""
    return BuildTools(
        pip_wheel=tmp_path / "pip.whl", import_path=Path(hatchling.__file__).parents[1]
    )


def test_the_same_files_give_the_same_wheel_wherever_and_whenever_it_is_built(
    tmp_path: Path, tools: BuildTools
) -> None:
    folders = [tmp_path / "one", tmp_path / "another"]
    wheels = list[Path]()
    for folder in folders:
        write_project(folder)
        (folder / "crds" / "botapi" / "__init__.py").chmod(0o600 + 0o044 * len(wheels))
        wheels.append(build_wheel(folder, tools, folder))

    assert wheels[0].read_bytes() == wheels[1].read_bytes()


def test_changed_code_gives_another_wheel_under_the_same_name(
    tmp_path: Path, tools: BuildTools
) -> None:
    before = build_wheel(write_project(tmp_path / "p"), tools, tmp_path)
    content = before.read_bytes()
    after = build_wheel(write_project(tmp_path / "p", code="main = repr\n"), tools, tmp_path)

    assert after == before
    assert after.read_bytes() != content


def test_an_unchanged_wheel_is_left_as_it_is(tmp_path: Path, tools: BuildTools) -> None:
    project = write_project(tmp_path / "p")
    before = build_wheel(project, tools, tmp_path).stat()
    after = build_wheel(project, tools, tmp_path).stat()

    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_wheel_of_an_older_version_makes_room(tmp_path: Path, tools: BuildTools) -> None:
    build_wheel(write_project(tmp_path / "p"), tools, tmp_path)
    newer = build_wheel(write_project(tmp_path / "p", version="1.1"), tools, tmp_path)

    assert list(tmp_path.glob("*.whl")) == [newer]
    assert "botapi/__init__.py" in zipfile.ZipFile(newer).namelist()


def test_a_mirrored_folder_holds_exactly_the_given_files(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "folder"
    (folder / "a-folder").mkdir(parents=True)
    (folder / "a-folder" / "file").write_text("of yesterday")
    (folder / "stale.whl").write_text("of yesterday")
    (folder / "changed.whl").write_text("of yesterday")
    source.mkdir()
    files = [source / "changed.whl", source / "new.whl"]
    for file in files:
        file.write_text(f"{file.name}: of today")
    mirror(files, folder)

    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "changed.whl": "changed.whl: of today",
        "new.whl": "new.whl: of today",
    }
