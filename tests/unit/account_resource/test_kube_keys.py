"""Keys as the kubelet mounts them (KU-11, KU-13)."""

from pathlib import Path

import pytest

from botrunner.account_resource.kube_keys import read_mounted_keys
from support.pod_identity import mount_keys

KEYS = {"apiKey": "the-key", "apiSecret": "the-secret"}


def test_both_files_make_the_keys_without_the_end_of_their_lines(tmp_path: Path) -> None:
    mount_keys(tmp_path, {"apiKey": "the-key\n", "apiSecret": " the-secret \n"})
    found = read_mounted_keys(tmp_path, "case-keys", "clients")

    assert found is not None and found.keys is not None
    assert (found.keys.api_key, found.keys.api_secret) == ("the-key", "the-secret")
    assert (found.problem, found.reason) == ("", "")


@pytest.mark.parametrize("is_there", [True, False])
def test_a_secret_that_is_missing_is_named_with_the_remedy(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "keys"
    if is_there:
        mount_keys(folder, {})
    found = read_mounted_keys(folder, "case-keys", "clients")

    assert found is not None and found.keys is None
    assert found.reason == "SecretMissing"
    assert "Secret case-keys is missing or empty in namespace clients; create it" in found.problem


@pytest.mark.parametrize("keys", [{"apiKey": "the-key"}, {"apiKey": "the-key", "apiSecret": " "}])
def test_a_secret_that_is_incomplete_says_what_is_missing(
    tmp_path: Path, keys: dict[str, str]
) -> None:
    mount_keys(tmp_path, keys)
    found = read_mounted_keys(tmp_path, "case-keys", "clients")

    assert found is not None and found.keys is None
    assert found.reason == "KeyMissing"
    assert "apiSecret is missing; add it" in found.problem
    assert "the-key" not in found.problem


def test_a_key_that_is_no_text_is_said_without_its_value(tmp_path: Path) -> None:
    mount_keys(tmp_path, KEYS)
    (tmp_path / "..data" / "apiKey").write_bytes(b"\xff\xfe")
    found = read_mounted_keys(tmp_path, "case-keys", "clients")

    assert found is not None
    assert (found.keys, found.reason) == (None, "KeyMissing")


def test_a_replaced_secret_is_read_from_its_new_folder(tmp_path: Path) -> None:
    mount_keys(tmp_path, KEYS)
    mount_keys(tmp_path, {"apiKey": "next-key", "apiSecret": "next-secret"})
    found = read_mounted_keys(tmp_path, "case-keys", "clients")

    assert found is not None and found.keys is not None
    assert (found.keys.api_key, found.keys.api_secret) == ("next-key", "next-secret")


def test_plain_files_are_keys_too(tmp_path: Path) -> None:
    for name, value in KEYS.items():
        (tmp_path / name).write_text(value)
    found = read_mounted_keys(tmp_path, "case-keys", "clients")

    assert found is not None and found.keys is not None
