"""Which cluster a clone gets: kind or the built-in one."""

from pathlib import Path

import pytest

from cluster.errors import ClusterError
from cluster.flavours import Flavour, decide, docker_answers


def yes() -> bool:
    return True


def no() -> bool:
    return False


def fake_docker(folder: Path, script: str) -> None:
    (folder / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "docker").chmod(0o755)


def test_kind_is_taken_where_a_docker_daemon_answers() -> None:
    assert decide("", stands=None, docker=yes) is Flavour.KIND


def test_the_built_in_cluster_is_taken_where_no_docker_daemon_answers() -> None:
    assert decide("", stands=None, docker=no) is Flavour.LOCAL


def test_the_variable_forces_the_built_in_cluster_although_docker_answers() -> None:
    assert decide("local", stands=None, docker=yes) is Flavour.LOCAL


def test_kind_without_a_docker_daemon_is_refused_with_the_way_out() -> None:
    with pytest.raises(ClusterError, match="start Docker, or take CLUSTER=local"):
        decide("kind", stands=None, docker=no)


def test_the_cluster_that_stands_stays_what_it_is() -> None:
    assert decide("", stands=Flavour.LOCAL, docker=yes) is Flavour.LOCAL


def test_a_standing_cluster_of_the_other_sort_must_be_taken_down_first() -> None:
    with pytest.raises(ClusterError, match="make CLUSTER=local cluster-down"):
        decide("kind", stands=Flavour.LOCAL, docker=yes)


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ClusterError, match="CLUSTER=minikube is unknown: it is kind or local"):
        decide("minikube", stands=None, docker=yes)


def test_docker_that_answers_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_docker(tmp_path, 'test "$1" = info')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert docker_answers()


def test_docker_without_a_daemon_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_docker(tmp_path, "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert not docker_answers()


def test_a_docker_daemon_that_hangs_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_docker(tmp_path, "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert not docker_answers(within_seconds=0.2)


def test_a_machine_without_docker_has_no_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not docker_answers()
