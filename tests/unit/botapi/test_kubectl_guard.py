"""Tests never touch a cluster that is not their own."""

from pathlib import Path

import pytest

from support.kubectl import KUBECONFIG, ForeignClusterError, Kubectl


def test_another_kubeconfig_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "kubeconfig"
    foreign.write_text(KUBECONFIG.name)

    with pytest.raises(ForeignClusterError, match="not this clone's own cluster"):
        Kubectl(kubeconfig=foreign)


def test_a_kubeconfig_of_the_environment_has_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "elsewhere"))

    assert "KUBECONFIG" not in Kubectl.environment()
