"""Keys, accounts and the venue's time rule."""

import pytest

from botrunner.simulator.bybit.auth import (
    Signed,
    account_of,
    check,
    read_headers,
    secret_of,
    stream_account,
    uid_of,
)
from botrunner.simulator.bybit.codes import RefusedError
from support.raw_bybit import signature

NOW = 1_772_452_800_000


def signed(sent_ms: int, window: int = 5000, payload: str = "") -> Signed:
    text = f"{sent_ms}sim-alice{window}{payload}"
    return Signed(
        key="sim-alice",
        timestamp=str(sent_ms),
        window=str(window),
        signature=signature("sim-alice-secret", text),
    )


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("sim-alice", "alice"),
        ("sim-account-001", "account-001"),
        ("sim-a", "a"),
        ("sim-", None),
        ("alice", None),
        ("sim-Alice", None),
        ("sim-alice-", None),
        ("sim-alice/..", None),
        ("sim-alice\n", None),
    ],
)
def test_a_key_names_its_account(key: str, account: str | None) -> None:
    assert account_of(key) == account


def test_a_secret_follows_from_the_name_and_stays_out_of_sight() -> None:
    assert secret_of("alice") == "sim-alice-secret"
    assert signed(NOW).signature not in repr(signed(NOW))


def test_user_ids_are_the_same_everywhere_and_differ_by_name() -> None:
    ids = {uid_of(f"account-{number:03}") for number in range(1000)}

    assert uid_of("alice") == 226798862
    assert len(ids) == 1000
    assert all(100_000_000 <= uid < 1_000_000_000 for uid in ids)


@pytest.mark.parametrize(
    ("sent_ms", "window", "valid"),
    [
        (NOW - 5000, 5000, True),
        (NOW - 5001, 5000, False),
        (NOW + 999, 5000, True),
        (NOW + 1000, 5000, False),
        (NOW + 1000, 600_000, False),
        (NOW - 600_000, 600_000, True),
    ],
)
def test_a_time_is_valid_from_the_window_before_to_a_second_after(
    sent_ms: int, window: int, valid: bool
) -> None:
    try:
        account = check(signed(sent_ms, window), b"", NOW)
    except RefusedError as refusal:
        assert not valid
        assert refusal.code == 10002
        assert refusal.message.endswith(
            f"req_timestamp[{sent_ms}],server_timestamp[{NOW}],recv_window[{window}]"
        )
    else:
        assert valid
        assert account == "alice"


def test_the_payload_is_part_of_what_is_signed() -> None:
    assert check(signed(NOW, payload="a=1"), b"a=1", NOW) == "alice"
    with pytest.raises(RefusedError) as refusal:
        check(signed(NOW, payload="a=1"), b"a=2", NOW)
    assert refusal.value.code == 10004


def test_missing_headers_are_named() -> None:
    with pytest.raises(RefusedError, match="empty value"):
        read_headers({"X-BAPI-API-KEY": "sim-alice"})


def test_a_window_that_is_no_number_is_named() -> None:
    headers = {
        "X-BAPI-API-KEY": "sim-alice",
        "X-BAPI-TIMESTAMP": "1",
        "X-BAPI-SIGN": "0",
        "X-BAPI-RECV-WINDOW": "5s",
    }

    with pytest.raises(RefusedError, match="RECV-WINDOW"):
        read_headers(headers)


def test_a_stream_is_signed_for_its_expiry() -> None:
    sign = signature("sim-alice-secret", f"GET/realtime{NOW + 1}")

    assert stream_account("sim-alice", NOW + 1, sign, NOW) == "alice"
    with pytest.raises(RefusedError, match="Error sign"):
        stream_account("sim-alice", NOW + 2, sign, NOW)
    with pytest.raises(RefusedError, match="Params Error"):
        stream_account("sim-alice", NOW, sign, NOW)
