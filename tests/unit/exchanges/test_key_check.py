"""Keys that are refused before they trade (PR-2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from botrunner.exchanges.bybit.mapper_account import key_information
from botrunner.exchanges.key_check import key_refusal
from botrunner.exchanges.port import KeyInformation

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
GOOD = KeyInformation(
    uid="1",
    is_read_only=False,
    may_place_orders=True,
    may_change_positions=True,
    may_withdraw=False,
    expires_at=NOON + timedelta(days=1),
)


def test_a_key_that_may_trade_and_nothing_more_is_well() -> None:
    assert key_refusal(GOOD, allow_withdraw=False, now=NOON) is None


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (replace(GOOD, expires_at=NOON), "expired at 2026-01-01"),
        (replace(GOOD, is_read_only=True), "read-only"),
        (replace(GOOD, may_place_orders=False), "may not place orders"),
        (replace(GOOD, may_change_positions=False), "may not change positions"),
        (replace(GOOD, may_withdraw=True), "credentials.allowWithdraw: true"),
    ],
)
def test_each_reason_is_told_apart(key: KeyInformation, words: str) -> None:
    assert words in (key_refusal(key, allow_withdraw=False, now=NOON) or "")


def test_a_person_may_allow_a_key_that_may_withdraw() -> None:
    assert key_refusal(replace(GOOD, may_withdraw=True), allow_withdraw=True, now=NOON) is None


def test_permissions_are_read_from_the_venues_lists() -> None:
    row = {
        "userID": 7,
        "readOnly": 0,
        "expiredAt": "2027-01-01T00:00:00Z",
        "permissions": {"ContractTrade": ["Order"], "Wallet": ["Withdraw"]},
    }

    key = key_information(row)

    assert (key.uid, key.may_place_orders, key.may_change_positions) == ("7", True, False)
    assert key.may_withdraw
    assert key.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
