"""Which Go compiles the cluster, and how long work shows that it is alive."""

import re
from pathlib import Path

import pytest

from cluster import packages, processes, progress, toolchain
from unit.cluster.conftest import program


def fake_go(folder: Path, version: str) -> Path:
    folder.mkdir()
    program(folder, "go", f"echo {version}")
    return folder / "go"


def test_the_first_go_on_the_path_that_is_new_enough_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_old = fake_go(tmp_path / "old", "go1.23.9")
    enough = fake_go(tmp_path / "enough", "go1.24")
    newer = fake_go(tmp_path / "newer", "go2.0.1")
    monkeypatch.setenv("PATH", f"{too_old.parent}:{enough.parent}:{newer.parent}:/usr/bin:/bin")

    assert toolchain.go() == enough


def test_the_modules_ask_for_the_kubernetes_that_the_binary_says_it_is() -> None:
    modules = (Path(toolchain.__file__).parent / "go" / "go.mod").read_text()
    staged = toolchain.KUBERNETES_VERSION.replace("v1.", "v0.")
    replaced = re.findall(r"^\t(k8s\.io/\S+) => \1 (\S+)$", modules, re.MULTILINE)

    assert f"k8s.io/kubernetes {toolchain.KUBERNETES_VERSION}\n" in modules
    assert len(replaced) > 20
    assert {version for _, version in replaced} == {staged}


def test_a_package_that_nobody_has_is_missing() -> None:
    assert packages.missing(("tradefleet-no-such-package",)) == ("tradefleet-no-such-package",)


def test_long_work_says_that_it_is_still_going_on_and_then_how_long_it_took(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: list[str] = []

    def reminded() -> bool:
        told.append(capsys.readouterr().err)
        return "so far" in told[-1]

    with progress.step("compiling", remind_seconds=0.01):
        assert processes.until(reminded, seconds=10)

    assert told[0].startswith("cluster: compiling ...\n")
    assert re.search(r"cluster: compiling: \d+\.\d s\n$", capsys.readouterr().err)
