"""The Dockerfile keeps the promises that the build and the chart rest on."""

import re

from cluster.images.docker import default_base
from cluster.images.layers import ADDED_LAYERS
from cluster.paths import REPOSITORY

TEXT = (REPOSITORY / "Dockerfile").read_text()
INSTRUCTIONS = [
    line
    for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", TEXT)).splitlines()
    if line.strip()
]
LAST_STAGE = INSTRUCTIONS[
    max(number for number, line in enumerate(INSTRUCTIONS) if line.startswith("FROM ")) :
]


def test_the_default_base_names_its_python() -> None:
    assert default_base(TEXT) == ("python:3.13-slim-bookworm", "3.13")


def test_the_last_stage_adds_the_layers_that_the_size_table_names() -> None:
    added = [line for line in LAST_STAGE if line.startswith(("RUN ", "COPY ", "ADD "))]

    assert len(added) == len(ADDED_LAYERS)
    assert added[-1].startswith("COPY --from=application ")


def test_the_image_runs_as_a_number_that_is_not_root() -> None:
    (user,) = [line.split()[1] for line in LAST_STAGE if line.startswith("USER ")]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_the_build_installs_locked_wheels_and_asks_no_registry() -> None:
    installs = [line for line in INSTRUCTIONS if " -m pip install " in line]

    assert len(installs) == 2
    assert all("--no-index" in line and "--no-deps" in line for line in installs)
    assert "--require-hashes" in installs[0]
    assert not re.search(r"\b(curl|wget|apt-get)\b|://", TEXT)


def test_everything_that_is_copied_is_let_through_by_the_ignore_file() -> None:
    rules = (REPOSITORY / ".dockerignore").read_text().splitlines()
    sources = [
        source
        for line in INSTRUCTIONS
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]

    assert "*" in rules
    assert {source.partition("/")[0] for source in sources} == {"requirements.lock", "dist"}
    assert {"!requirements.lock", "!dist/"} <= set(rules)
