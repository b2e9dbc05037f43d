"""Where the base of Debian packages comes from."""

import os
import subprocess
import sys
from pathlib import Path

from cluster.paths import REPOSITORY

MIRROR = "http://mirror.example/debian/"
ASK = "from cluster.images import debian; print(debian.mirror())"


def mirror(tmp_path: Path, *, apt_says: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What is chosen on a machine whose apt knows these sources."""
    apt = tmp_path / "apt-get"
    apt.write_text(f"#!/bin/sh\n[ \"$1\" = indextargets ] || exit 1\nprintf '{apt_says}'\n")
    apt.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "PYTHONPATH": str(REPOSITORY / "tests"), **settings}
    return subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True)


def test_the_mirror_is_the_one_that_apt_uses_for_the_same_release(tmp_path: Path) -> None:
    listed = rf"bookworm-updates http://other.example/\nbookworm {MIRROR}\n"

    assert mirror(tmp_path, apt_says=listed).stdout == f"{MIRROR}\n"


def test_a_mirror_can_be_named(tmp_path: Path) -> None:
    assert mirror(tmp_path, apt_says="", DEBIAN_MIRROR=MIRROR).stdout == f"{MIRROR}\n"


def test_a_machine_of_another_release_is_told_what_to_do(tmp_path: Path) -> None:
    refused = mirror(tmp_path, apt_says=r"noble http://other.example/\n")

    assert refused.returncode == 1
    assert "no mirror of Debian bookworm" in refused.stderr
    assert "set DEBIAN_MIRROR" in refused.stderr
